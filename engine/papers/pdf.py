"""A paper as a tagged PDF (PDF/UA-1): typst refuses to write one that would break the standard."""

import unicodedata
from functools import cache
from importlib.resources import files

import orjson
import typst
from fontTools.ttLib import TTFont

from engine.papers.document import Issued, Table

_HERE = files("engine.papers")
_FONT = "SourceSansPro-Regular.ttf"
_TEMPLATE = "paper.typ"


def pdf(issued: Issued) -> bytes:
    """The same bytes whenever it is made."""
    document = issued.document
    said = {
        **document.plain(),
        "shares": [block.shares if isinstance(block, Table) else () for block in document.blocks],
        "version": issued.version,
        "date": issued.date,
        "digest": document.digest,
        "head": issued.head,
    }
    compiler = typst.Compiler(font_paths=_fonts())
    made = compiler.compile(
        (_HERE / _TEMPLATE).read_bytes(),
        format="pdf",
        sys_inputs={"paper": _printable(orjson.dumps(said).decode())},
        pdf_standards=["ua-1"],
        timestamp=int(issued.at.timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError("typst gave no PDF")
    return made


@cache
def _fonts() -> typst.Fonts:
    """Of a package, so that papers look alike on every machine."""
    folder = str(files("font_source_sans_pro") / "files")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


@cache
def _letters() -> frozenset[int]:
    """What every style of the font can show."""
    with TTFont(str(files("font_source_sans_pro") / "files" / _FONT), lazy=True) as font:
        return frozenset(font.getBestCmap())


def _printable(text: str) -> str:
    """A character that the font does not have is told by its number: nothing is left out in silence."""
    known = _letters()
    return "".join(c if ord(c) in known else _told(c) for c in text)


def _told(char: str) -> str:
    """Joiners and the like have no shape of their own."""
    return "" if unicodedata.category(char) == "Cf" else f"[U+{ord(char):04X}]"
