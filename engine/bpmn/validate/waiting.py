"""Joins that wait for ever, and branches that go on twice, found by letting tokens run.

Each (sub-)process by itself: tokens go along the flows as in `engine.bpmn.joins`, and at each choice every way is
tried, whatever its condition says. What then stands still before a parallel join waits for ever. It is certain, and an
error, where no run at all opens the join; else the conditions may prevent it, and it is a remark.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from engine.bpmn.validate.diagram import Diagram, Flow, Node, Part
from engine.bpmn.validate.paths import edges_of, reach
from engine.bpmn.validate.report import Subject

MOST_MARKINGS = 3_000  # in one document; what is not found within is not looked for
MOST_MOVES = 60_000
MOST_TOKENS = 40
MOST_OF_INCLUSIVE = 4  # ways, of which every selection is tried
ENDING = frozenset({"terminate", "error", "cancel"})  # end events that end everything beside them
NOT_FOLLOWED = frozenset({"link", "compensate"})


class _TooMuch(Exception):
    """There are more ways than are tried."""


@dataclass(frozen=True)
class _Marking:
    """Where tokens are, each on a flow; `fired` are the events beside a task that have begun a branch of their own."""

    tokens: tuple[Flow, ...]
    fired: frozenset[str] = frozenset()
    came_by: "tuple[Node, _Marking] | None" = None  # the last choice, and the marking before it

    @property
    def key(self) -> object:
        return frozenset(Counter(id(flow) for flow in self.tokens).items()), self.fired


@dataclass(frozen=True)
class _Move:
    taken: tuple[Flow, ...]
    given: tuple[Flow, ...]
    fired: str | None = None


def check(subject: Subject) -> None:
    allowance = _Allowance()
    for scope in subject.diagram.scopes:
        nodes = subject.diagram.within(scope)
        joins = [node for node in nodes if node.is_gateway and len(subject.diagram.incoming[node.id]) > 1]
        if joins and not any(node.trigger in NOT_FOLLOWED or not node.id for node in nodes):
            _Run(subject, scope, allowance).report()


class _Allowance:
    def __init__(self) -> None:
        self.markings, self.moves = MOST_MARKINGS, MOST_MOVES

    def spend(self, *, markings: int = 0, moves: int = 0) -> None:
        self.markings -= markings
        self.moves -= moves
        if self.markings < 0 or self.moves < 0:
            raise _TooMuch


class _Run:
    """All runs through one (sub-)process."""

    def __init__(self, subject: Subject, scope: Part, allowance: _Allowance) -> None:
        self.subject = subject
        self.diagram: Diagram = subject.diagram
        self.allowance = allowance
        self.nodes = {node.id: node for node in self.diagram.within(scope)}
        self.edges = edges_of(self.diagram, self.nodes)
        self.outgoing = {
            known: tuple(flow for flow in self.diagram.outgoing[known] if flow.target in self.nodes)
            for known in self.nodes
        }
        self.incoming = {
            known: tuple(flow for flow in self.diagram.incoming[known] if flow.source in self.nodes)
            for known in self.nodes
        }
        self.starts = [node.id for node in self.nodes.values() if node.tag == "startEvent"]
        self.ways_back = {
            known: self._ways_back(known)
            for known, node in self.nodes.items()
            if node.tag == "parallelGateway" and len(self.incoming[known]) > 1
        }
        self.opened: set[str] = set()
        self.stuck: dict[str, _Marking] = {}
        self.meeting: dict[str, set[str]] = {}

    def _ways_back(self, join: str) -> frozenset[str]:
        """What leads to the join and is reached only through it."""
        before = reach(self.starts, self.edges, past=lambda known: known != join)
        return frozenset(flow.source for flow in self.incoming[join]) - before

    def report(self) -> None:
        whole = True
        try:
            for start in self.starts:
                self._explore(_Marking(self.outgoing[start]))
        except _TooMuch:
            whole = False
        for known, marking in self.stuck.items():
            self._say_stuck(self.nodes[known], marking, certain=whole and known not in self.opened)
        for known, sources in self.meeting.items():
            self._say_meeting(self.nodes[known], sources)

    # --- running ---

    def _explore(self, first: _Marking) -> None:
        seen: set[object] = set()
        waiting = [first]
        while waiting:
            marking = self._settle(waiting.pop())
            if marking.key in seen:
                continue
            seen.add(marking.key)
            self.allowance.spend(markings=1)
            choice = next((found for flow in marking.tokens if len(found := self._moves(marking, flow)) > 1), None)
            if choice is not None:
                at = self.nodes[choice[0].taken[0].target]
                waiting += [self._moved(marking, move, at) for move in choice]
            elif not any(self._ends_all(flow) for flow in marking.tokens):
                for flow in marking.tokens:
                    if flow.target in self.ways_back:
                        self.stuck.setdefault(flow.target, marking)

    def _settle(self, marking: _Marking) -> _Marking:
        """Go on for as long as nothing has to be chosen; tokens that meet at an exclusive gateway go last."""
        while True:
            merging: list[_Move] = []
            calm, choosing = None, False
            for flow in marking.tokens:
                moves = self._moves(marking, flow)
                choosing = choosing or len(moves) > 1
                if len(moves) == 1 and self._merges(flow):
                    merging += moves
                elif len(moves) == 1:
                    calm = moves[0]
                    break
            if calm is None and not choosing and merging:
                self._note_meeting(merging)
                calm = merging[0]
            if calm is None:
                return marking
            marking = self._moved(marking, calm, None)

    def _note_meeting(self, merging: list[_Move]) -> None:
        """Exclusive gateways at which branches meet that run beside each other."""
        come: dict[str, set[str]] = {}
        for move in merging:
            come.setdefault(move.taken[0].target, set()).add(move.taken[0].source)
        for known, sources in come.items():
            if len(sources) > 1:
                self.meeting.setdefault(known, sources)

    def _merges(self, flow: Flow) -> bool:
        return self.nodes[flow.target].tag == "exclusiveGateway" and len(self.incoming[flow.target]) > 1

    def _moved(self, marking: _Marking, move: _Move, choice: Node | None) -> _Marking:
        self.allowance.spend(moves=1)
        tokens = list(marking.tokens)
        for flow in move.taken:
            tokens.remove(flow)
        tokens += move.given
        if len(tokens) > MOST_TOKENS:
            raise _TooMuch
        fired = marking.fired | ({move.fired} if move.fired else set())
        came_by = (choice, marking) if choice is not None else marking.came_by
        return _Marking(tuple(tokens), fired, came_by)

    def _moves(self, marking: _Marking, flow: Flow) -> list[_Move]:
        """What the token on a flow may do next; nothing while it waits for others."""
        node = self.nodes[flow.target]
        out = self.outgoing[node.id]
        if self._ends_all(flow):
            return []  # last of all: what could go on before it did
        if node.id in self.ways_back:
            return self._joined(marking, node)
        if node.tag == "inclusiveGateway":
            return self._included(marking, node, flow)
        if node.tag in ("exclusiveGateway", "eventBasedGateway"):
            return [_Move((flow,), (way,)) for way in out] or [_Move((flow,), ())]
        moves = [_Move((flow,), out)]
        for event in self.diagram.attached[node.id]:
            if event.id in self.nodes:
                moves += self._disturbed(marking, flow, event)
        return moves

    def _ends_all(self, flow: Flow) -> bool:
        node = self.nodes[flow.target]
        return node.tag == "endEvent" and node.trigger in ENDING

    def _disturbed(self, marking: _Marking, flow: Flow, event: Node) -> list[_Move]:
        out = self.outgoing[event.id]
        if event.xml.get("cancelActivity", "true") == "true":
            return [_Move((flow,), out)]
        return [] if event.id in marking.fired else [_Move((), out, event.id)]

    def _joined(self, marking: _Marking, join: Node) -> list[_Move]:
        """It opens when all have come from before it, or all from the loop behind it; whoever has come goes in."""
        here = tuple(flow for flow in marking.tokens if flow.target == join.id)
        come = {flow.source for flow in here}
        back = self.ways_back[join.id]
        before = {flow.source for flow in self.incoming[join.id]} - back
        if not ((before and before <= come) or (back and back <= come)):
            return []
        self.opened.add(join.id)
        return [_Move(here, self.outgoing[join.id])]

    def _included(self, marking: _Marking, gateway: Node, flow: Flow) -> list[_Move]:
        here: tuple[Flow, ...] = (flow,)
        if len(self.incoming[gateway.id]) > 1:
            here = tuple(one for one in marking.tokens if one.target == gateway.id)
            others = {one.target for one in marking.tokens if one.target != gateway.id}
            if gateway.id in reach(others, self.edges):
                return []  # somebody may still come
        out = self.outgoing[gateway.id]
        if len(out) > MOST_OF_INCLUSIVE:
            raise _TooMuch
        return [_Move(here, some) for size in range(1, len(out) + 1) for some in combinations(out, size)]

    # --- words ---

    def _say_stuck(self, join: Node, marking: _Marking, *, certain: bool) -> None:
        report = self.subject.report
        come = {flow.source for flow in marking.tokens if flow.target == join.id}
        missing = [flow.source for flow in self.incoming[join.id] if flow.source not in come]
        split = next((node for node in _choices(marking) if set(missing) & reach([node.id], self.edges)), None)
        if split is None:
            return
        if certain and not self._is_beside(join):
            message = (
                f"it waits for ever: it wants every branch, and {split.words} lets only one of them go on. "
                "Join them with an exclusive gateway, or split them with a parallel one."
            )
            report.error("waits-for-ever", join, message)
        else:
            message = (
                f"it may wait for ever: when {split.words} takes another way, nothing comes from "
                f"{self.nodes[missing[0]].words}. Lead every way here, or join what comes with an inclusive gateway."
            )
            report.warning("may-wait-for-ever", join, message)

    def _say_meeting(self, merge: Node, sources: set[str]) -> None:
        split = self._split_before(sources)
        if split is not None and not self._is_beside(merge):
            message = (
                f"the branches of {split.words} meet here, and each goes on by itself: what follows happens more "
                "than once. Join them with a parallel gateway."
            )
            self.subject.report.warning("goes-on-twice", merge, message)

    def _split_before(self, sources: set[str]) -> Node | None:
        """The nearest place where several ways are taken at once that leads to all of these."""
        backward: dict[str, list[str]] = {known: [] for known in self.nodes}
        for known, following in self.edges.items():
            for other in following:
                backward[other].append(known)
        common = set(self.nodes).intersection(*(reach([source], backward) for source in sources))
        splits = [known for known in common if len(self.outgoing[known]) > 1 and not self._chooses(known)]
        near = (known for known in splits if not (reach([known], self.edges) - {known}) & set(splits))
        found = next(near, None)
        return None if found is None else self.nodes[found]

    def _chooses(self, known: str) -> bool:
        return self.nodes[known].tag in ("exclusiveGateway", "eventBasedGateway")

    def _is_beside(self, node: Node) -> bool:
        """Whether an event that begins a branch of its own leads here; it may do so any number of times."""
        aside = {event.id for event in self.nodes.values() if event.host is not None and _beside(event)}
        return node.id in reach(aside, self.edges)


def _beside(event: Node) -> bool:
    return event.xml.get("cancelActivity", "true") != "true"


def _choices(marking: _Marking) -> Iterator[Node]:
    """What was chosen on the way, the last first."""
    while marking.came_by is not None:
        node, marking = marking.came_by
        yield node
