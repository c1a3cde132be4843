"""Lines begin and end where they should, run clear of shapes and of each other, and from left to right."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from engine.bpmn.finding import Finding, Severity
from engine.bpmn.picture.geometry import (
    Segment,
    around,
    crossing,
    from_border,
    inside_length,
    side_by_side,
)
from engine.bpmn.picture.scene import EVENTS, GATEWAYS, Box, Edge, Shape

from .page import FLOWS, Page

LEAST_TRACK = 6.0


def check(page: Page, most_crossings: int) -> Iterator[Finding]:
    yield from _ends(page)
    yield from _through_shapes(page)
    yield from _together(page, most_crossings)
    yield from _direction(page)


def _ends(page: Page) -> Iterator[Finding]:
    for edge in page.edges:
        for verb, known, point in (
            ("begin", edge.source, edge.points[0]),
            ("end", edge.target, edge.points[-1]),
        ):
            shape = page.scene.shapes.get(known or "")
            if shape is not None and from_border(shape, point) > 3:
                message = f"{page.call(edge.id)} does not {verb} at the edge of {page.name(known)}"
                yield page.error("loose-end", edge.id, message)


def _through_shapes(page: Page) -> Iterator[Finding]:
    for edge in page.edges:
        spared = page.around.get(edge.source or "", set()) | page.around.get(edge.target or "", set())
        for shape in page.nodes:
            own = shape.id in (edge.source, edge.target)
            if shape.id in spared or (own and edge.kind not in FLOWS):
                continue
            inner = _inner(shape, own=own)
            if any(inside_length(segment, inner) > 1 for segment in edge.segments):
                message = f"{page.call(edge.id)} runs through {page.call(shape.id)}"
                yield page.error("through-shape", edge.id, message)


def _inner(shape: Shape, *, own: bool) -> Box:
    """Round and pointed shapes do not fill their box."""
    if shape.kind in GATEWAYS | EVENTS:
        return shape.box.grown(-0.15 * shape.box.width)
    return shape.box.grown(-3 if own else -1)


def _together(page: Page, most_crossings: int) -> Iterator[Finding]:
    """Crossings, and strangers side by side; flows from or to the same node may share their way."""
    crossings: dict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)
    nearest: dict[tuple[str, str], float] = {}
    for (a, one), (b, two) in _near_segments(page.flows):
        if point := crossing(one, two):
            crossings[a.id, b.id].add((round(point[0]), round(point[1])))
        kin = {a.source, a.target} & {b.source, b.target}
        if not kin and (distance := _distance(one, two)) is not None:
            nearest[a.id, b.id] = min(distance, nearest.get((a.id, b.id), distance))
    for (a_id, b_id), points in crossings.items():
        times = f" {len(points)} times" if len(points) > 1 else ""
        yield page.warning("crossing", a_id, f"{page.call(a_id)} crosses {page.call(b_id)}{times}")
    if (total := sum(len(points) for points in crossings.values())) > most_crossings:
        message = f"Flows cross {total} times; more than {most_crossings} cannot be followed by eye"
        yield Finding(None, Severity.ERROR, message, code="crossings")
    for (a_id, b_id), distance in nearest.items():
        if distance < 0.6:
            yield page.error("flows-overlap", a_id, f"{page.call(a_id)} lies on {page.call(b_id)}")
        else:
            yield page.warning("flows-close", a_id, f"{page.call(a_id)} runs too close to {page.call(b_id)}")


def _near_segments(flows: list[Edge]) -> Iterator[tuple[tuple[Edge, Segment], tuple[Edge, Segment]]]:
    """Pairs of segments of different flows, the first earlier in the file, that come near each other."""
    order = {edge.id: index for index, edge in enumerate(flows)}
    boxed = [(around(segment).grown(LEAST_TRACK / 2), edge, segment) for edge in flows for segment in edge.segments]
    boxed.sort(key=lambda each: each[0].x)
    for index, (box, a, one) in enumerate(boxed):
        for other, b, two in islice(boxed, index + 1, None):
            if other.x > box.right:
                break
            if a is not b and other.y < box.bottom and box.y < other.bottom:
                pair = (a, one), (b, two)
                yield pair if order[a.id] < order[b.id] else pair[::-1]


def _distance(one: Segment, two: Segment) -> float | None:
    """How far apart two segments are that run side by side too close and for long enough to be mistaken."""
    if side_by_side(one, two, nearer_than=0.6) > 2:
        return 0.0
    return 1.0 if side_by_side(one, two, nearer_than=LEAST_TRACK) > 8 else None


def _direction(page: Page) -> Iterator[Finding]:
    after: dict[str, set[str]] = defaultdict(set)
    for edge in page.flows:
        after[edge.source or ""].add(edge.target or "")
    for shape in page.nodes:
        after[shape.host or ""].add(shape.id)
    for edge in page.flows:
        source = page.scene.shapes.get(edge.source or "")
        target = page.scene.shapes.get(edge.target or "")
        if edge.kind != "sequenceFlow" or source is None or target is None:
            continue
        if target.box.right < source.box.x and not _reaches(after, target.id, source.id):
            message = f"{page.call(edge.id)} runs from right to left, and no loop needs it to"
            yield page.warning("backwards", edge.id, message)


def _reaches(after: dict[str, set[str]], start: str, goal: str) -> bool:
    seen, queue = {start}, [start]
    while queue:
        node = queue.pop()
        if node == goal:
            return True
        following = after.get(node, set()) - seen
        seen |= following
        queue += following
    return False
