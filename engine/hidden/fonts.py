"""How wide the letters of a font are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pikepdf import Array, Dictionary, Name


@dataclass(frozen=True)
class Font:
    """How wide its letters are, in thousandths of the size; `double`: a letter takes two bytes."""

    widths: Mapping[int, float] = field(default_factory=dict)
    usual: float = 500.0
    double: bool = False

    def letters(self, text: bytes) -> Iterator[tuple[int, float]]:
        step = 2 if self.double else 1
        for at in range(0, len(text), step):
            code = int.from_bytes(text[at : at + step], "big")
            yield code, self.widths.get(code, self.usual)


def read_font(font: Dictionary) -> Font:
    within = font.get("/DescendantFonts")
    if within is None:
        drawn, own = font.get("/Subtype") == Name.Type3, font.get("/FontMatrix")
        unit = float(own[0]) * 1000 if drawn and isinstance(own, Array) else 1.0
        first = int(font.get("/FirstChar", 0))
        return Font({first + n: float(wide) * unit for n, wide in enumerate(_list(font.get("/Widths")))})
    known: dict[int, float] = {}
    given = _list(within[0].get("/W"))
    while len(given) >= 2:
        first, second = int(given.pop(0)), given.pop(0)
        if isinstance(second, Array):
            known.update({first + n: float(wide) for n, wide in enumerate(second)})
        elif given:
            wide = float(given.pop(0))
            known.update(dict.fromkeys(range(first, min(int(second), first + 70_000) + 1), wide))
    return Font(known, float(within[0].get("/DW", 1000)), double=True)


def _list(found: Any) -> list[Any]:
    return list(found) if isinstance(found, Array) else []
