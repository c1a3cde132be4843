"""Promise P13 beside any test that runs processes: each step is stored, restored and compared."""

import json
from typing import Any

import pytest

from engine.bpmn import execute
from engine.bpmn.execute import Step
from engine.bpmn.expression import FeelEngine
from engine.bpmn.state import freeze, thaw


def signature(step: Step) -> dict[str, Any]:
    def plain(value: Any) -> str:
        return json.dumps(value, sort_keys=True)

    return {
        "ended": step.ended,
        "open": sorted((t.task_id, t.element.id, plain(t.facts), plain(t.data)) for t in step.open_tasks),
        "waiting": sorted(
            (w.task_id, w.element.id, plain(w.facts), str(w.due_at), plain(w.data)) for w in step.waiting
        ),
        "here": sorted(step.here),
    }


def compare_every_step(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From now on every step that is run is compared; how large each state was."""
    sizes: list[int] = []
    run = execute._run

    def run_and_compare(workflow: Any, compiled: Any, world: Any, passed: Any) -> Step:
        step = run(workflow, compiled, world, passed)
        restored = thaw(step.state, compiled, FeelEngine(world))
        assert signature(execute._step(restored, compiled, world, [], step.state)) == signature(step)
        assert freeze(restored) == step.state
        sizes.append(len(step.state))
        return step

    monkeypatch.setattr(execute, "_run", run_and_compare)
    return sizes
