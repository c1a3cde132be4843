"""Boundary events that do not interrupt: they go on watching as long as their task is open.

SpiffWorkflow 3.2.0 lets such an event happen once, save a timer that repeats, and what that one began is cancelled with
the task it watches. Here each time it happens is a task of its own, and another goes on watching beside it.
"""

from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

_AGAIN = "again"  # what the next to watch begins with


def watch_on(task: Task, **internal: Any) -> None:
    """When this event has happened, another goes on watching with this internal data."""
    if isinstance(task.task_spec, Watch) and not task.task_spec.cancel_activity:
        task.internal_data[_AGAIN] = internal


class Watch(BoundaryEvent):  # type: ignore[misc]
    def catch(self, my_task: Task, event: Any) -> None:
        watch_on(my_task)
        super().catch(my_task, event)

    def _run_hook(self, my_task: Task) -> Any:
        result = super()._run_hook(my_task)
        internal = my_task.internal_data.pop(_AGAIN, None)
        if internal is not None and self._is_watched(my_task.parent):
            another = my_task.parent._add_child(self, TaskState.FUTURE)
            another.internal_data.update(internal)
            self._predict(another, mask=TaskState.NOT_FINISHED_MASK)
            self._update(another)
        return result

    def _is_watched(self, split: Task) -> bool:
        watched = (t for t in split.children if not isinstance(t.task_spec, BoundaryEvent))
        return any(not t._state & TaskState.FINISHED_MASK for t in watched)
