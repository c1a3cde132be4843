"""Pools, lanes, activities, events, gateways, data and notes."""

from collections.abc import Callable

from lxml import etree

from .scene import CALLS, DATA, EVENTS, GATEWAYS, SUBPROCESSES, TASKS, Box, Shape, tag
from .svg import INK, LINE, PAPER, QUIET, Pen
from .symbols import EVENT_SIGNS, MARKER_SIZE, TASK_SIGNS, event_sign, gateway_sign, markers, task_sign
from .text import Block, fit, width, words_of, wrap

HEADER = 30.0
PEOPLE = ("#eef4fa", "#1d4f7c")
MACHINE = ("#f5f5f3", "#4a5257")
CALLED = ("#f3f0f9", "#45307e")
START = ("#edf6f0", "#0f5c36")
MIDDLE = ("#fbf6ea", "#6b4e09")
END = ("#fbeeee", "#8e1f1f")
CHOICE = ("#fdf6df", "#6b4e09")
DOTTED = "0.1 5"


def event_kind(element: etree._Element) -> str | None:
    """The sign an event carries, if any."""
    kinds = [tag(child).removesuffix("EventDefinition") for child in element if tag(child).endswith("EventDefinition")]
    if len(kinds) > 1:
        return "multiple"
    return kinds[0] if kinds else None


def marker_names(shape: Shape) -> list[str]:
    names: list[str] = []
    for child in shape.element:
        if tag(child) == "standardLoopCharacteristics":
            names.append("loop")
        elif tag(child) == "multiInstanceLoopCharacteristics":
            names.append("sequential" if child.get("isSequential") == "true" else "parallel")
    if shape.element.get("isForCompensation") == "true":
        names.append("compensation")
    if shape.kind == "adHocSubProcess":
        names.append("adhoc")
    if shape.kind in SUBPROCESSES and not shape.expanded:
        names.append("folded")
    return names


def colours(shape: Shape) -> tuple[str, str]:
    if shape.kind in {"userTask", "manualTask"}:
        return PEOPLE
    if shape.kind in CALLS:
        return CALLED
    if shape.kind in GATEWAYS:
        return CHOICE
    if shape.kind in EVENTS:
        return {"startEvent": START, "endEvent": END}.get(shape.kind, MIDDLE)
    return MACHINE


# ---------------------------------------------------------------------------------------------- containers


def _pool(pen: Pen, shape: Shape) -> Block:
    pen.rect(shape.box, fill=PAPER, stroke=LINE, stroke_width=1.6)
    if shape.element.get("processRef") is None:
        return _centred(pen, shape.name, shape.box, size=14, bold=True)
    header = _header(shape)
    pen.rect(header, fill="#e3e8ec", stroke=LINE, stroke_width=1.6)
    return _header_text(pen, shape, header, size=14, bold=True)


def _lane(pen: Pen, shape: Shape) -> Block:
    pen.rect(shape.box, stroke="#7b8287", stroke_width=1.2)
    header = _header(shape)
    pen.rect(header, fill="#f4f5f6", stroke="#7b8287", stroke_width=1.2)
    return _header_text(pen, shape, header, size=12, bold=False)


def _header(shape: Shape) -> Box:
    box = shape.box
    if shape.horizontal:
        return Box(box.x, box.y, min(HEADER, box.width), box.height)
    return Box(box.x, box.y, box.width, min(HEADER, box.height))


def _header_text(pen: Pen, shape: Shape, header: Box, *, size: float, bold: bool) -> Block:
    if not shape.horizontal:
        return _centred(pen, shape.name, header, size=size, bold=bold)
    block = fit(shape.name, (header.height - 12, header.width - 1), size=size, bold=bold)
    x, y = header.middle
    pen.group(transform=f"translate({x:g} {y:g}) rotate(-90)").text(block, (0, -block.height / 2))
    return block


