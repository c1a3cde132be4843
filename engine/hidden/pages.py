"""What one page of a PDF hides: text under a box or a picture, beside the page, invisible, white; comments; more.

As far as it can be told: the page is drawn as a reader would, but only where things stand, in the order they are drawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Page, Stream, String

MOST_STEPS = 1_500_000  # of one page
MOST_LETTERS = 200_000
MOST_DEPTH = 12
INVISIBLE = frozenset({3, 7})
BESIDE = 2.0  # points outside the page before text counts as beside it

SMALLEST = 1.0  # points: below it nobody reads a letter
FAINTEST = 0.1  # of full strength
ALIKE = 0.1  # in red, green and blue

Point = tuple[float, float]
Colour = tuple[float, float, float] | None  # None: nobody can tell
BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
SPACES: Mapping[str, int] = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3, "/DeviceCMYK": 4}


@dataclass(frozen=True)
class Matrix:
    """As PDF writes it: a b c d e f."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def after(self, other: "Matrix") -> "Matrix":
        """First this one, then the other."""
        return Matrix(
            self.a * other.a + self.b * other.c,
            self.a * other.b + self.b * other.d,
            self.c * other.a + self.d * other.c,
            self.c * other.b + self.d * other.d,
            self.e * other.a + self.f * other.c + other.e,
            self.e * other.b + self.f * other.d + other.f,
        )

    def at(self, x: float, y: float) -> Point:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    @property
    def scale(self) -> float:
        return float(abs(self.a * self.d - self.b * self.c) ** 0.5)


@dataclass(frozen=True)
class Box:
    left: float
    low: float
    right: float
    high: float

    @staticmethod
    def around(points: Sequence[Point]) -> "Box":
        across, up = [p[0] for p in points], [p[1] for p in points]
        return Box(min(across), min(up), max(across), max(up))

    def holds(self, point: Point, *, room: float = 0.0) -> bool:
        inside = self.left - room <= point[0] <= self.right + room
        return inside and self.low - room <= point[1] <= self.high + room

    @property
    def height(self) -> float:
        return self.high - self.low


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


@dataclass(frozen=True)
class State:
    """What `q` saves and `Q` brings back."""

    matrix: Matrix = field(default_factory=Matrix)
    font: Font = field(default_factory=Font)
    size: float = 1.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    stretch: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    mode: int = 0
    colour: Colour = BLACK
    space: int = 1  # how many numbers give a colour; 0: nobody can tell from them
    line: float = 1.0
    see_through: bool = False
    unseen: bool = False


@dataclass(frozen=True)
class Letter:
    at: Point
    size: float
    colour: Colour
    order: int


Painted = tuple[int, Box, Colour]  # before which letter, where, in what


class _TooMuch(Exception):
    """The page is longer than is read."""


def hidden_on_page(page: Page) -> Iterator[str]:
    yield from _beside_the_content(page)
    drawn = _Drawn()
    try:
        drawn.run(page.obj, Matrix(), _resources(page.obj, None), depth=0)
    except _TooMuch:
        yield "is too large to be checked"
        return
    if drawn.says_otherwise:
        yield "holds words that stand in for what it shows"
    if drawn.invisible:
        yield "holds invisible text"
    box = Box.around(_corners(page.cropbox))
    if any(not box.holds(letter.at, room=BESIDE) for letter in drawn.letters):
        yield "holds text beside what is shown"
    if _covered(drawn.letters, drawn.covers):
        yield "holds text under a box or a picture"
    if any(letter.size < SMALLEST for letter in drawn.letters):
        yield "holds text too small to be read"
    if _in_the_colour_of_its_ground(drawn.letters, drawn.painted):
        yield "holds text in the colour of its ground, such as white on white"


