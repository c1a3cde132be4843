"""Names say what to do, questions are asked and answered, and all words can be read."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from engine.bpmn.finding import Finding
from engine.bpmn.picture import label_of
from engine.bpmn.picture.geometry import covers, inside_length
from engine.bpmn.picture.scene import CALLS, SUBPROCESSES, TASKS, Box, Edge, Shape, name_of, tag
from engine.bpmn.picture.shapes import OUTSIDE, words_in

from .page import Page

LONGEST_TASK_NAME = 60
SMALLEST_PRINT = 9.0
TITLE = 20.0  # height of the name of an open sub-process
ASKING = {"exclusiveGateway", "inclusiveGateway", "complexGateway"}
ARTICLES = {"the", "a", "an"}


def check(page: Page) -> Iterator[Finding]:
    yield from _questions(page)
    yield from _task_names(page)
    yield from _fitting(page)
    yield from _labels(page)


def _questions(page: Page) -> Iterator[Finding]:
    outgoing = defaultdict(list)
    for element in page.scene.elements.values():
        if tag(element) == "sequenceFlow":
            outgoing[element.get("sourceRef", "")].append(element)
    for known, element in page.scene.elements.items():
        branches = outgoing[known]
        if tag(element) not in ASKING or len(branches) < 2:
            continue
        if not name_of(element).endswith("?"):
            message = f"{page.call(known)} has {len(branches)} branches but asks no question (ending with “?”)"
            yield page.warning("gateway-question", known, message)
        for flow in branches:
            if not name_of(flow):
                message = f"{page.call(flow.get('id'))} has no label: when is it taken?"
                yield page.warning("branch-label", flow.get("id", ""), message)


def _task_names(page: Page) -> Iterator[Finding]:
    for known, element in page.scene.elements.items():
        if tag(element) not in TASKS | CALLS | SUBPROCESSES:
            continue
        name = name_of(element)
        least = 1 if tag(element) in SUBPROCESSES else 2
        if not name:
            yield page.error("task-name", known, f"{page.call(known)} has no name: a verb and its object")
        elif len(name) > LONGEST_TASK_NAME:
            message = f"the name of {page.call(known)} has {len(name)} characters, over {LONGEST_TASK_NAME}"
            yield page.warning("task-name", known, message)
        elif len(name.split()) < least or name.split()[0].lower() in ARTICLES:
            yield page.warning("task-name", known, f"{page.call(known)} is not named by a verb and its object")


def _fitting(page: Page) -> Iterator[Finding]:
    for shape in page.scene.shapes.values():
        words = words_in(shape)
        if words.cut:
            message = f"the name of {page.call(shape.id)} does not fit: shorten it or enlarge the shape"
            yield page.error("text-cut", shape.id, message)
        elif words.lines and words.size < SMALLEST_PRINT:
            message = f"the name of {page.call(shape.id)} fits only in print of {words.size:g} px"
            yield page.warning("small-print", shape.id, message)


def _labels(page: Page) -> Iterator[Finding]:
    items: list[Shape | Edge] = [shape for shape in page.nodes if shape.kind in OUTSIDE and shape.name]
    items += [edge for edge in page.edges if edge.name]
    placed = [(item, *label_of(item)) for item in items]
    for item, block, box in placed:
        about = f"the label of {page.call(item.id)}"
        if block.cut:
            yield page.warning("label-cut", item.id, f"{about} does not fit the place it has")
        for other in _under(page, item, box.grown(-1.5)):
            yield page.warning("label-overlap", item.id, f"{about} lies on {other}")
    for (a, _, first), (b, _, second) in combinations(placed, 2):
        if first.grown(-1).overlaps(second.grown(-1)):
            message = f"the label of {page.call(a.id)} lies on the label of {page.call(b.id)}"
            yield page.warning("label-overlap", a.id, message)


def _under(page: Page, item: Shape | Edge, box: Box) -> Iterator[str]:
    """What else is where the label is. A flow may run through its own label, not through that of its node."""
    for shape in page.nodes:
        if shape.is_container:
            title = Box(shape.box.x, shape.box.y, shape.box.width, TITLE)
            if title.overlaps(box) or _on_border(shape.box, box):
                yield f"the frame of {page.call(shape.id)}"
        elif shape.id != item.id and covers(shape, box):
            yield page.call(shape.id)
    for edge in page.edges:
        if edge.id != item.id and any(inside_length(segment, box) > 1 for segment in edge.segments):
            yield page.call(edge.id)
    for frame in page.frames:
        if _on_border(frame.box, box):
            yield f"the border of {page.call(frame.id)}"


def _on_border(frame: Box, box: Box) -> bool:
    return frame.overlaps(box) and not frame.holds(box, slack=0)
