"""A document as the rules see it: nodes, flows and the (sub-)processes they stand in. Reads any tree, however wrong."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TypeVar

from lxml import etree

from engine.bpmn.elements import BPMN, FLOW_NODES, LSCP, PERSON_TASKS, in_bpmn, line_of, local

CONTAINERS = frozenset({"process", "subProcess", "transaction", "adHocSubProcess"})
SUBPROCESSES = CONTAINERS - {"process"}
_LONGEST = 80
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def shorten(text: str, longest: int = _LONGEST) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def kind_words(tag: str) -> str:
    """`intermediateCatchEvent` as people say it."""
    return " ".join(_CAPITAL.split(tag)).lower()


def text_of(xml: etree._Element | None) -> str:
    return "" if xml is None else xml.text or ""


class Part:
    """Anything in the document that a finding may be about."""

    def __init__(self, xml: etree._Element) -> None:
        self.xml = xml
        self.tag = local(xml)
        self.id = xml.get("id") or ""
        self.name = " ".join((xml.get("name") or "").split())
        self.line = line_of(xml)

    @property
    def words(self) -> str:
        known = shorten(self.id) if self.id else f"{kind_words(self.tag)} without an id"
        return f"“{shorten(self.name)}” ({known})" if self.name else known

    def own(self, attribute: str) -> str | None:
        """An attribute of our namespace."""
        return self.xml.get(f"{{{LSCP}}}{attribute}")

    def child(self, tag: str) -> etree._Element | None:
        return self.xml.find(f"{{{BPMN}}}{tag}")

    def children(self, tag: str) -> list[etree._Element]:
        return self.xml.findall(f"{{{BPMN}}}{tag}")

    def extensions(self, tag: str) -> Iterator[etree._Element]:
        """Our elements of this kind within its extension elements."""
        for extensions in self.children("extensionElements"):
            yield from extensions.iter(f"{{{LSCP}}}{tag}")

    def pairs(self, kind: str) -> Iterator[tuple[etree._Element, str, str]]:
        """Each `input` or `output`: where it stands, its name and its value."""
        for xml in self.extensions(kind):
            yield xml, xml.get("name", ""), xml.get("value", "")


class Node(Part):
    """A flow node: task, sub-process, event or gateway. `scope`: the (sub-)process around it."""

    def __init__(self, xml: etree._Element, scope: "Part | None") -> None:
        super().__init__(xml)
        self.scope = scope

    @property
    def is_person_task(self) -> bool:
        return self.tag in PERSON_TASKS

    @property
    def is_gateway(self) -> bool:
        return self.tag.endswith("Gateway")

    @property
    def is_event(self) -> bool:
        return self.tag.endswith("Event")

    @property
    def is_activity(self) -> bool:
        return not self.is_gateway and not self.is_event

    @property
    def is_event_subprocess(self) -> bool:
        return self.tag in SUBPROCESSES and self.xml.get("triggeredByEvent") == "true"

    @property
    def host(self) -> str | None:
        return self.xml.get("attachedToRef") if self.tag == "boundaryEvent" else None

    @cached_property
    def triggers(self) -> list[etree._Element]:
        """What an event waits for or throws."""
        return [child for child in self.xml if in_bpmn(child) and local(child).endswith("EventDefinition")]

    @property
    def trigger(self) -> str:
        """The kind of its one trigger: `message`, `timer`, …; empty for none."""
        return local(self.triggers[0]).removesuffix("EventDefinition") if self.triggers else ""

    @property
    def message_ref(self) -> str | None:
        for trigger in self.triggers:
            if local(trigger) == "messageEventDefinition":
                return trigger.get("messageRef") or self.xml.get("messageRef")
        return self.xml.get("messageRef")

    @property
    def is_catch(self) -> bool:
        return self.tag in ("intermediateCatchEvent", "receiveTask", "boundaryEvent", "startEvent")

    @property
    def offered(self) -> bool:
        """A message event that people trigger from the case page."""
        return self.trigger == "message" and self.is_catch and self.own("role") is not None

    @property
    def form(self) -> str | None:
        """The form its page shows, by the rules of the engine."""
        given = self.own("form")
        if self.tag in ("userTask", "task") or self.offered or self._started_by_hand:
            return given or self.id
        return given

    @property
    def _started_by_hand(self) -> bool:
        return self.tag == "startEvent" and self.own("role") is not None


class Flow(Part):
    """A sequence flow, wherever it stands."""

    def __init__(self, xml: etree._Element, scope: "Part | None") -> None:
        super().__init__(xml)
        self.scope = scope
        self.source = xml.get("sourceRef") or ""
        self.target = xml.get("targetRef") or ""
        self.ends: tuple[Node | None, Node | None] = (None, None)

    @property
    def condition(self) -> etree._Element | None:
        return self.child("conditionExpression")

    @property
    def words(self) -> str:
        source, target = (
            node.words if node else shorten(known) or "nowhere"
            for node, known in zip(self.ends, (self.source, self.target), strict=True)
        )
        label = f" “{shorten(self.name)}”" if self.name else ""
        known = shorten(self.id) if self.id else "it has no id"
        return f"the flow{label} from {source} to {target} ({known})"


P = TypeVar("P", bound=Part)


class Diagram:
    """The whole document. Of things with the same id the first is the one meant."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.processes: list[Part] = []
        self.nodes: list[Node] = []
        self.flows: list[Flow] = []
        self._parts: dict[etree._Element, Part] = {}
        self._read()
        self.by_id: dict[str, Node] = {}
        for node in self.nodes:
            self.by_id.setdefault(node.id, node)
        self.outgoing: dict[str, list[Flow]] = defaultdict(list)
        self.incoming: dict[str, list[Flow]] = defaultdict(list)
        for flow in self.flows:
            flow.ends = self.by_id.get(flow.source), self.by_id.get(flow.target)
            self.outgoing[flow.source].append(flow)
            self.incoming[flow.target].append(flow)
        self.attached: dict[str, list[Node]] = defaultdict(list)
        for node in self.nodes:
            if node.host is not None:
                self.attached[node.host].append(node)

    def _read(self) -> None:
        for xml in self.root.iter(f"{{{BPMN}}}*"):
            tag = local(xml)
            if tag == "process":
                self.processes.append(self._keep(Part(xml)))
            elif tag in FLOW_NODES:
                self.nodes.append(self._keep(Node(xml, self._around(xml))))
            elif tag == "sequenceFlow":
                self.flows.append(self._keep(Flow(xml, self._around(xml))))

    def _keep(self, part: P) -> P:
        self._parts[part.xml] = part
        return part

    def _around(self, xml: etree._Element) -> Part | None:
        """The (sub-)process it stands in; none for what stands where nothing can flow."""
        parent = xml.getparent()
        return self._parts.get(parent) if parent is not None and local(parent) in CONTAINERS else None

    def part(self, xml: etree._Element) -> Part:
        """What a finding about this element is about: the nearest thing around it that has an id."""
        current: etree._Element | None = xml
        while current is not None:
            known = self._parts.get(current)
            if known is not None:
                return known
            if in_bpmn(current) and current.get("id") and not local(current).endswith("EventDefinition"):
                return Part(current)
            current = current.getparent()
        return Part(xml)

    @cached_property
    def scopes(self) -> list[Part]:
        """Every process and sub-process."""
        return [*self.processes, *(node for node in self.nodes if node.tag in SUBPROCESSES)]

    @cached_property
    def _members(self) -> dict[int, list[Node]]:
        found: dict[int, list[Node]] = defaultdict(list)
        for node in self.nodes:
            found[id(node.scope)].append(node)
        return found

    def within(self, scope: Part) -> list[Node]:
        """The nodes that stand directly in a (sub-)process."""
        return self._members.get(id(scope), [])

    def depth(self, node: Node) -> int:
        """How many sub-processes stand around it."""
        deep, scope = 0, node.scope
        while isinstance(scope, Node):
            deep, scope = deep + 1, scope.scope
        return deep

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Every BPMN id, with the kind of thing it belongs to."""
        found: dict[str, str] = {}
        for xml in self.root.iter(f"{{{BPMN}}}*"):
            known = xml.get("id")
            if known:
                found.setdefault(known, local(xml))
        return found

    @cached_property
    def data_homes(self) -> dict[str, etree._Element | None]:
        """By each reference to a data object, the (sub-)process that holds the object."""
        objects = {xml.get("id"): xml.getparent() for xml in self.root.iter(f"{{{BPMN}}}dataObject")}
        references = self.root.iter(f"{{{BPMN}}}dataObjectReference")
        return {xml.get("id") or "": objects.get(xml.get("dataObjectRef")) for xml in references}

    @cached_property
    def messages(self) -> dict[str, str]:
        return self._named("message")

    @cached_property
    def signals(self) -> dict[str, str]:
        return self._named("signal")

    def _named(self, tag: str) -> dict[str, str]:
        """Names by id, of what stands at the document's top."""
        return {xml.get("id") or "": xml.get("name") or "" for xml in self.root.iter(f"{{{BPMN}}}{tag}")}

    def message_of(self, node: Node) -> str | None:
        """The name of the message an element sends or waits for."""
        return self.messages.get(node.message_ref or "") or None

    def signal_of(self, node: Node) -> str | None:
        for trigger in node.triggers:
            if local(trigger) == "signalEventDefinition":
                return self.signals.get(trigger.get("signalRef") or "") or None
        return None