def _beside_the_content(page: Page) -> Iterator[str]:
    found = page.obj
    for note in _list(found.get("/Annots")):
        kind = note.get("/Subtype")
        if kind == Name.Redact:
            yield "holds a redaction that was marked and not carried out"
        elif kind == Name.FileAttachment:
            yield "holds another file within it"
        elif kind == Name.Widget:
            yield "holds a form to be filled in"
        elif kind != Name.Link:
            yield "holds a comment or a mark"
        elif isinstance(action := note.get("/A"), Dictionary) and action.get("/S") not in (
            Name.GoTo,
            Name.URI,
            Name.Named,
        ):
            yield "holds a program"
    if found.get("/Thumb") is not None:
        yield "holds a small picture of itself, perhaps of an earlier version"
    if found.get("/PieceInfo") is not None:
        yield "holds data of the program it was made with"
    if found.get("/AA") is not None:
        yield "holds a program"
    placed = _resources(found, None).get("/XObject")
    for picture in dict(placed).values() if isinstance(placed, Dictionary) else ():
        if isinstance(picture, Stream) and picture.get("/Subtype") == Name.Image and _about_itself(picture):
            yield "holds a picture with properties of its own, such as where it was taken"


def _about_itself(picture: Stream) -> bool:
    if picture.get("/Metadata") is not None:
        return True
    kinds = picture.get("/Filter")
    jpeg = kinds == Name.DCTDecode or (isinstance(kinds, Array) and len(kinds) == 1 and kinds[0] == Name.DCTDecode)
    return bool(jpeg) and b"Exif\0\0" in picture.read_raw_bytes()[:70_000]


def _covered(letters: Sequence[Letter], covers: Sequence[tuple[int, Box]]) -> bool:
    return any(
        letter.order < order and box.height >= letter.size / 2 and box.holds(letter.at)
        for order, box in covers
        for letter in letters
    )


def _in_the_colour_of_its_ground(letters: Sequence[Letter], painted: Sequence[Painted]) -> bool:
    for letter in letters:
        ground: Colour = WHITE
        for order, box, colour in painted:
            if order > letter.order:
                break
            if box.holds(letter.at):
                ground = colour
        if letter.colour is None or ground is None:
            continue
        if all(abs(one - other) < ALIKE for one, other in zip(letter.colour, ground, strict=True)):
            return True
    return False