def _subprocess(pen: Pen, shape: Shape) -> Block:
    fill, ink = "#fbfcfd" if shape.expanded else MACHINE[0], LINE
    dotted = {"stroke_dasharray": DOTTED, "stroke_linecap": "round"} if shape.is_event_subprocess else {}
    pen.rect(shape.box, rx=10, fill=fill, stroke=ink, stroke_width=2 if dotted else 1.6, **dotted)
    if shape.kind == "transaction":
        pen.rect(shape.box.grown(-3), rx=8, stroke=ink, stroke_width=1.2)
    names = marker_names(shape)
    box = shape.box
    markers(pen, names, (box.middle[0], box.bottom - 4), ink=ink)
    if not shape.expanded:
        return _activity_text(pen, shape, sign=False, foot=bool(names))
    block = fit(shape.name, (max(box.width - 24, 1.0), 18), size=12, bold=True)
    pen.text(block, (box.x + 12, box.y + 6), anchor="start")
    return block


# ---------------------------------------------------------------------------------------------- nodes


def _activity(pen: Pen, shape: Shape) -> Block:
    fill, ink = colours(shape)
    box = shape.box
    signed = shape.kind in TASK_SIGNS and box.height >= 56 and box.width >= 70
    pen.rect(box, rx=min(10, box.height / 4), fill=fill, stroke=ink, stroke_width=4 if shape.kind in CALLS else 1.8)
    if signed:
        task_sign(pen, shape.kind, (box.x + 6, box.y + 6), ink=ink)
    names = marker_names(shape)
    markers(pen, names, (box.middle[0], box.bottom - 4), ink=ink)
    return _activity_text(pen, shape, sign=signed, foot=bool(names))


def _activity_text(pen: Pen, shape: Shape, *, sign: bool, foot: bool) -> Block:
    tight = foot or "bottom" in shape.crowded
    block, top = activity_text(shape.name, shape.box, sign=sign, foot=tight, head="top" in shape.crowded)
    pen.text(block, (shape.box.middle[0], top))
    return block


def activity_text(name: str, box: Box, *, sign: bool, foot: bool, head: bool = False) -> tuple[Block, float]:
    """The words of a task and the height of their top.

    They stand in the middle, but clear of the sign in the corner, of markers and events at the foot, and of events
    at the head.
    """
    across = max(box.width - 14, 1.0)
    top, foot_room = 20 if head else 4, MARKER_SIZE + 5 if foot else 4
    down = max(box.height - top - foot_room, 1.0)
    under_sign = max(box.height - 23 - foot_room, 1.0) if sign else 0.0
    for step in range(9):
        size = 12 - step / 2
        block = Block(wrap(name, across, size), size)
        whole = " ".join(block.lines) == " ".join(words_of(name)) or size <= 9
        middle = box.y + top + (down - block.height) / 2 if head or foot else box.middle[1] - block.height / 2
        beside_sign = not block.lines or width(block.lines[0], size) <= box.width - 54
        if whole and block.height <= down and (not sign or middle >= box.y + 22 or beside_sign):
            return block, middle
        if whole and block.height <= under_sign:
            return block, box.y + 23 + min(2.0, (under_sign - block.height) / 2)
    return fit(name, (across, under_sign or down), size=8, floor=8), box.y + (23 if sign else top)


def _event(pen: Pen, shape: Shape) -> Block:
    fill, ink = colours(shape)
    centre, radius = shape.box.middle, min(shape.box.width, shape.box.height) / 2
    quiet = shape.element.get("cancelActivity") == "false" or shape.element.get("isInterrupting") == "false"
    dashes = "5 3.2" if quiet else None
    thick = 3.6 if shape.kind == "endEvent" else 1.7
    pen.circle(centre, radius - thick / 2, fill=fill, stroke=ink, stroke_width=thick, stroke_dasharray=dashes)
    if shape.kind not in {"startEvent", "endEvent"}:
        pen.circle(centre, radius - 4.2, stroke=ink, stroke_width=1.4, stroke_dasharray="4 2.7" if quiet else None)
    kind = event_kind(shape.element)
    if kind is not None:
        filled = shape.kind in {"endEvent", "intermediateThrowEvent"}
        event_sign(pen, kind if kind in EVENT_SIGNS else "multiple", centre, radius, ink=ink, filled=filled)
    return Block((), 11)


