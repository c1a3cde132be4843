"""The diagram as the rules see it, and how findings name its elements to people."""

from lxml import etree

from engine.bpmn.finding import Finding, Severity
from engine.bpmn.picture.scene import (
    ACTIVITIES,
    CALLS,
    DATA,
    EVENTS,
    FLOW_NODES,
    GATEWAYS,
    SUBPROCESSES,
    Scene,
    name_of,
    tag,
)

FLOWS = {"sequenceFlow", "messageFlow"}
KINDS = {
    **dict.fromkeys(ACTIVITIES, "the task"),
    **dict.fromkeys(CALLS, "the call"),
    **dict.fromkeys(SUBPROCESSES, "the sub-process"),
    **dict.fromkeys(EVENTS, "the event"),
    **dict.fromkeys(GATEWAYS, "the gateway"),
    "lane": "the lane",
    "participant": "the pool",
    "textAnnotation": "the note",
}


class Page:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.nodes = [s for s in scene.shapes.values() if s.kind in FLOW_NODES | DATA | {"textAnnotation"}]
        self.frames = [s for s in scene.shapes.values() if s.kind in {"lane", "participant"}]
        self.edges = list(scene.edges.values())
        self.flows = [edge for edge in self.edges if edge.kind in FLOWS]
        self.around = {known: _ancestors(element) for known, element in scene.elements.items()}

    def name(self, known: str | None) -> str:
        element = self.scene.elements.get(known or "")
        name = "" if element is None else name_of(element)
        return f"“{name}” ({known})" if name else f"({known})"

    def call(self, known: str | None) -> str:
        element = self.scene.elements.get(known or "")
        if element is None:
            return f"({known})"
        if tag(element) in FLOWS | {"association"}:
            ends = f"{self.name(element.get('sourceRef'))} to {self.name(element.get('targetRef'))}"
            return f"the flow from {ends} ({known})"
        return f"{KINDS.get(tag(element), 'the element')} {self.name(known)}"

    def error(self, code: str, about: str, message: str) -> Finding:
        return self._finding(code, Severity.ERROR, about, message)

    def warning(self, code: str, about: str, message: str) -> Finding:
        return self._finding(code, Severity.WARNING, about, message)

    def _finding(self, code: str, severity: Severity, about: str, message: str) -> Finding:
        element = self.scene.elements.get(about)
        line = element.sourceline if element is not None else None
        sentence = message[:1].upper() + message[1:]
        return Finding(about, severity, sentence, line if isinstance(line, int) else None, code)


def _ancestors(element: etree._Element) -> set[str]:
    """The sub-processes it stands in."""
    return {parent.get("id", "") for parent in element.iterancestors() if tag(parent) in SUBPROCESSES}
