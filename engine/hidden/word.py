"""A Word document (.docx): a bundle of XML files, read one element after the other and never as a whole."""

import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from xml.parsers import expat

MOST_PARTS = 3_000
MOST_BYTES = 200_000_000  # unpacked, all parts together
DAMAGED = "It can not be read: it is damaged"
TOO_LARGE = "It is too large to be checked"
NO_WORD = "Only a PDF or a Word document (.docx) can be checked"
ENCRYPTED = "It is encrypted, so that nobody can tell what it holds"

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_CHANGES = ("ins", "del", "moveFrom", "moveTo", "rPrChange", "pPrChange", "tblPrChange", "sectPrChange", "cellIns")
_PARTS: Mapping[str, str] = {
    "word/comments": "It holds comments",
    "word/people": "It holds the names of people who changed it or commented on it",
    "word/embeddings/": "It holds other files within it",
    "word/vbaproject": "It holds macros",
    "customxml/": "It holds data of other programs",
    "docprops/custom": "Its properties hold further entries",
    "docprops/thumbnail": "It holds a small picture of the first page, perhaps of an earlier version",
}
_PROPERTIES: Mapping[str, str] = {
    "creator": "Its properties hold an author",
    "lastModifiedBy": "Its properties hold the name of whoever changed it last",
    "title": "Its properties hold a title",
    "subject": "Its properties hold a subject",
    "description": "Its properties hold a description",
    "keywords": "Its properties hold keywords",
    "category": "Its properties hold a category",
    "Company": "Its properties hold an organisation",
    "Manager": "Its properties hold a manager",
}


class _Refused(Exception):
    """This part can not be read."""


def hidden_in_word(content: bytes, *, title: str | None = None) -> Iterator[str]:
    try:
        with zipfile.ZipFile(BytesIO(content)) as bundle:
            yield from _of(bundle, title)
    except (zipfile.BadZipFile, expat.ExpatError, OSError, EOFError, NotImplementedError, _Refused):
        yield DAMAGED
    except RuntimeError:  # what zipfile says of a part with a password
        yield ENCRYPTED


def _of(bundle: zipfile.ZipFile, title: str | None) -> Iterator[str]:
    parts = bundle.infolist()
    names = {part.filename.lower(): part.filename for part in parts}
    if "word/document.xml" not in names:
        yield NO_WORD
        return
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
        yield TOO_LARGE
        return
    for beginning, words in _PARTS.items():
        if any(name.startswith(beginning) for name in names):
            yield words
    for name in ("docprops/core.xml", "docprops/app.xml"):
        if name in names:
            yield from _properties(bundle, names[name], title)
    for name, original in names.items():
        if name.startswith("word/") and name.endswith(".xml"):
            yield from _text(bundle, original)


def _properties(bundle: zipfile.ZipFile, name: str, title: str | None) -> Iterator[str]:
    said: dict[str, str] = {}
    standing: list[str] = []

    def begin(tag: str, _: Mapping[str, str]) -> None:
        standing.append(tag.rpartition(" ")[2])

    def finish(_: str) -> None:
        standing.pop()

    def text(given: str) -> None:
        said[standing[-1]] = said.get(standing[-1], "") + given

    _read(bundle, name, begin, finish, text)
    for tag, words in _PROPERTIES.items():
        value = said.get(tag, "").strip()
        if value and not (tag == "title" and value == title):
            yield words


def _text(bundle: zipfile.ZipFile, name: str) -> Iterator[str]:
    found: dict[str, None] = {}

    def begin(tag: str, given: Mapping[str, str]) -> None:
        space, _, local = tag.rpartition(" ")
        if space not in (_WORD, _STRICT):
            return
        if local in _CHANGES:
            found["It holds tracked changes"] = None
        elif local in ("vanish", "webHidden", "specVanish"):
            if given.get(f"{space} val", "true") not in ("0", "false", "off"):
                found["It holds hidden text"] = None
        elif local == "documentProtection":
            found["It is protected against changes, and may hide something"] = None

    _read(bundle, name, begin, lambda _: None, lambda _: None)
    yield from found if not name.lower().endswith(("styles.xml", "numbering.xml")) else ()


def _read(bundle: zipfile.ZipFile, name: str, begin: object, finish: object, text: object) -> None:
    def refuse(*_: object) -> None:
        raise _Refused

    reader = expat.ParserCreate(namespace_separator=" ")
    reader.StartDoctypeDeclHandler = refuse  # and so no entities, which could grow without end
    reader.StartElementHandler = begin  # type: ignore[assignment]
    reader.EndElementHandler = finish  # type: ignore[assignment]
    reader.CharacterDataHandler = text  # type: ignore[assignment]
    left = MOST_BYTES
    with bundle.open(name) as file:
        while block := file.read(1 << 16):
            left -= len(block)
            if left < 0:
                raise _Refused
            reader.Parse(block)
    reader.Parse(b"", True)
