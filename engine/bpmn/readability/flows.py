"""Lines begin and end where they should, run clear of shapes and of each other, and from left to right."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from engine.bpmn.finding import Finding, Severity
from engine.bpmn.picture.geometry import around, crossing, from_border, inside_length, side_by_side
from engine.bpmn.picture.scene import EVENTS, GATEWAYS, Box, Edge, Shape

from .page import FLOWS, Page

LEAST_TRACK = 6.0


def check(page: Page, most_crossings: int) -> Iterator[Finding]:
    yield from _ends(page)
    yield from _through_shapes(page)
    yield from _crossings(page, most_crossings)
    yield from _side_by_side(page)
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


def _crossings(page: Page, most: int) -> Iterator[Finding]:
    total = 0
    for a, b in combinations(page.flows, 2):
        count = len(_meetings(a, b))
        total += count
        if count:
            times = f" {count} times" if count > 1 else ""
            yield page.warning("crossing", a.id, f"{page.call(a.id)} crosses {page.call(b.id)}{times}")
    if total > most:
        message = f"Flows cross {total} times; more than {most} cannot be followed by eye"
        yield Finding(None, Severity.ERROR, message, code="crossings")


def _meetings(a: Edge, b: Edge) -> set[tuple[int, int]]:
    points = (
        crossing(one, two)
        for one in a.segments
        for two in b.segments
        if around(one).grown(1).overlaps(around(two).grown(1))
    )
    return {(round(point[0]), round(point[1])) for point in points if point is not None}


def _side_by_side(page: Page) -> Iterator[Finding]:
    """Flows from the same node, or to the same node, may share their way."""
    for a, b in combinations(page.flows, 2):
        if {a.source, a.target} & {b.source, b.target}:
            continue
        if _longest_stretch(a, b, 0.6) > 2:
            yield page.error("flows-overlap", a.id, f"{page.call(a.id)} lies on {page.call(b.id)}")
        elif _longest_stretch(a, b, LEAST_TRACK) > 8:
            yield page.warning("flows-close", a.id, f"{page.call(a.id)} runs too close to {page.call(b.id)}")


def _longest_stretch(a: Edge, b: Edge, nearer_than: float) -> float:
    return max(side_by_side(one, two, nearer_than=nearer_than) for one in a.segments for two in b.segments)


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
