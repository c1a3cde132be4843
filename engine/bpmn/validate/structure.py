"""Whether the document hangs together: one process, good ids, and nothing that refers to what is not there."""

import re
from collections.abc import Iterator

from lxml import etree

from engine.bpmn.elements import BPMN, FLOW_NODES, LSCP, in_bpmn, line_of, local
from engine.bpmn.validate.diagram import SUBPROCESSES, Diagram, Flow, Node, Part, kind_words, shorten, text_of
from engine.bpmn.validate.report import Subject, listing

MOST_NODES = 400
MOST_FLOWS = 800
MOST_NESTING = 6

NCNAME = re.compile(r"[^\W\d][\w.\-·]*")
TAKEN = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})
TAKEN_ENDINGS = (".EndJoin", ".BoundaryEventSplit", ".BoundaryEventJoin", " [child]")
NEEDS_ID = frozenset({"message", "signal", "error", "escalation"})
BOOLEANS = (
    "isExecutable", "cancelActivity", "isInterrupting", "triggeredByEvent", "isSequential", "testBefore",
    "isForCompensation", "parallelMultiple",
)  # fmt: skip

# attribute -> the kinds of thing it may name
REFERENCES = {
    "messageRef": ("message",),
    "signalRef": ("signal",),
    "errorRef": ("error",),
    "escalationRef": ("escalation",),
    "processRef": ("process",),
    "dataObjectRef": ("dataObject",),
    "dataStoreRef": ("dataStore",),
}
_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DD = "http://www.omg.org/spec/DD/20100524/DI"


def too_large(diagram: Diagram) -> str | None:
    """Why nothing more is looked at."""
    if len(diagram.nodes) > MOST_NODES or len(diagram.flows) > MOST_FLOWS:
        return (
            f"the diagram has {len(diagram.nodes)} steps and {len(diagram.flows)} flows; {MOST_NODES} and {MOST_FLOWS} "
            "are the most. Split it into processes that call each other."
        )
    if any(diagram.depth(node) > MOST_NESTING for node in diagram.nodes):
        return f"sub-processes stand in each other more than {MOST_NESTING} deep. Make processes of the inner ones."
    return None


def check(subject: Subject, name: str, *, strict: bool) -> None:
    _check_process(subject, name, strict=strict)
    _check_ids(subject)
    for xml in subject.diagram.root.iter(f"{{{BPMN}}}*"):
        _check_references(subject, xml)
        _check_booleans(subject, xml)
        _check_place(subject, xml)
    for flow in subject.diagram.flows:
        _check_flow(subject, flow)
    for node in subject.diagram.nodes:
        if node.scope is None:
            subject.report.error("misplaced", node, "it stands outside every process, so it never runs. Remove it.")
    _check_drawing(subject)


def _check_place(subject: Subject, xml: etree._Element) -> None:
    """The engine finds some elements however deep they lie; a reader of the diagram would not."""
    parent, tag = xml.getparent(), local(xml)
    hidden = parent is not None and local(parent) == "extensionElements"
    if parent is not None and tag.endswith("EventDefinition") and in_bpmn(parent):
        hidden = hidden or not local(parent).endswith(("Event", "Task", "definitions"))
    if hidden and tag not in FLOW_NODES:
        message = f"a {kind_words(tag)} lies where it does not belong. Take it out, and draw it where it does."
        subject.report.error("misplaced", subject.diagram.part(xml), message, line=line_of(xml))


# --- the process ---


def _check_process(subject: Subject, name: str, *, strict: bool) -> None:
    diagram, report = subject.diagram, subject.report
    if not diagram.processes:
        report.error("no-process", None, "The file holds no process. Draw one, and save it as BPMN 2.0.")
        return
    if len(diagram.processes) > 1:
        names = listing(process.words for process in diagram.processes)
        message = f"A file holds one process, this one has {len(diagram.processes)}: {names}. Make a file of each."
        report.error("several-processes", None, message, line=diagram.processes[1].line)
    first = diagram.processes[0]
    if name and all(process.id != name for process in diagram.processes):
        message = f"the id of the process must be the name of its folder and file, “{shorten(name)}”."
        say = report.error if strict else report.warning
        say("process-id", first, message)
    for process in diagram.processes:
        if process.xml.get("isExecutable", "true") == "false":
            message = "it is marked as a drawing that is not to be run. Set isExecutable to true."
            report.error("not-executable", process, message)
        if not any(node.tag == "startEvent" for node in diagram.within(process)):
            report.error("no-start", process, "it has no start event, so it can not begin. Add one.")


