"""Processes made at random from a seed, block by block: whatever is begun also ends."""

from itertools import pairwise
from random import Random

from tests.factories import (
    Part,
    boundary,
    bpmn,
    call,
    catch,
    each,
    end,
    event_based,
    exclusive,
    parallel,
    repeat,
    script,
    start,
    sub,
    throw,
    user,
)

CALLED = bpmn(
    "called", start("c1"), user("called-ask"), script("called-work", "{back: given + 1}"), end("c2"), case_data=False
)


class Maker:
    """Each block has one entry and one exit; `flow` collects the arrows."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.count = 0

    def diagrams(self) -> tuple[str, str]:
        parts: list[Part] = []
        flow: list[str] = []
        first, last = self._sequence(parts, flow, depth=3, long=self.random.randint(2, 4))
        news = sub(
            "on-news", start("news", message="news", interrupting=False), user("read"), end("was-read"), event=True
        )
        extra = [news] if self.random.random() < 0.4 else []
        flow += [f"begin -> {first}", f"{last} -> done"]
        return bpmn("p", start(), end(), *parts, *extra, flow="; ".join(flow)), CALLED

    def _name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}-{self.count}"

    def _item(self) -> str:
        """A loop's variable: of a name of its own, so that every task can be told from every other."""
        self.count += 1
        return f"item_{self.count}"

    def _sequence(self, parts: list[Part], flow: list[str], *, depth: int, long: int) -> tuple[str, str]:
        blocks = [self._block(parts, flow, depth) for _ in range(long)]
        flow += [f"{a[1]} -> {b[0]}" for a, b in pairwise(blocks)]
        return blocks[0][0], blocks[-1][1]

    def _block(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        simple = [self._task, self._script, self._many, self._rounds, self._call, self._throw, self._wait]
        nested = [self._choice, self._branches, self._circle, self._stage, self._stages, self._whichever]
        made: tuple[str, str] = self.random.choice(simple + nested * 2 if depth else simple)(parts, flow, depth)
        return made

    def _one(self, parts: list[Part], part: Part) -> tuple[str, str]:
        parts.append(part)
        return part.id, part.id

    def _task(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        name = self._name("task")
        parts.append(user(name))
        return name, self._watched(parts, flow, name)

    def _watched(self, parts: list[Part], flow: list[str], on: str) -> str:
        """Perhaps with boundary events; the block's exit."""
        out = on
        for interrupting in self.random.choice(((), (True,), (False,), (False, True))):
            event, behind, over = self._name("event"), self._name("chase"), self._name("over")
            ways: list[dict[str, str]] = [{"timer": "P1D"}, {"message": "changed"}, {"signal": "noise"}]
            way = self.random.choice(ways if interrupting else [*ways, {"timer": "R3/PT1H"}])
            parts += [boundary(event, on, interrupting=interrupting, **way), user(behind)]
            if interrupting:  # its way joins that of the task, or a join behind it would wait for ever
                parts.append(exclusive(over))
                flow += [f"{event} -> {behind} -> {over}", f"{out} -> {over}"]
                out = over
            else:
                parts.append(end(over))
                flow.append(f"{event} -> {behind} -> {over}")
        return out

    def _script(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        text = self.random.choice(("{n: n + 1}", "{list: [n, 1]}", "{context: {n: n, kept: [n]}}", "{copy: list}"))
        return self._one(parts, script(self._name("script"), text))

    def _many(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        over = self.random.choice(("=[1, 2, 3]", "=[]", "=list"))
        until = self.random.choice((None, None, "=said = 2"))
        item = self._item()
        loop = each(over, item, collect="said_all", as_=f"={{item: {item}, said: said}}",
                    sequential=self.random.random() < 0.4, until=until)  # fmt: skip
        return self._one(parts, user(self._name("many"), loop=loop))

    def _rounds(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        return self._one(parts, user(self._name("rounds"), loop=repeat("said > 1", most=3)))

    def _call(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        loop = self.random.choice(("", each("=[1, 2]", self._item(), collect="backs", as_="=back")))
        return self._one(parts, call(self._name("call"), "called", {"given": "=n"}, {"back": "=back"}, loop=loop))

    def _throw(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        return self._one(
            parts, throw(self._name("throw"), **self.random.choice(({"signal": "noise"}, {"message": "out"})))
        )

    def _wait(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        return self._one(parts, catch(self._name("wait"), **self.random.choice(({"timer": "P1D"}, {"message": "in"}))))

    def _choice(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        split, join = self._name("which"), self._name("merge")
        parts += [exclusive(split), exclusive(join)]
        for condition in ("-[said > 2]->", "->"):
            first, last = self._sequence(parts, flow, depth=depth - 1, long=self.random.randint(1, 2))
            flow += [f"{split} {condition} {first}", f"{last} -> {join}"]
        return split, join

    def _branches(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        split, join = self._name("split"), self._name("join")
        parts += [parallel(split), parallel(join)]
        for _ in range(self.random.randint(2, 3)):
            first, last = self._sequence(parts, flow, depth=depth - 1, long=self.random.randint(1, 2))
            flow += [f"{split} -> {first}", f"{last} -> {join}"]
        return split, join

    def _circle(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        head, ask, again = self._name("head"), self._name("ask"), self._name("again")
        first, last = self._sequence(parts, flow, depth=depth - 1, long=1)
        parts += [exclusive(head), user(ask), exclusive(again)]
        flow += [f"{head} -> {first}", f"{last} -> {ask} -> {again} -[said > 2]-> {head}"]
        out = self._name("out")
        parts.append(script(out, "{went_round: true}"))
        flow.append(f"{again} -> {out}")
        return head, out

    def _stage(self, parts: list[Part], flow: list[str], depth: int, loop: str = "") -> tuple[str, str]:
        name = self._name("stage")
        inside: list[Part] = []
        arrows: list[str] = []
        first, last = self._sequence(inside, arrows, depth=depth - 1, long=self.random.randint(1, 2))
        begin, over = self._name("in"), self._name("out")
        arrows += [f"{begin} -> {first}", f"{last} -> {over}"]
        parts.append(sub(name, start(begin), end(over), *inside, flow="; ".join(arrows), loop=loop))
        return name, self._watched(parts, flow, name)

    def _stages(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        loop = each("=[10, 20]", self._item(), collect="stages", as_="=n", sequential=self.random.random() < 0.3)
        return self._stage(parts, flow, depth, loop)

    def _whichever(self, parts: list[Part], flow: list[str], depth: int) -> tuple[str, str]:
        gate, join = self._name("whichever"), self._name("merge")
        parts += [event_based(gate), exclusive(join)]
        for event in ({"message": "in"}, {"timer": "P2D"}):
            name = self._name("catch")
            parts.append(catch(name, **event))
            first, last = self._sequence(parts, flow, depth=depth - 1, long=1)
            flow.append(f"{gate} -> {name} -> {first}")
            flow.append(f"{last} -> {join}")
        return gate, join
