"""A diagram's interchange as boxes and lines. It is not trusted: numbers are bounded, names shortened."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"

FURTHEST = 200_000.0
LONGEST_NAME = 300

TASKS = {
    *("task", "userTask", "manualTask", "serviceTask", "scriptTask"),
    *("businessRuleTask", "sendTask", "receiveTask"),
}
CALLS = {"callActivity"}
SUBPROCESSES = {"subProcess", "transaction", "adHocSubProcess"}
ACTIVITIES = TASKS | CALLS | SUBPROCESSES
EVENTS = {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
GATEWAYS = {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"}
FLOW_NODES = ACTIVITIES | EVENTS | GATEWAYS
DATA = {"dataObjectReference", "dataStoreReference", "dataInput", "dataOutput"}
FLOWS = {"sequenceFlow", "messageFlow", "association", "dataInputAssociation", "dataOutputAssociation"}

Point = tuple[float, float]


def tag(element: etree._Element) -> str:
    name = element.tag
    return etree.QName(name).localname if isinstance(name, str) else ""


def is_bpmn(element: etree._Element) -> bool:
    return isinstance(element.tag, str) and etree.QName(element.tag).namespace == BPMN


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def grown(self, by: float) -> "Box":
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def overlaps(self, other: "Box") -> bool:
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def holds(self, other: "Box", *, slack: float = 0.5) -> bool:
        return (
            self.x - slack <= other.x
            and self.y - slack <= other.y
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )


@dataclass(frozen=True)
class Shape:
    id: str
    kind: str
    name: str
    element: etree._Element
    box: Box
    label: Box | None
    expanded: bool
    horizontal: bool
    parent: str | None
    crowded: frozenset[str] = frozenset()  # "top", "bottom": where boundary events cover part of it

    @property
    def is_container(self) -> bool:
        return self.kind in SUBPROCESSES and self.expanded

    @property
    def is_event_subprocess(self) -> bool:
        return self.kind in SUBPROCESSES and self.element.get("triggeredByEvent") == "true"

    @property
    def host(self) -> str | None:
        return self.element.get("attachedToRef")


@dataclass(frozen=True)
class Edge:
    id: str
    kind: str
    name: str
    element: etree._Element
    points: tuple[Point, ...]
    label: Box | None
    source: str | None
    target: str | None

    @property
    def segments(self) -> Iterator[tuple[Point, Point]]:
        return zip(self.points, self.points[1:], strict=False)


@dataclass(frozen=True)
class Scene:
    """Shapes and edges in the order of the file, by the id of the element they draw."""

    root: etree._Element
    shapes: dict[str, Shape]
    edges: dict[str, Edge]
    elements: dict[str, etree._Element]

    @cached_property
    def participants(self) -> dict[str, Shape]:
        """Pools by the id of the process they show."""
        pools = [shape for shape in self.shapes.values() if shape.kind == "participant"]
        return {pool.element.get("processRef", pool.id): pool for pool in pools}

    @property
    def extent(self) -> Box:
        boxes = [shape.box for shape in self.shapes.values()]
        boxes += [shape.label for shape in self.shapes.values() if shape.label]
        boxes += [edge.label for edge in self.edges.values() if edge.label]
        boxes += [Box(x, y, 0, 0) for edge in self.edges.values() for x, y in edge.points]
        if not boxes:
            return Box(0, 0, 0, 0)
        left, top = min(box.x for box in boxes), min(box.y for box in boxes)
        return Box(left, top, max(box.right for box in boxes) - left, max(box.bottom for box in boxes) - top)


def read_scene(root: etree._Element) -> Scene:
    elements = _elements(root)
    shapes: dict[str, Shape] = {}
    edges: dict[str, Edge] = {}
    plane = root.find(f"{{{BPMNDI}}}BPMNDiagram/{{{BPMNDI}}}BPMNPlane")
    for drawn in () if plane is None else plane:
        element = elements.get((drawn.get("bpmnElement") or "").rpartition(":")[2])
        if element is None or not is_bpmn(element):
            continue
        if tag(drawn) == "BPMNShape" and (shape := _shape(drawn, element)):
            shapes.setdefault(shape.id, shape)
        elif tag(drawn) == "BPMNEdge" and tag(element) in FLOWS and (edge := _edge(drawn, element)):
            edges.setdefault(edge.id, edge)
    _note_crowding(shapes)
    return Scene(root, shapes, edges, elements)


def _note_crowding(shapes: dict[str, Shape]) -> None:
    for event in [shape for shape in shapes.values() if shape.host in shapes]:
        host = shapes[event.host or ""]
        side = "top" if event.box.middle[1] < host.box.middle[1] else "bottom"
        if host.box.grown(-1).overlaps(event.box):
            shapes[host.id] = replace(host, crowded=host.crowded | {side})


def _elements(root: etree._Element) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for element in root.iter():
        if is_bpmn(element) and (known := element.get("id")):
            found.setdefault(known, element)
    return found


def _shape(drawn: etree._Element, element: etree._Element) -> Shape | None:
    box = _box(drawn.find(f"{{{DC}}}Bounds"))
    if box is None:
        return None
    parent = element.getparent()
    return Shape(
        id=element.get("id", ""),
        kind=tag(element),
        name=name_of(element),
        element=element,
        box=box,
        label=_box(drawn.find(f"{{{BPMNDI}}}BPMNLabel/{{{DC}}}Bounds")),
        expanded=drawn.get("isExpanded", "true" if _has_children(element) else "false") == "true",
        horizontal=drawn.get("isHorizontal", "true") != "false",
        parent=None if parent is None else parent.get("id"),
    )


def _has_children(element: etree._Element) -> bool:
    return any(tag(child) in FLOW_NODES for child in element)


def _edge(drawn: etree._Element, element: etree._Element) -> Edge | None:
    points = [_point(each) for each in drawn.findall(f"{{{DI}}}waypoint")]
    known = tuple(point for point in points if point is not None)
    if len(known) < 2:
        return None
    return Edge(
        id=element.get("id", ""),
        kind=tag(element),
        name=name_of(element),
        element=element,
        points=known,
        label=_box(drawn.find(f"{{{BPMNDI}}}BPMNLabel/{{{DC}}}Bounds")),
        source=_end(element, "source"),
        target=_end(element, "target"),
    )


def _end(element: etree._Element, which: str) -> str | None:
    """Data associations name their ends in child elements, and stand inside the activity they serve."""
    if known := element.get(f"{which}Ref"):
        return known
    inner = element.findtext(f"{{{BPMN}}}{which}Ref")
    parent = element.getparent()
    outer = "source" if tag(element) == "dataOutputAssociation" else "target"
    if which == outer and parent is not None and tag(parent) in FLOW_NODES:
        return parent.get("id")
    return inner


def name_of(element: etree._Element) -> str:
    text = element.get("name") or ""
    if tag(element) == "textAnnotation":
        text = element.findtext(f"{{{BPMN}}}text") or ""
    return " ".join(text[:LONGEST_NAME].split())


def _box(bounds: etree._Element | None) -> Box | None:
    if bounds is None:
        return None
    numbers = [_number(bounds.get(each)) for each in ("x", "y", "width", "height")]
    x, y, width, height = numbers
    if x is None or y is None or width is None or height is None or width < 0 or height < 0:
        return None
    return Box(x, y, width, height)


def _point(waypoint: etree._Element) -> Point | None:
    x, y = _number(waypoint.get("x")), _number(waypoint.get("y"))
    return None if x is None or y is None else (x, y)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) and abs(number) <= FURTHEST else None