# --- ids ---


def _check_ids(subject: Subject) -> None:
    report = subject.report
    seen: dict[str, etree._Element] = {}
    for xml in subject.diagram.root.iter("*"):
        known = xml.get("id")
        if known is None:
            if in_bpmn(xml) and local(xml) in NEEDS_ID:
                report.error("id-missing", Part(xml), "it has no id, so nothing can refer to it.")
            continue
        if known in seen:
            message = f"its id is used twice, first on line {line_of(seen[known])}. Give each its own."
            report.error("id-twice", Part(xml), message)
        seen.setdefault(known, xml)
        if etree.QName(xml).namespace != LSCP and not NCNAME.fullmatch(known):
            message = "its id must begin with a letter and hold only letters, digits and - _ ."
            report.error("id-not-a-name", Part(xml), message)
    for part in (*subject.diagram.nodes, *subject.diagram.flows, *subject.diagram.processes):
        if not part.id:
            report.error("id-missing", part, "it has no id, so the engine passes over it. Give it one.")
        elif not isinstance(part, Flow) and (part.id in TAKEN or part.id.endswith(TAKEN_ENDINGS)):
            report.error("id-taken", part, "the engine uses this id for itself. Choose another one.")
    _check_subprocess_ids(subject)


def _check_subprocess_ids(subject: Subject) -> None:
    """All processes that run within one case share one table of sub-processes."""
    for own in subject.owns:
        taken: dict[str, str] = {}
        for key in subject.known.called_from(own.key):
            survey = subject.known.surveys.get(key)
            for known in (key, *(survey.subprocesses if survey else ())):
                taken.setdefault(known, key)
        for node in subject.diagram.nodes:
            if node.tag in SUBPROCESSES and node.id in taken and subject.key_of(node) == own.key:
                message = f"the process “{taken[node.id]}”, which is called from here, uses this id too. Change one."
                subject.report.error("id-taken", node, message)


# --- references ---


def _check_references(subject: Subject, xml: etree._Element) -> None:
    for attribute, kinds in REFERENCES.items():
        wanted = xml.get(attribute)
        if wanted is not None:
            _check_reference(subject, xml, attribute, wanted, kinds)
    tag = local(xml)
    if tag in ("association", "messageFlow"):
        for attribute in ("sourceRef", "targetRef"):
            _check_reference(subject, xml, attribute, xml.get(attribute) or "", ())
    if tag in ("flowNodeRef", "incoming", "outgoing"):
        _check_listed(subject, xml, tag)
    default = xml.get("default")
    node = subject.diagram.by_id.get(xml.get("id") or "")
    if default is not None and node is not None and node.xml is xml:
        _check_default(subject, node, default)
    if tag == "boundaryEvent":
        _check_attached(subject, xml)


def _check_default(subject: Subject, node: Node, default: str) -> None:
    if all(flow.id != default for flow in subject.diagram.outgoing[node.id]):
        message = f"its default flow “{shorten(default)}” is not a flow that leaves it."
        subject.report.error("dangling", node, message)


def _check_reference(
    subject: Subject, xml: etree._Element, attribute: str, wanted: str, kinds: tuple[str, ...]
) -> None:
    targets = subject.diagram.kinds
    if targets.get(wanted) in kinds or (not kinds and wanted in targets):
        return
    near = subject.report.meant(wanted, (known for known, tag in targets.items() if not kinds or tag in kinds))
    what = " or ".join(kind_words(kind) for kind in kinds) or "element"
    message = f"its {attribute} names “{shorten(wanted)}”, and there is no such {what}.{near}"
    subject.report.error("dangling", _owner(subject, xml), message, line=line_of(xml))


