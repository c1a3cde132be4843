"""Promise P13 in small: after every step, what was stored gives back what was there, and goes on as if never stored."""

import json
from random import Random
from typing import Any

import pytest

from engine.bpmn import execute
from engine.bpmn.compile import Compiled
from engine.bpmn.execute import Step
from engine.bpmn.expression import FeelEngine
from engine.bpmn.state import freeze, thaw
from tests.bpmn.random_processes import Maker
from tests.factories import FakeWorld, compiled

STEPS = 25
KEPT: dict[int, int] = {}  # seeds that failed, and how far to go with them
DATA = {"n": 0, "said": 1, "list": [1, "a", None], "context": {"deep": {"er": [1]}}}


def signature(step: Step) -> dict[str, Any]:
    """What of a step does not depend on the ids of its tasks."""

    def plain(value: Any) -> str:
        return json.dumps(value, sort_keys=True)

    return {
        "ended": step.ended,
        "open": sorted(f"{t.element.id} {plain(t.facts)} {plain(t.data)}" for t in step.open_tasks),
        "waiting": sorted(
            f"{w.element.id} {plain(w.facts)} {w.message} {w.due_at} {w.occurrence} {plain(w.data)}"
            for w in step.waiting
        ),
        "here": sorted(step.here),
    }


def moves(step: Step) -> list[tuple[str, str, Any]]:
    """Everything that could happen next, in an order that does not depend on ids."""
    found: list[tuple[str, str, Any]] = [
        (f"{t.element.id} {json.dumps([t.facts, t.data], sort_keys=True)}", "complete", t) for t in step.open_tasks
    ]
    for waiting in step.waiting:
        if waiting.message is not None or waiting.due_at is not None:
            kind = "trigger" if waiting.message is not None else "fire"
            said = json.dumps([waiting.facts, waiting.data, waiting.occurrence], sort_keys=True)
            found.append((f"{waiting.element.id} {said}", kind, waiting))
    return sorted(found, key=lambda move: move[:2])


def move_on(made: Compiled, step: Step, move: tuple[str, str, Any], answers: dict[str, Any], world: FakeWorld) -> Step:
    _, kind, what = move
    match kind:
        case "complete":
            return execute.complete(made, step.state, what.task_id, answers, world)
        case "trigger":
            return execute.trigger(made, step.state, what.task_id, answers, world)
        case _:
            world.now = max(world.now, what.due_at)
            return execute.fire(made, step.state, what.task_id, what.element.id, world)


class Live:
    """The same process in memory all along: nothing is ever read back from its state."""

    def __init__(self, made: Compiled, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made, self.world, self.patch = made, world, monkeypatch
        self.workflow: Any = None

    def _keep(self, workflow: Any) -> bytes:
        self.workflow = workflow
        return b""

    def _same(self, state: bytes, made: Compiled, engine: Any) -> Any:
        self.workflow.script_engine = engine
        return self.workflow

    def do(self, call: Any) -> Step:
        with self.patch.context() as patch:
            patch.setattr(execute, "freeze", self._keep)
            patch.setattr(execute, "thaw", self._same)
            step: Step = call()
            return step


def check_one_path(seed: int, monkeypatch: pytest.MonkeyPatch, *, steps: int = STEPS) -> int:
    made = compiled(*Maker(seed).diagrams())
    random = Random(seed)
    world, other_world = FakeWorld(), FakeWorld()
    live = Live(made, other_world, monkeypatch)
    step = execute.start(made, DATA, world)
    twin = live.do(lambda: execute.start(made, DATA, other_world))
    taken = 0
    while True:
        assert signature(step) == signature(twin), f"seed {seed}, after {taken} steps: stored and never stored differ"
        assert [(t.name, t.payload) for t in step.thrown] == [(t.name, t.payload) for t in twin.thrown]
        assert [e.id for e in step.passed] == [e.id for e in twin.passed]
        assert signature(execute.look(made, step.state, world)) == signature(step)
        assert freeze(thaw(step.state, made, FeelEngine(world))) == step.state
        possible, possible_live = moves(step), moves(twin)
        if step.ended or not possible or taken == steps:
            # nothing stuck in silence: a case that has not ended waits for somebody or something
            assert step.ended or possible, f"seed {seed}: it waits for nothing"
            return taken
        at = random.randrange(len(possible))
        answers = {"said": random.randint(0, 4), "list": [random.randint(0, 9) for _ in range(random.randint(0, 3))],
                   random.choice(("n", "extra")): random.randint(0, 9)}  # fmt: skip
        step = move_on(made, step, possible[at], answers, world)
        twin = live.do(lambda: move_on(made, twin, possible_live[at], answers, other_world))  # noqa: B023
        taken += 1


@pytest.mark.parametrize("seed", [*range(14), *KEPT])
def test_a_stored_process_goes_on_as_if_never_stored(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    check_one_path(seed, monkeypatch, steps=KEPT.get(seed, STEPS))


def test_a_frozen_state_is_small_and_holds_no_finished_subprocess() -> None:
    made = compiled(*Maker(3).diagrams())
    state = execute.start(made, DATA, FakeWorld()).state
    assert len(state) < 3_000
