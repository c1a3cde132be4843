"""Whether a PDF still holds earlier versions of its parts: what was changed is added at its end, the old one stays."""

import re
from collections.abc import Iterator

from pikepdf import Name, Pdf, Stream

# Where a part begins, unless it is empty; what a stream holds is passed over.
_BEGINS = re.compile(
    rb"(?<!\d)(\d{1,10})\s{1,9}(\d{1,5})\s{1,9}obj\b(?!\s{0,9}null\b)|>>\s{0,9}stream\s.*?(?:endstream|\Z)", re.DOTALL
)
_HEAD = 500  # bytes in which a part says what it is

Number = tuple[int, int]  # of a part, and how often that number was given before


def holds_earlier_versions(pdf: Pdf, content: bytes) -> bool:
    """A part that is there twice, or one that the file no longer counts among its own."""
    found = [*_in_the_open(content), *_packed(pdf)]
    return len({number for number, _ in found}) < len(found) or any(pdf.get_object(one) is None for one in found)


def _in_the_open(content: bytes) -> Iterator[Number]:
    for begin in _BEGINS.finditer(content):
        head = content[begin.end() : begin.end() + _HEAD].partition(b"stream")[0]
        if begin[1] and b"/XRef" not in head:  # the list of parts is made anew with each version
            yield int(begin[1]), int(begin[2])


def _packed(pdf: Pdf) -> Iterator[Number]:
    """A stream may hold many parts; it begins with their numbers and where each begins."""
    for found in pdf.objects:
        if isinstance(found, Stream) and found.get("/Type") == Name.ObjStm:
            text, first = found.read_bytes(), int(found.First)
            known = [int(number) for number in text[:first].split()[: 2 * int(found.N)]]
            for number, at in zip(known[::2], known[1::2], strict=True):
                if not text.startswith(b"null", first + at):
                    yield number, 0
