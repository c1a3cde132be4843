"""Everything is drawn, in its place, clear of everything else."""

from collections.abc import Iterator

from engine.bpmn.finding import Finding
from engine.bpmn.picture.geometry import gap
from engine.bpmn.picture.scene import FLOW_NODES, SUBPROCESSES, Box, Shape, tag

from .page import FLOWS, Page

LEAST_GAP = 12.0


def check(page: Page) -> Iterator[Finding]:
    yield from _drawn(page)
    yield from _apart(page)
    yield from _inside_parents(page)
    yield from _inside_lanes(page)


def _drawn(page: Page) -> Iterator[Finding]:
    scene = page.scene
    folded = {shape.id for shape in page.nodes if shape.kind in SUBPROCESSES and not shape.expanded}
    for known, element in scene.elements.items():
        if page.around[known] & folded:
            continue
        absent_node = tag(element) in FLOW_NODES and known not in scene.shapes
        absent_flow = tag(element) in FLOWS and known not in scene.edges
        if absent_node or absent_flow:
            yield page.error("not-drawn", known, f"{page.call(known)} is not drawn in the diagram")


def _apart(page: Page) -> Iterator[Finding]:
    for a, b in _near_pairs(page.nodes, LEAST_GAP):
        if b.id in (a.host, a.parent) or a.id in (b.host, b.parent) or _related(page, a, b):
            continue
        if a.box.grown(-0.5).overlaps(b.box.grown(-0.5)):
            yield page.error("overlap", a.id, f"{page.call(a.id)} lies on {page.call(b.id)}")
        elif a.host is None and b.host is None and (clear := gap(a.box, b.box)) < LEAST_GAP:
            message = f"{page.call(a.id)} is only {clear:.0f} px from {page.call(b.id)}"
            yield page.warning("too-close", a.id, message)


def _near_pairs(shapes: list[Shape], within: float) -> Iterator[tuple[Shape, Shape]]:
    """Pairs whose boxes come that near to each other from left to right."""
    ordered = sorted(shapes, key=lambda shape: shape.box.x)
    for index, a in enumerate(ordered):
        for b in ordered[index + 1 :]:
            if b.box.x > a.box.right + within:
                break
            yield a, b


def _related(page: Page, a: Shape, b: Shape) -> bool:
    """One stands in the other, or hangs on something that does."""
    if a.id in page.around[b.id] or b.id in page.around[a.id]:
        return True
    return a.id in page.around.get(b.host or "", ()) or b.id in page.around.get(a.host or "", ())


def _inside_parents(page: Page) -> Iterator[Finding]:
    for shape in page.nodes:
        parent = page.scene.shapes.get(shape.parent or "")
        if parent is None or not parent.is_container or shape.host is not None:
            continue
        if not parent.box.holds(shape.box):
            message = f"{page.call(shape.id)} is not inside {page.call(parent.id)}"
            yield page.error("outside-parent", shape.id, message)


def _inside_lanes(page: Page) -> Iterator[Finding]:
    for lane in (frame for frame in page.frames if frame.kind == "lane"):
        for reference in lane.element.iterchildren("{*}flowNodeRef"):
            node = page.scene.shapes.get((reference.text or "").strip())
            if node is not None and not _stands_in(node, lane.box):
                message = f"{page.call(node.id)} is not inside its lane {page.name(lane.id)}"
                yield page.error("outside-lane", node.id, message)
        pool = _pool_of(page, lane)
        if pool is not None and not pool.box.holds(lane.box, slack=2):
            message = f"{page.call(lane.id)} is not inside its pool {page.name(pool.id)}"
            yield page.error("outside-pool", lane.id, message)


def _stands_in(node: Shape, lane: Box) -> bool:
    """A boundary event may hang over the edge of its lane with half its height."""
    if node.host is None:
        return lane.holds(node.box)
    x, y = node.box.middle
    return lane.holds(Box(x, y, 0, 0), slack=2)


def _pool_of(page: Page, shape: Shape) -> Shape | None:
    process = next((each for each in shape.element.iterancestors() if tag(each) == "process"), None)
    return None if process is None else page.scene.participants.get(process.get("id", ""))
