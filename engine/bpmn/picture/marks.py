"""What is going on at an element: said by a sign, a number and words, never by colour alone."""

from dataclasses import dataclass
from enum import StrEnum

from .scene import EVENTS, GATEWAYS, Box, Shape
from .svg import INK, PAPER, Pen
from .text import Block, fit, width


class MarkState(StrEnum):
    HERE = "here"
    DONE = "done"
    OVERDUE = "overdue"
    ERROR = "error"


@dataclass(frozen=True)
class Mark:
    """`words` replace the title's usual ones; `note` is a few more, drawn under the shape."""

    state: MarkState
    count: int = 0
    words: str = ""
    note: str = ""


INKS = {
    MarkState.HERE: "#1d5fa8",
    MarkState.DONE: "#00633a",
    MarkState.OVERDUE: "#9a3b00",
    MarkState.ERROR: "#8e1f1f",
}
WORDS = {
    MarkState.HERE: ("waiting here", "{} waiting here"),
    MarkState.DONE: ("done", "done {} times"),
    MarkState.OVERDUE: ("overdue", "{} overdue"),
    MarkState.ERROR: ("failed", "{} failed"),
}


def words_of(mark: Mark) -> str:
    one, many = WORDS[mark.state]
    return mark.words or (many.format(mark.count) if mark.count > 1 else one)


def draw_mark(pen: Pen, shape: Shape, mark: Mark) -> None:
    ink = INKS[mark.state]
    if mark.state is not MarkState.DONE:
        _ring(pen, shape, ink, dashed=mark.state is MarkState.ERROR)
    _badge(pen, _corner(shape), mark, ink)
    if mark.note:
        _note(pen, shape.box, mark.note)


def _corner(shape: Shape) -> tuple[float, float]:
    """Where the badge begins. A gateway's question stands above it, so there it is below."""
    box = shape.box
    if shape.kind in GATEWAYS:
        return box.x, box.bottom
    return (box.right, box.y) if shape.kind in EVENTS else (box.right - 8, box.y + 2)


def _ring(pen: Pen, shape: Shape, ink: str, *, dashed: bool) -> None:
    line = {"stroke": ink, "stroke_width": "3.2", "stroke_dasharray": "7 4" if dashed else None}
    box = shape.box.grown(4.5)
    if shape.kind in EVENTS:
        pen.circle(box.middle, box.width / 2, **line)
    elif shape.kind in GATEWAYS:
        x, y = box.middle
        pen.polygon([(x, box.y - 2), (box.right + 2, y), (x, box.bottom + 2), (box.x - 2, y)], **line)
    else:
        pen.rect(box, rx=13, **line)


def _badge(pen: Pen, at: tuple[float, float], mark: Mark, ink: str) -> None:
    """A pill that starts at the corner and grows to the right."""
    number = str(mark.count) if mark.count > 1 or (mark.count and mark.state is MarkState.HERE) else ""
    block = Block((number,) if number else (), 12, bold=True)
    wide = 22 + (width(number, 12, bold=True) + 3 if number else 0)
    x, y = at[0] - 11, at[1] - 11
    pen.rect(Box(x, y, wide, 22), rx=11, fill=ink, stroke=PAPER, stroke_width=2)
    _sign(pen.group(transform=f"translate({x + 11:g} {y + 11:g})"), mark.state, ink)
    if number:
        pen.text(block, (x + 19 + block.width / 2, at[1] - block.height / 2), fill=PAPER)


def _sign(pen: Pen, state: MarkState, ink: str) -> None:
    if state is MarkState.HERE:
        pen.path("M-3.5 -5.5 5.5 0 -3.5 5.5z", fill=PAPER)
    elif state is MarkState.DONE:
        pen.path("M-5 .5-1.5 4 5.2 -4", stroke=PAPER, stroke_width=2.4, stroke_linecap="round")
    elif state is MarkState.OVERDUE:
        pen.circle((0, 0), 6, stroke=PAPER, stroke_width=1.8)
        pen.path("M0 -3.6V0.4L2.8 2.2", stroke=PAPER, stroke_width=1.8, stroke_linecap="round")
    else:
        pen.path("M0 -6V1.5", stroke=PAPER, stroke_width=2.8, stroke_linecap="round")
        pen.circle((0, 5.3), 1.7, fill=PAPER)


def _note(pen: Pen, box: Box, note: str) -> None:
    block = fit(note, (max(box.width - 8, 70), 14), size=10, floor=8)
    wide = block.width + 12
    x = box.middle[0] - wide / 2
    pen.rect(Box(x, box.bottom - 3, wide, 16), rx=8, fill=PAPER, stroke=INK, stroke_width=1)
    pen.text(block, (box.middle[0], box.bottom + 5 - block.height / 2), fill=INK)
