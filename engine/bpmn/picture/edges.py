"""Flows: rounded corners, heads, the slash of a default, the diamond of a condition."""

from math import hypot

from .scene import ACTIVITIES, Edge, Point, Scene, tag
from .svg import LINE, PAPER, QUIET, Pen, number

CORNER = 7.0
HEAD = (10.0, 4.2)


def draw_edge(pen: Pen, edge: Edge, scene: Scene, *, ink: str = LINE, thickness: float = 1.6) -> None:
    if edge.kind == "sequenceFlow":
        _sequence(pen, edge, scene, ink, thickness)
    elif edge.kind == "messageFlow":
        _message(pen, edge)
    else:
        _association(pen, edge)


def _sequence(pen: Pen, edge: Edge, scene: Scene, ink: str, thickness: float) -> None:
    points = list(edge.points)
    tip, before = points[-1], points[-2]
    points[-1] = _towards(tip, before, HEAD[0] * 0.8)
    pen.path(rounded(points), stroke=ink, stroke_width=thickness)
    pen.polygon(_head(before, tip, *HEAD), fill=ink, stroke=ink, stroke_width=0.6)
    source = scene.elements.get(edge.source or "")
    if source is None:
        return
    if source.get("default") == edge.id:
        _slash(pen, points[0], points[1], ink)
    elif tag(source) in ACTIVITIES and any(tag(child) == "conditionExpression" for child in edge.element):
        _diamond(pen, points[0], points[1], ink)


def _message(pen: Pen, edge: Edge) -> None:
    tip, before = edge.points[-1], edge.points[-2]
    points = [*edge.points[:-1], _towards(tip, before, 9)]
    pen.path(rounded(points), stroke=LINE, stroke_width=1.5, stroke_dasharray="9 5")
    pen.polygon(_head(before, tip, 10, 5), fill=PAPER, stroke=LINE, stroke_width=1.3)
    pen.circle(edge.points[0], 3.5, fill=PAPER, stroke=LINE, stroke_width=1.3)


def _association(pen: Pen, edge: Edge) -> None:
    pen.path(rounded(edge.points), stroke=QUIET, stroke_width=1.4, stroke_dasharray="1 4", stroke_linecap="round")
    directed = edge.kind != "association" or edge.element.get("associationDirection") in {"One", "Both"}
    if directed:
        left, tip, right = _head(edge.points[-2], edge.points[-1], 9, 5)
        pen.path(f"M{_at(left)} {_at(tip)} {_at(right)}", stroke=QUIET, stroke_width=1.4)


def rounded(points: list[Point] | tuple[Point, ...]) -> str:
    """A path through the points, its corners cut by a curve no longer than half a segment."""
    data = f"M{_at(points[0])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        room = min(CORNER, _distance(before, corner) / 2, _distance(corner, after) / 2)
        data += f" L{_at(_towards(corner, before, room))} Q{_at(corner)} {_at(_towards(corner, after, room))}"
    return f"{data} L{_at(points[-1])}"


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _distance(a: Point, b: Point) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])


def _towards(start: Point, end: Point, by: float) -> Point:
    length = _distance(start, end)
    share = min(1.0, by / length) if length else 0.0
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _head(before: Point, tip: Point, length: float, half: float) -> list[Point]:
    along = _distance(before, tip) or 1.0
    dx, dy = (tip[0] - before[0]) / along, (tip[1] - before[1]) / along
    x, y = tip[0] - dx * length, tip[1] - dy * length
    return [(x - dy * half, y + dx * half), tip, (x + dy * half, y - dx * half)]


def _slash(pen: Pen, start: Point, end: Point, ink: str) -> None:
    x, y = _towards(start, end, 11)
    along = _distance(start, end) or 1.0
    dx, dy = (end[0] - start[0]) / along, (end[1] - start[1]) / along
    turn = ((dx - dy) * 0.7071, (dx + dy) * 0.7071)
    reach = 6.5
    one = x - turn[0] * reach, y - turn[1] * reach
    other = x + turn[0] * reach, y + turn[1] * reach
    pen.line(one, other, stroke=ink, stroke_width=1.6)


def _diamond(pen: Pen, start: Point, end: Point, ink: str) -> None:
    far = _towards(start, end, 16)
    left, _, right = _head(start, far, 8, 4.5)
    pen.polygon([start, left, far, right], fill=PAPER, stroke=ink, stroke_width=1.3)
