"""A PDF: its properties, what is fastened to it, and earlier versions. What stands on its pages: `pages`."""

from collections.abc import Iterator
from io import BytesIO

import pikepdf
from pikepdf import Dictionary, Name, Pdf

from engine.hidden.pages import hidden_on_page
from engine.hidden.parts import hidden_in_parts
from engine.hidden.versions import holds_earlier_versions

MOST_PAGES = 1_000
MOST_OBJECTS = 200_000
DAMAGED = "It can not be read: it is damaged"
ENCRYPTED = "It is encrypted, so that nobody can tell what it holds"
TOO_LARGE = "It is too large to be checked"

_PLAIN = frozenset({"/Producer", "/Creator", "/CreationDate", "/ModDate", "/Trapped"})  # the program's, not a person's
_PROPERTIES = {
    "/Author": "Its properties hold an author",
    "/Title": "Its properties hold a title",
    "/Subject": "Its properties hold a subject",
    "/Keywords": "Its properties hold keywords",
}
_XMP = {
    "creator": "Its properties hold an author",
    "title": "Its properties hold a title",
    "description": "Its properties hold a subject",
    "subject": "Its properties hold keywords",
    "Keywords": "Its properties hold keywords",
}
_XMP_PLAIN = frozenset(
    {"Producer", "CreatorTool", "CreateDate", "ModifyDate", "MetadataDate", "DocumentID", "InstanceID", "format"}
    | {
        "part",
        "conformance",
        "rev",
        "amd",
        "NPages",
        "PDFVersion",
        "Trapped",
        "RenditionClass",
        "VersionID",
        "language",
    }
)
_FURTHER = "Its properties hold further entries"


def hidden_in_pdf(content: bytes, *, title: str | None = None, descriptions_read: bool = False) -> Iterator[str]:
    try:
        with pikepdf.open(BytesIO(content), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                yield ENCRYPTED
            elif len(pdf.pages) > MOST_PAGES or len(pdf.objects) > MOST_OBJECTS:
                yield TOO_LARGE
            else:
                yield from _of(pdf, content, title, descriptions_read)
    except pikepdf.PasswordError:
        yield ENCRYPTED
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError):
        yield DAMAGED  # whatever a malformed object leads to
    except (MemoryError, RecursionError):
        yield TOO_LARGE


def _of(pdf: Pdf, content: bytes, title: str | None, descriptions_read: bool) -> Iterator[str]:
    yield from _properties(pdf, title)
    if holds_earlier_versions(pdf, content):
        yield "It holds earlier versions of itself"
    if content[content.rfind(b"%%EOF") + 5 :].strip():
        yield "It holds something after its end"
    root = pdf.Root
    if root.get("/OCProperties") is not None:
        yield "It has layers that can be hidden and shown"
    if len(pdf.attachments) or root.get("/AF") is not None:
        yield "It holds other files within it"
    form = root.get("/AcroForm")
    if isinstance(form, Dictionary) and (len(form.get("/Fields", [])) or form.get("/XFA") is not None):
        yield "It holds a form to be filled in"
    names = root.get("/Names")
    if root.get("/AA") is not None or (isinstance(names, Dictionary) and names.get("/JavaScript") is not None):
        yield "It holds a program"
    opening = root.get("/OpenAction")
    if isinstance(opening, Dictionary) and opening.get("/S") not in (None, Name.GoTo):
        yield "It holds a program"
    if root.get("/PieceInfo") is not None:
        yield "It holds data of the program it was made with"
    yield from hidden_in_parts(pdf, descriptions_read=descriptions_read)
    for number, page in enumerate(pdf.pages, 1):
        yield from (f"Page {number} {words}" for words in hidden_on_page(page, descriptions_read=descriptions_read))


def _properties(pdf: Pdf, title: str | None) -> Iterator[str]:
    for key, value in pdf.docinfo.items():
        said = str(value).strip()
        if key in _PLAIN or not said or (key == "/Title" and said == title):
            continue
        yield _PROPERTIES.get(key, _FURTHER)
    described = pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False)  # as a context it would be written
    for key, value in described.items():
        local = key.rpartition("}")[2]
        said = " ".join(value if isinstance(value, list | set) else [str(value)]).strip()
        if local in _XMP_PLAIN or not said or (local == "title" and said == title):
            continue
        yield _XMP.get(local, _FURTHER)
