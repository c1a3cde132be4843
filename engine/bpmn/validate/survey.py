"""What a process tells about itself to the processes around it."""

from collections.abc import Iterator, Mapping

from engine.bpmn.elements import LSCP
from engine.bpmn.validate.diagram import Diagram, Node, Part
from engine.bpmn.validate.known import Fields, Known, Naming, Survey, closed, opened
from engine.bpmn.validate.paths import gets_through
from engine.bpmn.validate.texts import loop_of, script_entries


def survey_of(diagram: Diagram, process: Part, known: Known) -> Survey:
    nodes = [node for node in diagram.nodes if _stands_in(node, process)]
    starts = [node for node in diagram.within(process) if node.tag == "startEvent"]
    settings = list(_settings(nodes, known))
    names = frozenset(_names(diagram, process, nodes, known))
    return Survey(
        key=process.id,
        line=process.line,
        begins_plainly=len(starts) == 1 and not starts[0].triggers,
        waits=not gets_through(diagram, process),
        names=names,
        confidential=frozenset[str]().union(*(closed(fields) for fields in known.forms.values())),
        calls=_calls(nodes, names),
        takes_from=frozenset(_takes_from(diagram, nodes)),
        sends=_sends(diagram, nodes),
        hears=frozenset(m for node in nodes if node.is_catch and (m := diagram.message_of(node))),
        signals=frozenset(s for node in nodes if not node.is_catch and (s := diagram.signal_of(node))),
        deadlines=frozenset(row.get("id", "") for row in process.extensions("deadline")),
        own_dues=frozenset(node.id for node in nodes if node.own("due") is not None),
        anchors=frozenset(text for kind, text in settings if kind is Naming.ANCHOR),
        registers=frozenset(word for kind, text in settings if kind is Naming.REGISTER for word in text.split()),
        papers={node.id: known.form(node.form) or {} for node in nodes if node.form},
        forms=frozenset(form for node in nodes if (form := node.form)),
        subprocesses=frozenset(node.id for node in nodes if node.tag in ("subProcess", "transaction")),
        unread=frozenset(kind for kind, text in settings if text.startswith("=")),
    )


def _stands_in(node: Node, process: Part) -> bool:
    scope: Part | None = node.scope
    while isinstance(scope, Node):
        scope = scope.scope
    return scope is process


def _names(diagram: Diagram, process: Part, nodes: list[Node], known: Known) -> Iterator[str]:
    for fields in _forms(nodes, known):
        yield from opened(fields)
    for data_object in process.xml.iter("{*}dataObject"):
        yield data_object.get("id", "")
    for node in nodes:
        match node.tag:
            case "scriptTask":
                yield from script_entries(node)
            case "businessRuleTask":
                yield node.own("result") or (node.own("decision") or "").replace("-", "_")
            case "startEvent" | "intermediateCatchEvent" | "boundaryEvent" | "receiveTask":
                yield from (name for _, name, _ in node.pairs("input"))  # declared: given by whoever calls or sends
        if node.tag in ("serviceTask", "callActivity"):
            yield from (name for _, name, _ in node.pairs("output"))
        loop = loop_of(node)
        if loop is not None:
            yield from (name for key in ("each", "collect") if (name := loop.get(f"{{{LSCP}}}{key}")))


def _forms(nodes: list[Node], known: Known) -> Iterator[Fields]:
    yield from known.forms.values()
    for node in nodes:
        shared = known.shared_forms.get(node.form or "")
        if shared is not None and node.form not in known.forms:
            yield shared


def _calls(nodes: list[Node], names: frozenset[str]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for node in nodes:
        callee = node.xml.get("calledElement") if node.tag == "callActivity" else None
        if callee:
            inputs = frozenset(name for _, name, _ in node.pairs("input"))
            found[callee] = found.get(callee, frozenset()) | (inputs if is_mapped(node) else names)
    return found


def is_mapped(node: Node) -> bool:
    """Whether a call says what goes in or comes back; without a word all data does, both ways."""
    return any(True for kind in ("input", "output") for _ in node.pairs(kind))


def _takes_from(diagram: Diagram, nodes: list[Node]) -> Iterator[str]:
    """An error or an escalation brings the thrower's data with it."""
    for node in nodes:
        callee = node.xml.get("calledElement") if node.tag == "callActivity" else None
        caught = {event.trigger for event in diagram.attached[node.id]}
        if callee and (not is_mapped(node) or caught & {"error", "escalation"}):
            yield callee


def _sends(diagram: Diagram, nodes: list[Node]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for node in nodes:
        message = None if node.is_catch else diagram.message_of(node)
        if message:
            carried = frozenset(name for _, name, _ in node.pairs("input"))
            found[message] = found.get(message, frozenset()) | carried
    return found


def _settings(nodes: list[Node], known: Known) -> Iterator[tuple[Naming, str]]:
    """What service tasks set or write by name: anchors, registers."""
    for node in nodes:
        shape = known.operations.get(node.own("operation") or "") if node.tag == "serviceTask" else None
        for _, name, value in node.pairs("input") if shape else ():
            kind = shape.inputs.get(name, Naming.NOTHING) if shape else Naming.NOTHING
            if kind in (Naming.ANCHOR, Naming.REGISTER):
                yield kind, value.strip()
