"""Ways through a (sub-)process: what nothing reaches, what never ends, and circles in which nobody waits."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from engine.bpmn.validate.diagram import SUBPROCESSES, Diagram, Node, Part, shorten
from engine.bpmn.validate.known import Survey
from engine.bpmn.validate.report import Subject, listing

WAITING_TAGS = frozenset({"userTask", "manualTask", "task", "receiveTask", "eventBasedGateway"})
WAITING_TRIGGERS = frozenset({"message", "timer", "signal", "conditional"})

Edges = Mapping[str, list[str]]


def check(subject: Subject) -> None:
    for scope in subject.diagram.scopes:
        _check_scope(subject, scope)


def _check_scope(subject: Subject, scope: Part) -> None:
    diagram, report = subject.diagram, subject.report
    nodes = {node.id: node for node in diagram.within(scope) if node.id}
    forward = edges_of(diagram, nodes)
    roots = [node.id for node in nodes.values() if node.tag == "startEvent" or node.is_event_subprocess]
    reached = reach(roots, forward)
    if any(nodes[root].tag == "startEvent" for root in roots):
        for node in nodes.values():
            if node.id not in reached:
                report.error("unreachable", node, _unreachable_words(diagram, node))
    _check_ends(subject, nodes, forward, reached)
    _check_circles(subject, nodes, forward)


def _unreachable_words(diagram: Diagram, node: Node) -> str:
    if node.host is not None:
        return "nothing ever reaches it, because nothing reaches what it is attached to."
    if diagram.incoming[node.id]:
        return "it can never be reached from the start. Draw a flow to it, or remove it."
    return "no flow leads to it, so it is never reached. Draw a flow to it, or remove it."


def _check_ends(subject: Subject, nodes: Mapping[str, Node], forward: Edges, reached: set[str]) -> None:
    diagram, report = subject.diagram, subject.report
    ends = []
    for node in nodes.values():
        if node.tag == "endEvent" or node.is_event_subprocess:
            ends.append(node.id)
        elif not diagram.outgoing[node.id]:
            ends.append(node.id)
            message = "nothing follows. Draw a flow from it to the next step, or to an end event."
            report.error("no-way-on", node, message)
        elif any(flow.target not in nodes for flow in diagram.outgoing[node.id]):
            ends.append(node.id)  # that flow is reported by itself
    backward: dict[str, list[str]] = {known: [] for known in nodes}
    for source, targets in forward.items():
        for target in targets:
            backward[target].append(source)
    ending = reach(ends, backward)
    trapped = [nodes[known] for known in nodes if known in reached and known not in ending]
    if trapped:
        others = f" (with {listing(node.words for node in trapped[1:])})" if len(trapped) > 1 else ""
        message = f"from here there is no way to an end event{others}. Draw a way out."
        report.error("never-ends", trapped[0], message)


def _check_circles(subject: Subject, nodes: Mapping[str, Node], forward: Edges) -> None:
    for circle in _circles(forward, lambda known: not waits(subject.diagram, nodes[known], subject.known.surveys)):
        steps = " → ".join(shorten(nodes[known].name or known, 40) for known in [*circle[:6], circle[0]])
        message = (
            f"this circle runs for ever by itself, because nobody is waited for in it: {steps}. "
            "Put a task, a timer or a message into it."
        )
        subject.report.error("endless-loop", nodes[circle[0]], message)
    looping = {known for circle in _circles(forward, lambda _: True) for known in circle}
    for known in looping:
        node = nodes[known]
        if node.tag == "inclusiveGateway" and len(subject.diagram.incoming[known]) > 1:
            message = (
                "an inclusive gateway that joins branches inside a loop repeats old branches. "
                "Join them with another kind of gateway, or outside the loop."
            )
            subject.report.error("inclusive-in-loop", node, message)


def edges_of(diagram: Diagram, nodes: Mapping[str, Node]) -> dict[str, list[str]]:
    """From each node to what may follow it, the events attached to it included."""
    return {
        known: [
            *(flow.target for flow in diagram.outgoing[known] if flow.target in nodes),
            *(event.id for event in diagram.attached[known] if event.id in nodes),
        ]
        for known in nodes
    }


def reach(roots: Iterable[str], edges: Edges, *, past: Callable[[str], bool] | None = None) -> set[str]:
    """Everything that can be reached; what `past` denies is reached and not gone beyond."""
    reached = set(roots)
    queue = list(reached)
    while queue:
        known = queue.pop()
        if past is None or past(known):
            fresh = [other for other in edges[known] if other not in reached]
            reached.update(fresh)
            queue.extend(fresh)
    return reached


def waits(diagram: Diagram, node: Node, surveys: Mapping[str, Survey] | None = None) -> bool:
    """Whether whoever comes by here has to wait for a person, a message or a moment."""
    if node.tag in WAITING_TAGS:
        return True
    if node.tag in ("intermediateCatchEvent", "boundaryEvent"):
        return node.trigger in WAITING_TRIGGERS
    if node.tag == "callActivity":
        called = (surveys or {}).get(node.xml.get("calledElement") or "")
        return called is None or called.waits
    return node.tag in SUBPROCESSES and not gets_through(diagram, node)


def gets_through(diagram: Diagram, scope: Part) -> bool:
    """Whether there is a way from a start of the (sub-)process to an end of it on which nobody is waited for."""
    nodes = {node.id: node for node in diagram.within(scope) if node.id}
    starts = [node.id for node in nodes.values() if node.tag == "startEvent"]
    inner = {known: waits(diagram, node) for known, node in nodes.items()}
    reached = reach(starts, edges_of(diagram, nodes), past=lambda known: not inner[known])
    return any(nodes[known].tag == "endEvent" for known in reached)


def _circles(edges: Edges, among: Callable[[str], bool]) -> Iterator[list[str]]:
    """The knots of nodes that lead back to themselves (Tarjan's, without recursion)."""
    members = {known for known in edges if among(known)}
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    standing: set[str] = set()
    for root in edges:
        if root not in members or root in number:
            continue
        work = [(root, iter(edges[root]))]
        number[root] = lowest[root] = len(number)
        stack.append(root)
        standing.add(root)
        while work:
            known, following = work[-1]
            for other in following:
                if other not in members:
                    continue
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    stack.append(other)
                    standing.add(other)
                    work.append((other, iter(edges[other])))
                    break
                if other in standing:
                    lowest[known] = min(lowest[known], number[other])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[known])
                if lowest[known] == number[known]:
                    knot = stack[stack.index(known) :]
                    del stack[len(stack) - len(knot) :]
                    standing.difference_update(knot)
                    if len(knot) > 1 or known in edges[known]:
                        yield knot
