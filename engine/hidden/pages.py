"""What one page of a PDF hides: text under a box or a picture, cut off, beside the page, invisible, white; comments.

As far as it can be told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

from pikepdf import Array, Dictionary, Name, Page

from engine.hidden.drawing import MOST_OF_IT, SPOTS, Drawing, Letter, Paint, TooMuch
from engine.hidden.shapes import Box, Point
from engine.hidden.state import WHITE, Colour, State, resources

BESIDE = 2.0  # points outside the page before text counts as beside it
SMALLEST = 1.0  # points: below it nobody reads a letter
ALIKE = 0.1  # in red, green and blue
SQUARE = 32.0  # points: letters are looked up by the square of the page in which they stand
FARTHEST = 20_000.0  # points: no page is larger

LINK = "has a link with words of its own, which the page need not show: read them, and confirm that you have"
_WORDS = ("/Contents", "/T", "/Subj", "/RC")  # of a link


def hidden_on_page(page: Page, *, descriptions_read: bool = False) -> Iterator[str]:
    yield from _beside_the_content(page, descriptions_read)
    drawn = Drawing(descriptions_read=descriptions_read)
    try:
        drawn.run(page.obj, State(), resources(page.obj))
    except TooMuch:
        yield "is too large to be checked"
        return
    yield from sorted(drawn.said)
    if drawn.invisible:
        yield "holds invisible text"
    if drawn.cut_off:
        yield "holds text that is cut off and still there: take the whole of it out"
    if drawn.masked:
        yield "holds text under a mask, and nobody can tell what that hides: make it without transparency"
    box = Box.around(_corners(page.cropbox))
    if any(not box.holds(letter.middle, room=BESIDE) for letter in drawn.letters):
        yield "holds text beside what is shown"
    covered, in_its_colour = _lost(drawn.letters, drawn.painted)
    if covered:
        yield "holds text under a box or a picture"
    if any(letter.thin < SMALLEST for letter in drawn.letters):
        yield "holds text too small or too narrow to be read: take it out"
    if in_its_colour:
        yield "holds text in the colour of its ground, such as white on white"


def _beside_the_content(page: Page, descriptions_read: bool) -> Iterator[str]:
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
        else:
            yield from _link(note, descriptions_read)
    if found.get("/Thumb") is not None:
        yield "holds a small picture of itself, perhaps of an earlier version"
    if found.get("/PieceInfo") is not None:
        yield "holds data of the program it was made with"
    if found.get("/AA") is not None:
        yield "holds a program"


def _link(link: Dictionary, descriptions_read: bool) -> Iterator[str]:
    action, to = link.get("/A"), ""
    if isinstance(action, Dictionary):
        to = str(action.get("/URI", ""))
        if action.get("/S") not in (Name.GoTo, Name.URI, Name.Named):
            yield "holds a program"
    said = [str(link.get(key, "")).strip() for key in _WORDS]
    if not descriptions_read and any(words not in to for words in said):
        yield LINK


def _lost(letters: Sequence[Letter], painted: Sequence[Paint]) -> tuple[bool, bool]:
    """Whether letters lie under what was painted after them, in one piece or several; whether any has its colour."""
    squares = defaultdict[tuple[int, int], list[tuple[Point, float, Letter]]](list)
    for letter in letters:
        middle = letter.middle
        squares[_square(middle[0]), _square(middle[1])].append((middle, letter.reach, letter))
    spots = list(enumerate(SPOTS))
    hidden = defaultdict[int, set[int]](set)
    ground: list[Colour] = [WHITE] * len(letters)
    for paint in painted:
        area = paint.area
        for square in _squares(area.box, squares):
            for middle, reach, letter in squares[square]:
                if not area.box.holds(middle, room=reach):
                    continue
                if letter.order >= paint.before:
                    if area.holds(middle):
                        ground[letter.order] = paint.colour
                elif paint.opaque and len(under := hidden[letter.order]) < len(spots):
                    under.update(n for n, spot in spots if n not in under and area.holds(letter.at(*spot)))
    covered = any(len(under) >= MOST_OF_IT for under in hidden.values())
    return covered, any(_alike(letter.colour, ground[letter.order]) for letter in letters)


def _squares(box: Box, known: Collection[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Those that the box reaches, and those beside it."""
    across = range(_square(box.left) - 1, _square(box.right) + 2)
    up = range(_square(box.low) - 1, _square(box.high) + 2)
    if len(across) * len(up) > len(known):
        return known
    return [square for square in product(across, up) if square in known]


def _square(place: float) -> int:
    return int(max(-FARTHEST, min(place, FARTHEST)) // SQUARE)


def _alike(one: Colour, other: Colour) -> bool:
    known = one is not None and other is not None
    return known and all(abs(a - b) < ALIKE for a, b in zip(one or WHITE, other or WHITE, strict=True))


def _list(found: Any) -> list[Any]:
    return list(found) if isinstance(found, Array) else []


def _corners(box: Any) -> list[tuple[float, float]]:
    left, low, right, high = (float(one) for one in box)
    return [(left, low), (right, high)]
