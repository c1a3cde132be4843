"""How wide words are, and how to break them, without a font at hand.

The widths are those of Arial, Helvetica and Liberation Sans, which agree. The drawing states each line's
length, so that another font is squeezed and does not overflow.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

FAMILY = "Arial, Helvetica, 'Liberation Sans', sans-serif"
LEADING = 1.2
MOST_EVEN_LINES = 8  # in longer text nobody sees the difference

_REGULAR = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 "
    "556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 "
    "667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 "
    "556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 "
    "556 556 333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 "
    "667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 "
    "611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584"
)
_OTHERS = {
    "\u00a0": 278, "£": 556, "§": 556, "°": 400, "·": 333, "–": 556, "—": 1000, "‘": 278, "’": 278, "“": 500,
    "”": 500, "•": 350, "…": 1000, "→": 1000, "≤": 549, "≥": 549, "×": 584, "æ": 889, "ß": 611, "ø": 611,
}  # fmt: skip


def _table(widths: str) -> dict[str, int]:
    return {chr(32 + i): int(width) for i, width in enumerate(widths.split())} | _OTHERS


_TABLES = {False: _table(_REGULAR), True: _table(_BOLD)}


@lru_cache(maxsize=4096)
def _units(character: str, bold: bool) -> int:
    table = _TABLES[bold]
    if character in table:
        return table[character]
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Cc", "Mn"}:
        return 0
    base = unicodedata.normalize("NFD", character)[0]
    if base in table:
        return table[base]
    return 1000 if unicodedata.east_asian_width(character) in {"W", "F"} else 700


def width(text: str, size: float, *, bold: bool = False) -> float:
    return sum(_units(character, bold) for character in text) * size / 1000


@dataclass(frozen=True)
class Block:
    """Lines of one size, ready to be drawn."""

    lines: tuple[str, ...]
    size: float
    cut: bool = False
    bold: bool = False

    @property
    def width(self) -> float:
        return max((width(line, self.size, bold=self.bold) for line in self.lines), default=0.0)

    @property
    def height(self) -> float:
        return len(self.lines) * self.leading

    @property
    def leading(self) -> float:
        return self.size * LEADING


def words_of(text: str) -> list[str]:
    """Control characters and runs of blanks count as one blank."""
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split()


def wrap(text: str, room: float, size: float, *, bold: bool = False) -> tuple[str, ...]:
    """As few lines as fit the room, of lengths as even as that allows."""
    words = words_of(text)
    lines = _greedy(words, room, size, bold)
    if not 1 < len(lines) <= MOST_EVEN_LINES:
        return lines
    least = max(room * 0.4, max(width(word, size, bold=bold) for line in lines for word in line.split()))
    low, high, best = least, room, lines
    for _ in range(7):
        middle = (low + high) / 2
        narrower = _greedy(words, middle, size, bold)
        if len(narrower) == len(lines):
            best, high = narrower, middle
        else:
            low = middle
    return best


def _greedy(words: list[str], room: float, size: float, bold: bool) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for word in words:
        for piece in _pieces(word, room, size, bold):
            longer = f"{line} {piece}" if line else piece
            if line and width(longer, size, bold=bold) > room:
                lines.append(line)
                line = piece
            else:
                line = longer
    return (*lines, line) if line else tuple(lines)


def _pieces(word: str, room: float, size: float, bold: bool) -> list[str]:
    """A word too long for a line is broken after a hyphen or slash, else anywhere."""
    if width(word, size, bold=bold) <= room:
        return [word]
    pieces: list[str] = []
    piece = ""
    for character in word:
        if piece and width(piece + character, size, bold=bold) > room:
            at = max(piece.rfind("-"), piece.rfind("/")) + 1
            if 0 < at < len(piece):
                pieces.append(piece[:at])
                piece = piece[at:]
            else:
                pieces.append(piece)
                piece = ""
        piece += character
    return [*pieces, piece]


def fit(text: str, room: tuple[float, float], *, size: float = 12, floor: float = 8, bold: bool = False) -> Block:
    """The text in the largest size from `size` down to `floor` that fits, else cut with an ellipsis."""
    across, down = room
    while True:
        lines = wrap(text, across, size, bold=bold)
        block = Block(lines, size, bold=bold)
        if (block.height <= down + 0.01 and not _broken(text, lines)) or not lines:
            return block
        if size <= floor:
            return block if block.height <= down + 0.01 else _cut(block, across, down)
        size = max(floor, size - 0.5)


def _broken(text: str, lines: tuple[str, ...]) -> bool:
    return " ".join(lines) != " ".join(words_of(text))


def _cut(block: Block, across: float, down: float) -> Block:
    keep = max(1, int(down / block.leading))
    lines = list(block.lines[:keep])
    last = lines[-1]
    while last and width(last + "…", block.size, bold=block.bold) > across:
        last = last[:-1].rstrip()
    lines[-1] = last + "…"
    return Block(tuple(lines), block.size, cut=True, bold=block.bold)