def _gateway(pen: Pen, shape: Shape) -> Block:
    fill, ink = colours(shape)
    box = shape.box
    x, y = box.middle
    pen.polygon([(x, box.y), (box.right, y), (x, box.bottom), (box.x, y)], fill=fill, stroke=ink, stroke_width=1.8)
    gateway_sign(pen, shape.kind, (x, y), min(box.width, box.height) / 2, ink=ink)
    return Block((), 11)


# ---------------------------------------------------------------------------------------------- artefacts


def _note(pen: Pen, shape: Shape) -> Block:
    box = shape.box
    pen.rect(box, fill="#fffef5")
    pen.path(f"M{box.x + 9:g} {box.y:g}H{box.x:g}V{box.bottom:g}h9", stroke=QUIET, stroke_width=1.5)
    block = fit(shape.name, (box.width - 13, box.height - 4), size=11)
    pen.text(block, (box.x + 8, box.y + (box.height - block.height) / 2), anchor="start")
    return block


def _data(pen: Pen, shape: Shape) -> Block:
    x, y, w, h = shape.box.x, shape.box.y, shape.box.width, shape.box.height
    if shape.kind == "dataStoreReference":
        rim = h * 0.14
        body = f"M{x:g} {y + rim:g}v{h - 2 * rim:g}a{w / 2:g} {rim:g} 0 0 0 {w:g} 0v{-(h - 2 * rim):g}"
        pen.path(body, fill=PAPER, stroke=LINE, stroke_width=1.6)
        pen.add("ellipse", cx=x + w / 2, cy=y + rim, rx=w / 2, ry=rim, fill=PAPER, stroke=LINE, stroke_width=1.6)
        return Block((), 11)
    fold = min(w, h) * 0.28
    page = f"M{x:g} {y:g}h{w - fold:g}l{fold:g} {fold:g}v{h - fold:g}h{-w:g}z"
    pen.path(page, fill=PAPER, stroke=LINE, stroke_width=1.6)
    pen.path(f"M{x + w - fold:g} {y:g}v{fold:g}h{fold:g}", stroke=LINE, stroke_width=1.3)
    return Block((), 11)


def _group(pen: Pen, shape: Shape) -> Block:
    pen.rect(shape.box, rx=10, stroke=QUIET, stroke_width=1.5, stroke_dasharray="10 4 2 4")
    return Block((), 11)


def _centred(pen: Pen, name: str, box: Box, *, size: float, bold: bool) -> Block:
    block = fit(name, (box.width - 12, box.height - 6), size=size, bold=bold)
    pen.text(block, (box.middle[0], box.middle[1] - block.height / 2), fill=INK)
    return block


SHAPES: dict[str, Callable[[Pen, Shape], Block]] = {
    "participant": _pool,
    "lane": _lane,
    "textAnnotation": _note,
    "group": _group,
    **dict.fromkeys(SUBPROCESSES, _subprocess),
    **dict.fromkeys(TASKS | CALLS, _activity),
    **dict.fromkeys(EVENTS, _event),
    **dict.fromkeys(GATEWAYS, _gateway),
    **dict.fromkeys(DATA, _data),
}
NO_WORDS = Block((), 11)
OUTSIDE = EVENTS | GATEWAYS | DATA | {"group"}  # their names stand beside them


def words_in(shape: Shape) -> Block:
    """The words as they will stand inside the shape, without drawing it."""
    if shape.kind not in SHAPES:
        return NO_WORDS
    return draw_shape(Pen(etree.Element("g")), shape)


def draw_shape(pen: Pen, shape: Shape) -> Block:
    """Draws the shape and the words inside it, which are returned."""
    return SHAPES[shape.kind](pen, shape)
