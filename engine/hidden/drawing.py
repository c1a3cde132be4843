"""A page drawn as a reader would, but only where things stand: its letters and what is painted, in order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from engine.hidden.aloud import aloud
from engine.hidden.fonts import Font, read_font
from engine.hidden.shapes import MOST_CORNERS, Area, Matrix, Outline, Path, Point
from engine.hidden.state import BLACK, MOST_DEPTH, Colour, State, colour, named, resources, space

MOST_STEPS = 1_500_000  # of one page
MOST_LETTERS = 200_000
MOST_CUTS = 50  # of one part by another
THIN = 1.0  # points: a thinner line hides no letter
CUTS_BY_LETTERS = 4  # modes of text from here on: what is drawn afterwards shows within the letters only

# Where a letter is looked at: across its width, up its size. Two thirds of them: not one stroke through it.
SPOTS = tuple((across, up) for up in (0.08, 0.28, 0.48) for across in (0.2, 0.5, 0.8))
MOST_OF_IT = 6


@dataclass(frozen=True)
class Letter:
    corner: Point
    across: Point  # its width
    up: Point  # its size
    thin: float  # the smaller of width and height, in points, of a letter as wide as high
    colour: Colour
    order: int

    def at(self, across: float, up: float) -> Point:
        return (
            self.corner[0] + across * self.across[0] + up * self.up[0],
            self.corner[1] + across * self.across[1] + up * self.up[1],
        )

    @property
    def middle(self) -> Point:
        return self.at(0.5, 0.3)

    @property
    def reach(self) -> float:
        """From its middle."""
        return hypot(*self.across) + hypot(*self.up)

    @property
    def spots(self) -> list[Point]:
        return [self.at(*spot) for spot in SPOTS]


@dataclass(frozen=True)
class Paint:
    before: int  # which letter
    area: Area
    colour: Colour
    opaque: bool


class TooMuch(Exception):
    """The page is longer than is read."""


class Drawing:
    def __init__(self, *, descriptions_read: bool = False) -> None:
        self._descriptions_read = descriptions_read
        self.letters: list[Letter] = []
        self.painted: list[Paint] = []
        self.invisible = False
        self.cut_off = False
        self.masked = False
        self.said: set[str] = set()  # of what is read aloud
        self._steps = 0
        self._fonts: dict[tuple[int, int], Font] = {}

    def run(self, content: Any, state: State, known: Dictionary, *, depth: int = 0) -> None:
        """`known`: the resources, by their names."""
        if depth > MOST_DEPTH:
            raise TooMuch
        saved = list[State]()
        line = text = Matrix()
        path, cutting = Path(), ""
        stencil: list[list[Point]] = []  # letters that cut what is drawn after them
        for step in pikepdf.parse_content_stream(content):
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise TooMuch
            given, word = list(step.operands), str(step.operator)
            match word:
                case "q":
                    saved.append(state)
                case "Q" if saved:
                    state = saved.pop()
                case "cm":
                    state = replace(state, matrix=Matrix.of(given).after(state.matrix))
                case "gs":
                    state = state.given(known, str(given[0]))
                case "g" | "rg" | "k":
                    state = replace(state, colour=colour(given), space=len(given))
                case "cs":
                    state = replace(state, colour=BLACK, space=space(known, given[0]))
                case "sc" | "scn":
                    state = replace(state, colour=colour(given) if len(given) == state.space else None)
                case "BT":
                    line = text = Matrix()
                case "ET" if stencil:
                    state, stencil = _cut(state, Outline(stencil)), []
                case "Tf":
                    state = replace(state, font=self._font(known, str(given[0])), size=float(given[1]))
                case "w" | "Tc" | "Tw" | "TL" | "Ts" | "Tr" | "Tz":
                    state = state.set(word, float(given[0]))
                case "Tm":
                    line = text = Matrix.of(given)
                case "Td" | "TD":
                    if word == "TD":
                        state = replace(state, leading=-float(given[1]))
                    line = text = Matrix(e=float(given[0]), f=float(given[1])).after(line)
                case "T*":
                    line = text = Matrix(f=-state.leading).after(line)
                case "Tj" | "TJ" | "'" | '"':
                    if word in ("'", '"'):
                        line = text = Matrix(f=-state.leading).after(line)
                    text = self._write(given[-1], state, text, stencil)
                case "re":
                    left, low, wide, high = (float(one) for one in given)
                    path.box(state.matrix.corners(left, low, left + wide, low + high))
                case "m":
                    path.move(state.matrix.at(float(given[0]), float(given[1])))
                case "l":
                    path.line(state.matrix.at(float(given[0]), float(given[1])))
                case "c":
                    path.curve(*_points(given, state))
                case "v":
                    path.curve(None, *_points(given, state))
                case "y":
                    second, to = _points(given, state)
                    path.curve(second, to, to)
                case "h":
                    path.close()
                case "W" | "W*":
                    cutting = word
                case "f" | "F" | "f*" | "B" | "B*" | "b" | "b*" | "S" | "s" | "n":
                    if word not in ("S", "s", "n"):
                        self._fill(path, state, even_odd="*" in word)
                    elif word != "n":
                        self._draw_lines(path, state)
                    if cutting and path.pieces:
                        state = _cut(state, path.outline(even_odd="*" in cutting))
                    path, cutting = Path(), ""
                case "sh":
                    self._paint(state.shown, None, opaque=False)
                case "Do":
                    self._place(known, str(given[0]), state, depth)
                case "INLINE IMAGE":
                    self._picture(state, opaque=True)
                case "BDC" | "DP":
                    self._listen(known, given[1] if len(given) > 1 else None)

    def _write(self, given: Any, state: State, text: Matrix, stencil: list[list[Point]]) -> Matrix:
        for part in given if isinstance(given, Array) else [given]:
            if not isinstance(part, String | bytes):
                across = -float(part) / 1000 * state.size * state.stretch
                text = Matrix(e=across).after(text)
                continue
            for code, wide in state.font.letters(bytes(part)):
                width = wide / 1000 * state.size
                blank = code == 32 and not state.font.double
                if not blank:
                    letter = self._letter(text, width, state)
                    if state.mode >= CUTS_BY_LETTERS:
                        stencil.append([letter.at(0, -0.3), letter.at(1, -0.3), letter.at(1, 1), letter.at(0, 1)])
                more = state.spacing + (state.word_spacing if blank else 0)
                text = Matrix(e=(width + more) * state.stretch).after(text)
        return text

    def _letter(self, text: Matrix, width: float, state: State) -> Letter:
        whole, wide = text.after(state.matrix), width * state.stretch
        across, up = (whole.a * wide, whole.b * wide), (whole.c * state.size, whole.d * state.size)
        longest = max(hypot(*up), hypot(whole.a, whole.b) * abs(state.size * state.stretch))
        thin = whole.area * abs(state.size**2 * state.stretch) / longest if longest else 0.0
        letter = Letter(whole.at(0, state.rise), across, up, thin, state.colour, len(self.letters))
        if state.unseen:
            self.invisible = True
        elif sum(not state.shown.holds(spot) for spot in letter.spots) >= MOST_OF_IT:
            self.cut_off = True
        elif len(self.letters) >= MOST_LETTERS:
            raise TooMuch
        else:
            self.masked = self.masked or state.masked
            self.letters.append(letter)
        return letter

    def _fill(self, path: Path, state: State, *, even_odd: bool) -> None:
        if path.pieces:
            outline = path.outline(even_odd=even_odd)
            solid = outline.corners <= MOST_CORNERS and not state.see_through
            self._paint(state.shown.cut(outline), state.colour if solid else None, opaque=solid)

    def _draw_lines(self, path: Path, state: State) -> None:
        """A line as thick as a letter hides it as a box does."""
        thick = state.line * state.matrix.scale
        for bar in path.lines(thick) if thick >= THIN else ():
            self._paint(state.shown.cut(bar), None, opaque=not state.see_through)

    def _picture(self, state: State, *, opaque: bool) -> None:
        area = state.shown.cut(Outline([state.matrix.corners(0, 0, 1, 1)]))
        self._paint(area, None, opaque=opaque and not state.see_through)

    def _paint(self, area: Area, colour: Colour, *, opaque: bool) -> None:
        self.painted.append(Paint(len(self.letters), area, colour, opaque))

    def _place(self, known: Dictionary, name: str, state: State, depth: int) -> None:
        placed = named(known, "/XObject", name)
        if not isinstance(placed, Stream):
            return
        if placed.get("/Subtype") == Name.Image:
            masks = ("/SMask", "/Mask", "/ImageMask")
            self._picture(state, opaque=all(placed.get(mask) in (None, False) for mask in masks))
        elif placed.get("/Subtype") == Name.Form:
            if (own := placed.get("/Matrix")) is not None:
                state = replace(state, matrix=Matrix.of(own).after(state.matrix))
            if (box := placed.get("/BBox")) is not None:
                state = _cut(state, Outline([state.matrix.corners(*(float(one) for one in box))]))
            self.run(placed, state, resources(placed, known), depth=depth + 1)

    def _listen(self, known: Dictionary, said: Any) -> None:
        if isinstance(said, Name):
            said = named(known, "/Properties", str(said))
        if isinstance(said, Dictionary):
            self.said.update(aloud(said, descriptions_read=self._descriptions_read))

    def _font(self, known: Dictionary, name: str) -> Font:
        found = named(known, "/Font", name)
        if not isinstance(found, Dictionary):
            return Font()
        key = found.objgen
        if key == (0, 0) or key not in self._fonts:
            self._fonts[key] = read_font(found)
        return self._fonts[key]


def _points(given: Sequence[Any], state: State) -> list[Point]:
    numbers = [float(one) for one in given]
    return [state.matrix.at(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]


def _cut(state: State, outline: Outline) -> State:
    shown = state.shown.cut(outline)
    if len(shown.outlines) > MOST_CUTS:
        raise TooMuch
    return replace(state, shown=shown)
