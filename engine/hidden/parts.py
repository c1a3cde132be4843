"""The parts that a PDF is made of, each once: those of each page, the rest, and those that nothing uses."""

from collections.abc import Iterator
from typing import Any

from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, Stream, String

from engine.hidden.aloud import aloud

UNUSED = "It holds parts that nothing in it uses, such as what was deleted: print it into a new PDF"
PICTURE = "holds a picture with properties of its own, such as where it was taken"

_UPWARDS = frozenset({"/Parent", "/P", "/Pg"})
_OF_THE_FILE = (Name.ObjStm, Name.XRef)  # how it is written, not what it says
_COMPRESSED = (Name.DCTDecode, Name.JPXDecode)
_ABOUT_ITSELF = (b"Exif\0\0", b"JpgTiffExif->JP2", b"http://ns.adobe.com/xap/1.0/", b"<?xpacket", b"Photoshop 3.0\0")


def hidden_in_parts(pdf: Pdf, *, descriptions_read: bool = False) -> Iterator[str]:
    parts = _Parts(pdf)
    for number, page in enumerate(pdf.pages, 1):
        for part in parts.of(page):
            yield from (f"Page {number} {words}" for words in _hidden(part, descriptions_read))
    for part in parts.others():
        place = parts.place(part)
        yield from (f"{place} {words}" for words in _hidden(part, descriptions_read))
    if next(parts.unused(), None) is not None:
        yield UNUSED


def _hidden(part: Object, descriptions_read: bool) -> Iterator[str]:
    if isinstance(part, Dictionary):
        yield from aloud(part, descriptions_read=descriptions_read)
    elif isinstance(part, Stream) and part.get("/Subtype") == Name.Image and _about_itself(part):
        yield PICTURE


def _about_itself(picture: Stream) -> bool:
    if picture.get("/Metadata") is not None:
        return True
    kinds = picture.get("/Filter")
    kind = kinds[0] if isinstance(kinds, Array) and len(kinds) == 1 else kinds
    return kind in _COMPRESSED and any(words in picture.read_raw_bytes() for words in _ABOUT_ITSELF)


class _Parts:
    def __init__(self, pdf: Pdf) -> None:
        self._pdf = pdf
        self._pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
        self._seen = set(self._pages)
        self._later: list[Any] = [pdf.trailer]

    def of(self, page: Page) -> Iterator[Object]:
        """What hangs on this page, and not on one before."""
        self._seen.discard(page.obj.objgen)
        return self._below([page.obj], above=self._later)

    def others(self) -> Iterator[Object]:
        return self._below(self._later, above=self._later)

    def unused(self) -> Iterator[Object]:
        """Those that nothing leads to and that say or show something. How the file itself is written is none."""
        for found in self._pdf.objects:
            if not isinstance(found, Stream) or not self._is_of_the_file(found):
                left = [found]
                yield from (part for part in self._below(left, above=left) if not isinstance(part, Dictionary))

    def place(self, part: Object) -> str:
        page = part.get("/Pg") if isinstance(part, Dictionary) else None
        number = self._pages.get(page.objgen) if isinstance(page, Dictionary) else None
        return f"Page {number}" if number else "It"

    def _is_of_the_file(self, found: Stream) -> bool:
        return found.get("/Type") in _OF_THE_FILE or (self._pdf.is_linearized and isinstance(found.get("/S"), int))

    def _below(self, waiting: list[Any], above: list[Any]) -> Iterator[Object]:
        """Dictionaries, streams and words; what stands over them is left to `above`."""
        while waiting:
            found = waiting.pop()
            if not isinstance(found, Object) or found.objgen in self._seen:
                continue
            if found.is_indirect:
                self._seen.add(found.objgen)
            if isinstance(found, Dictionary | Stream):
                yield found
                for key, value in found.items():
                    (above if key in _UPWARDS else waiting).append(value)
            elif isinstance(found, Array):
                waiting.extend(found)
            elif isinstance(found, String) and bytes(found).strip():
                yield found
