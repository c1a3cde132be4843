"""What each element of a diagram says, read from its XML once: name, place, and our extensions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

Node = etree._Element  # what the rest of the engine calls a parsed document or a part of one

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
LSCP = "urn:lscp-workflow:bpmn:1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

PERSON_TASKS = frozenset({"userTask", "manualTask", "task"})
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
ACTIVITIES = PERSON_TASKS | frozenset(
    {
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
        "callActivity",
        "subProcess",
        "transaction",
        "adHocSubProcess",
    }
)
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS


@dataclass(frozen=True)
class Loop:
    sequential: bool
    each: str | None = None
    over: str | None = None  # the collection
    collect: str | None = None
    collected: str | None = None  # the item that is collected
    until: str | None = None  # completion condition


@dataclass(frozen=True)
class Element:
    id: str
    tag: str
    name: str
    process: str
    line: int | None
    parent: str
    lane: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)  # those of our namespace
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    message: str | None = None
    timer: tuple[str, str] | None = None  # timeDate, timeDuration or timeCycle, and its text
    loop: Loop | None = None
    interrupting: bool = True
    attached_to: str | None = None
    called: str | None = None
    script: str | None = None
    documentation: str | None = None
    event_subprocess: bool = False

    @property
    def is_task(self) -> bool:
        return self.tag in PERSON_TASKS

    @property
    def words(self) -> str:
        return f"“{self.name}” ({self.id})" if self.name else self.id

    def listed(self, attribute: str) -> tuple[str, ...]:
        return tuple(self.attributes.get(attribute, "").split())


@dataclass(frozen=True)
class DeadlineRow:
    """A deadline that the process owns; `responsible`: the roles reminded of it whatever task is open."""

    id: str
    name: str
    rule: str
    basis: str | None
    source: str | None
    ladder: str | None
    statutory: bool
    responsible: tuple[str, ...]
    line: int | None


@dataclass(frozen=True)
class ProcessHead:
    """What the process element itself says."""

    id: str
    name: str
    owner: str | None
    title: str | None
    reference: str | None
    case_data: bool
    executable: bool
    line: int | None
    deadlines: tuple[DeadlineRow, ...]


def line_of(node: etree._Element) -> int | None:
    line: int | None = node.sourceline  # type: ignore[assignment]  # the stubs leave it open
    return line


def local(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def in_bpmn(node: etree._Element) -> bool:
    return isinstance(node.tag, str) and etree.QName(node).namespace == BPMN


def processes(root: etree._Element) -> list[etree._Element]:
    return list(root.iter(f"{{{BPMN}}}process"))


def read_head(process: etree._Element) -> ProcessHead:
    own = _own_attributes(process)
    return ProcessHead(
        id=process.get("id", ""),
        name=process.get("name", ""),
        owner=own.get("owner"),
        title=own.get("title"),
        reference=own.get("reference"),
        case_data=own.get("caseData") == "true",
        executable=process.get("isExecutable", "true") == "true",
        line=line_of(process),
        deadlines=tuple(_deadlines(process)),
    )


def read_elements(root: etree._Element) -> dict[str, Element]:
    """Every flow node of every process in the document, by id."""
    messages = {m.get("id"): m.get("name") for m in root.iter(f"{{{BPMN}}}message")}
    lanes = {
        (ref.text or "").strip(): parent.get("name") or ""
        for ref in root.iter(f"{{{BPMN}}}flowNodeRef")
        if (parent := ref.getparent()) is not None
    }
    found: dict[str, Element] = {}
    for process in processes(root):
        key = process.get("id", "")
        for node in process.iter():
            if in_bpmn(node) and local(node) in FLOW_NODES and node.get("id"):
                element = _element(node, key, messages, lanes)
                found[element.id] = element
    return found


def _element(
    node: etree._Element, process: str, messages: Mapping[str | None, str | None], lanes: Mapping[str, str]
) -> Element:
    parent = node.getparent()
    message_ref = node.get("messageRef")
    for definition in node.findall(f"{{{BPMN}}}messageEventDefinition"):
        message_ref = definition.get("messageRef") or message_ref
    documentation = node.find(f"{{{BPMN}}}documentation")
    script = node.find(f"{{{BPMN}}}script")
    interrupting = "cancelActivity" if local(node) == "boundaryEvent" else "isInterrupting"
    return Element(
        id=node.get("id", ""),
        tag=local(node),
        name=" ".join((node.get("name") or "").split()),
        process=process,
        parent="" if parent is None else parent.get("id", ""),
        line=line_of(node),
        lane=_lane_of(node, lanes),
        attributes=_own_attributes(node),
        inputs=tuple(_pairs(node, "input")),
        outputs=tuple(_pairs(node, "output")),
        message=messages.get(message_ref) if message_ref else None,
        timer=_timer(node),
        loop=_loop(node),
        interrupting=node.get(interrupting, "true") == "true",
        attached_to=node.get("attachedToRef"),
        called=node.get("calledElement"),
        script=None if script is None else (script.text or ""),
        documentation=None if documentation is None else (documentation.text or "").strip(),
        event_subprocess=node.get("triggeredByEvent") == "true",
    )


def _lane_of(node: etree._Element, lanes: Mapping[str, str]) -> str | None:
    current: etree._Element | None = node
    while current is not None:
        if (current.get("id") or "") in lanes:
            return lanes[current.get("id") or ""]
        current = current.getparent()
    return None


def _own_attributes(node: etree._Element) -> dict[str, str]:
    prefix = f"{{{LSCP}}}"
    return {str(k)[len(prefix) :]: str(v) for k, v in node.attrib.items() if str(k).startswith(prefix)}


def _pairs(node: etree._Element, kind: str) -> Iterator[tuple[str, str]]:
    extensions = node.find(f"{{{BPMN}}}extensionElements")
    if extensions is not None:
        for pair in extensions.iter(f"{{{LSCP}}}{kind}"):
            yield pair.get("name", ""), pair.get("value", "")


def _timer(node: etree._Element) -> tuple[str, str] | None:
    definition = node.find(f"{{{BPMN}}}timerEventDefinition")
    if definition is None:
        return None
    for kind in ("timeDate", "timeDuration", "timeCycle"):
        value = definition.find(f"{{{BPMN}}}{kind}")
        if value is not None:
            return kind, (value.text or "").strip()
    return None


def _loop(node: etree._Element) -> Loop | None:
    loop = node.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    until = loop.find(f"{{{BPMN}}}completionCondition")
    own = _own_attributes(loop)
    return Loop(
        sequential=loop.get("isSequential") == "true",
        each=own.get("each"),
        over=own.get("in"),
        collect=own.get("collect"),
        collected=own.get("as"),
        until=None if until is None else (until.text or "").strip(),
    )


def _deadlines(process: etree._Element) -> Iterator[DeadlineRow]:
    extensions = process.find(f"{{{BPMN}}}extensionElements")
    if extensions is None:
        return
    for row in extensions.iter(f"{{{LSCP}}}deadline"):
        yield DeadlineRow(
            id=row.get("id", ""),
            name=row.get("name", ""),
            rule=row.get("rule", ""),
            basis=row.get("basis"),
            source=row.get("source"),
            ladder=row.get("ladder"),
            statutory=row.get("limit") == "true",
            responsible=tuple((row.get("responsible") or "").split()),
            line=line_of(row),
        )
