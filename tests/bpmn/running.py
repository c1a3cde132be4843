"""One instance of a small process, moved on step by step, as `engine.steps` would without a database."""

from collections.abc import Mapping
from typing import Any

from engine.bpmn import execute
from engine.bpmn.compile import Compiled
from engine.bpmn.execute import OpenTask, Step, Waiting
from tests.factories import FakeWorld, compiled


class Run:
    """`data` of the last step is what its last task left; every move goes through a stored state."""

    def __init__(
        self,
        *diagrams: str,
        data: Mapping[str, Any] | None = None,
        world: FakeWorld | None = None,
        start_event: str | None = None,
        decisions: Mapping[str, str] | None = None,
        ready: Compiled | None = None,
    ) -> None:
        self.world = world or FakeWorld()
        self.compiled = ready or compiled(*diagrams, decisions=decisions)
        self.steps: list[Step] = []
        self._moved(execute.start(self.compiled, data or {}, self.world, start_event=start_event))

    def _moved(self, step: Step) -> None:
        self.steps.append(step)

    @property
    def step(self) -> Step:
        return self.steps[-1]

    @property
    def ended(self) -> bool:
        return self.step.ended

    @property
    def open(self) -> list[str]:
        return sorted(t.element.id for t in self.step.open_tasks)

    @property
    def waiting(self) -> list[str]:
        return sorted(w.element.id for w in self.step.waiting)

    @property
    def passed(self) -> list[str]:
        """Every element that ran, from the beginning."""
        return [e.id for step in self.steps for e in step.passed]

    def task(self, element: str, **facts: Any) -> OpenTask:
        """The first open task of this name, or the one with these loop variables."""
        fitting = [
            t
            for t in self.step.open_tasks
            if t.element.id == element and all(t.facts.get(k) == v for k, v in facts.items())
        ]
        assert fitting, f"{element} is not open; open are {self.open}"
        return fitting[0]

    def event(self, element: str) -> Waiting:
        return next(w for w in self.step.waiting if w.element.id == element)

    def do(self, element: str, answers: Mapping[str, Any] | None = None, **facts: Any) -> None:
        """Complete a task."""
        task = self.task(element, **facts)
        self._moved(execute.complete(self.compiled, self.step.state, task.task_id, answers or {}, self.world))

    def tell(self, element: str, payload: Mapping[str, Any] | None = None) -> None:
        """A message reaches an event."""
        waiting = self.event(element)
        self._moved(
            execute.trigger(
                self.compiled, self.step.state, waiting.task_id, payload or {}, self.world, message=waiting.message
            )
        )

    def fire(self, element: str) -> None:
        """A timer's moment has come."""
        waiting = self.event(element)
        if waiting.due_at is not None:
            self.world.now = max(self.world.now, waiting.due_at)
        self._moved(execute.fire(self.compiled, self.step.state, waiting.task_id, element, self.world))

    def look(self) -> Step:
        return execute.look(self.compiled, self.step.state, self.world)
