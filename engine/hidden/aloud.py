"""Words of a PDF that are read aloud and not seen."""

from collections.abc import Iterator

from pikepdf import Dictionary, String

STANDS_IN = "holds words that stand in for what it shows"
DESCRIBES = "holds a description that is read aloud and not seen: read it, and confirm that you have"
LIGATURES = frozenset(  # drawn as one letter
    {"ff", "fi", "fl", "ffi", "ffl", "fj", "ffj", "ft", "fft", "tf", "tt", "ti", "tti", "st", "ct", "Th", "IJ", "ij"}
)


def aloud(part: Dictionary, *, descriptions_read: bool) -> Iterator[str]:
    """What a part of a page or of the structure says in place of what is seen, or of a picture or a table."""
    instead = _said(part, "/ActualText")
    if (len(instead) > 1 and instead not in LIGATURES) or _said(part, "/E"):
        yield STANDS_IN
    if not descriptions_read and (_said(part, "/Alt") or _said(part, "/Summary")):
        yield DESCRIBES


def _said(part: Dictionary, key: str) -> str:
    said = part.get(key)
    return str(said).strip() if isinstance(said, String) else ""
