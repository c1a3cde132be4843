"""The one place where uploaded XML is read: small, without entities, network or document types."""

import re
from itertools import islice

from lxml import etree

from engine.errors import EngineError

MAX_BYTES = 2_000_000
MAX_ELEMENTS = 50_000
MAX_DEPTH = 100

# Encodings whose markup can be found without decoding: ASCII's bytes stand for themselves, perhaps with zeros between.
_ENCODINGS = re.compile(r"utf-?8|utf-?16(le|be)?|us-ascii|ascii|iso-8859-\d{1,2}|latin-?1|windows-125\d", re.IGNORECASE)
_DECLARED = re.compile(rb"""^<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{0,60})["']""")


class DocumentRefused(EngineError):
    """This file can not be read."""

    code = "document-refused"
    advice = "Save the file again with the program it came from, as plain XML."

    def __init__(self, message: str | None = None, *, file: str = "", line: int | None = None) -> None:
        super().__init__(message, file=file, line=line)
        self.file = file
        self.line = line


def read_xml(data: bytes, *, name: str) -> etree._Element:
    """The root of an XML file, or DocumentRefused in words."""
    if len(data) > MAX_BYTES:
        raise DocumentRefused(f"{name} is larger than {MAX_BYTES // 1_000_000} MB.", file=name)
    _check_prolog(data, name)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, dtd_validation=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentRefused(f"{name} is not well-formed XML: {error.msg}.", file=name, line=error.lineno) from None
    except (ValueError, LookupError) as error:
        raise DocumentRefused(f"{name} is not well-formed XML: {error}.", file=name) from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise _doctype(name)
    _check_size(root, name)
    return root


def _check_prolog(data: bytes, name: str) -> None:
    """Refuse a document type before the parser sees it, and encodings in which it could hide."""
    plain = data.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf")
    plain = plain.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    declared = _DECLARED.match(plain)
    if declared and not _ENCODINGS.fullmatch(declared[1].decode("ascii", "replace")):
        raise DocumentRefused(f"{name} has an encoding that is not accepted. Save it as UTF-8.", file=name, line=1)
    at = 0
    while True:
        at = len(plain) - len(plain[at:].lstrip()) if plain[at : at + 1].isspace() else at
        for start, end in ((b"<?", b"?>"), (b"<!--", b"-->")):
            if plain.startswith(start, at):
                closing = plain.find(end, at + len(start))
                if closing < 0:
                    return  # not well-formed, which the parser will say with a line
                at = closing + len(end)
                break
        else:
            if plain.startswith(b"<!", at):
                raise _doctype(name)
            return


def _doctype(name: str) -> DocumentRefused:
    return DocumentRefused(
        f"{name} has a document type (<!DOCTYPE …>), which is never accepted. Remove that line.", file=name, line=1
    )


def _check_size(root: etree._Element, name: str) -> None:
    if next(islice(root.iter(), MAX_ELEMENTS, None), None) is not None:
        raise DocumentRefused(f"{name} has more than {MAX_ELEMENTS} elements.", file=name)
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise DocumentRefused(
                f"{name} has elements nested more than {MAX_DEPTH} deep.", file=name, line=element.sourceline
            )