def _check_listed(subject: Subject, xml: etree._Element, tag: str) -> None:
    wanted = text_of(xml).strip()
    found = subject.diagram.kinds.get(wanted)
    if tag == "flowNodeRef" and wanted not in subject.diagram.by_id:
        message = f"the lane lists “{shorten(wanted)}”, and there is no such step."
        subject.report.error("dangling", _owner(subject, xml), message, line=line_of(xml))
    elif tag != "flowNodeRef" and found != "sequenceFlow":
        message = f"it lists the {tag} flow “{shorten(wanted)}”, and there is no such flow."
        subject.report.warning("dangling", _owner(subject, xml), message, line=line_of(xml))


def _check_attached(subject: Subject, xml: etree._Element) -> None:
    report, event = subject.report, subject.diagram.part(xml)
    wanted = xml.get("attachedToRef")
    host = subject.diagram.by_id.get(wanted or "")
    if not wanted:
        report.error("boundary", event, "it is attached to nothing. Put it on the border of a task or sub-process.")
    elif host is None:
        report.error("dangling", event, f"it is attached to “{shorten(wanted)}”, and there is no such step.")
    elif not host.is_activity or host.is_event_subprocess:
        message = f"it is attached to {host.words}, which is no task, call or sub-process."
        report.error("boundary", event, message)
    elif isinstance(event, Node) and host.scope is not event.scope:
        message = f"it stands in another (sub-)process than {host.words}, to which it is attached."
        report.error("boundary", event, message)


def _owner(subject: Subject, xml: etree._Element) -> Part:
    return subject.diagram.part(xml)


def _check_booleans(subject: Subject, xml: etree._Element) -> None:
    for attribute in BOOLEANS:
        value = xml.get(attribute)
        if value is not None and value not in ("true", "false"):
            message = f"{attribute} must be true or false, not “{shorten(value)}”."
            subject.report.error("true-or-false", _owner(subject, xml), message, line=line_of(xml))


# --- flows ---


def _check_flow(subject: Subject, flow: Flow) -> None:
    report = subject.report
    for which, known, node in zip(("begins", "ends"), (flow.source, flow.target), flow.ends, strict=True):
        if node is None:
            where = f"at “{shorten(known)}”, and there is no such step" if known else "nowhere"
            near = subject.report.meant(known, subject.diagram.by_id)
            report.error("dangling", flow, f"it {which} {where}. Connect it, or remove it.{near}")
    source, target = flow.ends
    if source is None or target is None:
        return
    if source.scope is not target.scope or source.scope is not flow.scope:
        message = "it crosses the border of a sub-process. Flows stay inside; lead it to the sub-process itself."
        report.error("crosses-border", flow, message)
    for wrong in _wrong_ends(source, target):
        report.error("flow-end", flow, wrong)


def _wrong_ends(source: Node, target: Node) -> Iterator[str]:
    if source.tag == "endEvent":
        yield "nothing may follow an end event. Remove the flow, or put another kind of event in its place."
    if target.tag == "startEvent":
        yield "nothing may lead to a start event. Lead the flow to what follows it."
    if target.tag == "boundaryEvent":
        yield "nothing may lead to an event on a border: it begins by itself. Lead the flow to what follows it."
    if source.is_event_subprocess or target.is_event_subprocess:
        yield "a sub-process that an event begins stands alone. Remove the flow."


# --- the drawing ---


def _check_drawing(subject: Subject) -> None:
    targets = subject.diagram.kinds
    for xml in subject.diagram.root.iter(f"{{{_DI}}}BPMNShape", f"{{{_DI}}}BPMNEdge", f"{{{_DI}}}BPMNPlane"):
        wanted = xml.get("bpmnElement")
        if wanted is not None and wanted not in targets:
            message = f"The drawing shows “{shorten(wanted)}”, which is not in the process."
            subject.report.error("dangling", None, message, line=line_of(xml))
    for xml in subject.diagram.root.iter(f"{{{_DC}}}Bounds", f"{{{_DD}}}waypoint"):
        for attribute in ("x", "y", "width", "height"):
            value = xml.get(attribute)
            if value is not None and not _is_number(value):
                message = f"The drawing has {attribute}=“{shorten(value)}”, which is no number."
                subject.report.error("drawing", None, message, line=line_of(xml))


def _is_number(text: str) -> bool:
    try:
        return float(text) - float(text) == 0
    except ValueError:
        return False