class _Drawn:
    """Where letters stand and what was painted, in order."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.covers: list[tuple[int, Box]] = []  # opaque ones
        self.painted: list[Painted] = []
        self.invisible = False
        self.says_otherwise = False
        self._steps = 0
        self._fonts: dict[tuple[int, int], Font] = {}

    def run(self, content: Any, matrix: Matrix, resources: Dictionary, *, depth: int) -> None:
        if depth > MOST_DEPTH:
            raise _TooMuch
        state, saved = State(matrix=matrix), list[State]()
        line = text = Matrix()
        points: list[Point] = []
        for step in pikepdf.parse_content_stream(content):
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise _TooMuch
            given, word = list(step.operands), str(step.operator)
            match word:
                case "q":
                    saved.append(state)
                case "Q" if saved:
                    state = saved.pop()
                case "cm":
                    state = replace(state, matrix=_matrix(given).after(state.matrix))
                case "gs":
                    state = _with(state, resources, str(given[0]))
                case "g" | "rg" | "k":
                    state = replace(state, colour=_colour(given), space=len(given))
                case "cs":
                    state = replace(state, colour=BLACK, space=_space(resources, given[0]))
                case "sc" | "scn":
                    state = replace(state, colour=_colour(given) if len(given) == state.space else None)
                case "w":
                    state = replace(state, line=float(given[0]))
                case "BT":
                    line = text = Matrix()
                case "Tf":
                    state = replace(state, font=self._font(resources, str(given[0])), size=float(given[1]))
                case "Tc" | "Tw" | "TL" | "Ts" | "Tr" | "Tz":
                    state = _set(state, word, float(given[0]))
                case "Tm":
                    line = text = _matrix(given)
                case "Td" | "TD":
                    if word == "TD":
                        state = replace(state, leading=-float(given[1]))
                    line = text = Matrix(e=float(given[0]), f=float(given[1])).after(line)
                case "T*":
                    line = text = Matrix(f=-state.leading).after(line)
                case "Tj" | "TJ" | "'" | '"':
                    if word in ("'", '"'):
                        line = text = Matrix(f=-state.leading).after(line)
                    text = self._write(given[-1], state, text)
                case "re":
                    left, low, wide, high = (float(one) for one in given)
                    corners = ((left, low), (left + wide, low), (left + wide, low + high), (left, low + high))
                    points += [state.matrix.at(*corner) for corner in corners]
                case "m" | "l":
                    points.append(state.matrix.at(float(given[0]), float(given[1])))
                case "c" | "v" | "y":
                    points.append(state.matrix.at(float(given[-2]), float(given[-1])))
                case "f" | "F" | "f*" | "B" | "B*" | "b" | "b*":
                    self._paint(points, state)
                    points = []
                case "S" | "s":
                    self._draw_line(points, state)
                    points = []
                case "n":
                    points = []
                case "sh":
                    self.painted.append((len(self.letters), Box(-1e9, -1e9, 1e9, 1e9), None))
                case "Do":
                    self._place(resources, str(given[0]), state, depth)
                case "INLINE IMAGE":
                    self._picture(state, opaque=True)
                case "BDC" | "DP":
                    said = given[1] if len(given) > 1 else None
                    if isinstance(said, Name):
                        said = _named(resources, "/Properties", str(said))
                    if isinstance(said, Dictionary) and said.get("/ActualText") is not None:
                        self.says_otherwise = self.says_otherwise or len(str(said.ActualText).strip()) > 1

    def _write(self, given: Any, state: State, text: Matrix) -> Matrix:
        for part in given if isinstance(given, Array) else [given]:
            if not isinstance(part, String | bytes):
                across = -float(part) / 1000 * state.size * state.stretch
                text = Matrix(e=across).after(text)
                continue
            for code, wide in state.font.letters(bytes(part)):
                width = wide / 1000 * state.size
                space = code == 32 and not state.font.double
                if not space:
                    self._letter(text, width, state)
                more = state.spacing + (state.word_spacing if space else 0)
                text = Matrix(e=(width + more) * state.stretch).after(text)
        return text

    def _letter(self, text: Matrix, width: float, state: State) -> None:
        if state.mode in INVISIBLE or state.unseen:
            self.invisible = True
            return
        if len(self.letters) >= MOST_LETTERS:
            raise _TooMuch
        whole = text.after(state.matrix)
        at = whole.at(width * state.stretch / 2, state.size * 0.3 + state.rise)
        foot, head = whole.at(0, 0), whole.at(0, state.size)
        tall = ((head[0] - foot[0]) ** 2 + (head[1] - foot[1]) ** 2) ** 0.5
        self.letters.append(Letter(at, tall, state.colour, len(self.letters)))

    def _paint(self, points: Sequence[Point], state: State) -> None:
        """A path by its corners; of several boxes in one path each by itself."""
        boxes = [points[at : at + 4] for at in range(0, len(points), 4)] if len(points) % 4 == 0 else [points]
        for corners in boxes:
            if corners:
                plain = len(corners) <= 5  # of another shape only the outline is known, not what it fills
                self._cover(Box.around(corners), state, opaque=plain, colour=state.colour if plain else None)

    def _draw_line(self, points: Sequence[Point], state: State) -> None:
        """A line as thick as a letter hides it as a box does."""
        if len(points) == 2:
            half = state.line * state.matrix.scale / 2
            box = Box.around(points)
            self._cover(Box(box.left - half, box.low - half, box.right + half, box.high + half), state, opaque=True)

    def _cover(self, box: Box, state: State, *, opaque: bool, colour: Colour = None) -> None:
        self.painted.append((len(self.letters), box, None if state.see_through else colour))
        if opaque and not state.see_through:
            self.covers.append((len(self.letters), box))

    def _picture(self, state: State, *, opaque: bool) -> None:
        corners = [state.matrix.at(*corner) for corner in ((0, 0), (1, 0), (1, 1), (0, 1))]
        self._cover(Box.around(corners), state, opaque=opaque)

    def _place(self, resources: Dictionary, name: str, state: State, depth: int) -> None:
        placed = _named(resources, "/XObject", name)
        if not isinstance(placed, Stream):
            return
        if placed.get("/Subtype") == Name.Image:
            masks = ("/SMask", "/Mask", "/ImageMask")
            self._picture(state, opaque=all(placed.get(mask) in (None, False) for mask in masks))
        elif placed.get("/Subtype") == Name.Form:
            own = _matrix(placed.get("/Matrix")) if placed.get("/Matrix") is not None else Matrix()
            self.run(placed, own.after(state.matrix), _resources(placed, resources), depth=depth + 1)

    def _font(self, resources: Dictionary, name: str) -> Font:
        found = _named(resources, "/Font", name)
        if not isinstance(found, Dictionary):
            return Font()
        key = found.objgen
        if key == (0, 0) or key not in self._fonts:
            self._fonts[key] = _read_font(found)
        return self._fonts[key]


def _read_font(font: Dictionary) -> Font:
    within = font.get("/DescendantFonts")
    if within is None:
        first = int(font.get("/FirstChar", 0))
        return Font({first + n: float(wide) for n, wide in enumerate(_list(font.get("/Widths")))})
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


def _named(resources: Dictionary, kind: str, name: str) -> Any:
    among = resources.get(kind)
    return among.get(name) if isinstance(among, Dictionary) else None


def _with(state: State, resources: Dictionary, name: str) -> State:
    found = _named(resources, "/ExtGState", name)
    if not isinstance(found, Dictionary):
        return state
    alpha, blend, mask = found.get("/ca"), found.get("/BM"), found.get("/SMask")
    see_through = state.see_through
    if alpha is not None or blend is not None or mask is not None:
        plain = blend in (None, Name.Normal, Name.Compatible) and mask in (None, Name("/None"))
        see_through = not plain or (alpha is not None and float(alpha) < 0.99)
    unseen = state.unseen if alpha is None else float(alpha) < FAINTEST
    return replace(state, see_through=see_through, unseen=unseen)


def _colour(given: Sequence[Any]) -> Colour:
    """As red, green and blue from 0 to 1."""
    try:
        numbers = [float(one) for one in given]
    except (TypeError, ValueError):
        return None  # a pattern
    match numbers:
        case [grey]:
            return grey, grey, grey
        case [red, green, blue]:
            return red, green, blue
        case [cyan, magenta, yellow, black]:
            return (1 - cyan) * (1 - black), (1 - magenta) * (1 - black), (1 - yellow) * (1 - black)
    return None


def _space(resources: Dictionary, name: Any) -> int:
    """How many numbers make a colour of this space, where they mean grey, red-green-blue or the printer's four."""
    found = _named(resources, "/ColorSpace", str(name)) or name
    kind = found[0] if isinstance(found, Array) and len(found) else found
    if kind == Name.ICCBased and len(found) > 1:
        return int(found[1].get("/N", 0))
    return SPACES.get(str(kind), 0)


def _set(state: State, word: str, value: float) -> State:
    match word:
        case "Tc":
            return replace(state, spacing=value)
        case "Tw":
            return replace(state, word_spacing=value)
        case "TL":
            return replace(state, leading=value)
        case "Ts":
            return replace(state, rise=value)
        case "Tr":
            return replace(state, mode=int(value))
    return replace(state, stretch=value / 100)


def _matrix(given: Any) -> Matrix:
    return Matrix(*(float(one) for one in given))


def _corners(box: Any) -> list[Point]:
    left, low, right, high = (float(one) for one in box)
    return [(left, low), (right, high)]


def _resources(of: Any, above: Dictionary | None) -> Dictionary:
    """Its own, or those that it inherits."""
    for _ in range(MOST_DEPTH):
        found = of.get("/Resources")
        if isinstance(found, Dictionary):
            return found
        parent = of.get("/Parent")
        if parent is None:
            break
        of = parent
    return above if above is not None else Dictionary()
