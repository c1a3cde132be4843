"""Where SpiffWorkflow 3.2.0 is overridden inside, and why. Everything else of ours subclasses in the open.

1. The library walks the task tree for every query, and stops at depth 1,000: in a long loop it then says "completed"
   while a task still waits. Plain loops over `workflow.tasks` have neither the fault nor the cost.
2. The library connects an event sub-process to the start task when it is first triggered, in the specification that all
   cases share: the next case would begin with it. Ours is connected when compiled, and never an output of the start.
3. `Task` numbers itself with UUID objects; short text is smaller in the state and cheaper to hash.
4. Of the tasks that are ready the library makes a list and runs them all: also those that the first of them cancelled.
5. A task inherits data by a deep merge in which its parent's values win: a loop's variable, set just before, is lost
   where something around the loop has the same name. Ours keeps what the task has, and merges nothing.
"""

import secrets
from collections.abc import Iterator
from copy import copy
from typing import Any

import SpiffWorkflow.task
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.util.task import BpmnTaskFilter
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


def _new_id() -> str:
    return secrets.token_urlsafe(9)


def _inherit_data(task: Task) -> None:
    inherited = {k: copy(v) if isinstance(v, (dict, list)) else v for k, v in task.parent.data.items()}
    task.data = {**inherited, **task.data}


SpiffWorkflow.task.uuid4 = _new_id
Task._inherit_data = _inherit_data


class _FlatScans:
    """`get_tasks_iterator`, `update_waiting_tasks` and `is_completed` without walking the tree."""

    tasks: dict[str, Task]
    task_tree: Task
    completed: bool
    top_workflow: Any

    def get_tasks_iterator(self, first_task: Task | None = None, **kwargs: Any) -> Iterator[Task]:
        if (first_task is not None and first_task is not self.task_tree) or "end_at_spec" in kwargs:
            return super().get_tasks_iterator(first_task, **kwargs)  # type: ignore[misc,no-any-return]
        skip = kwargs.pop("skip_subprocesses", False)
        wanted = kwargs.pop("task_filter", None) or BpmnTaskFilter(**kwargs)
        return (task for task in self._all(skip) if wanted.matches(task))

    def _all(self, skip_subprocesses: bool) -> Iterator[Task]:
        subprocesses = self.top_workflow.subprocesses
        for task in list(self.tasks.values()):
            yield task
            if not skip_subprocesses and task.id in subprocesses:
                yield from subprocesses[task.id]._all(False)

    def update_waiting_tasks(self) -> None:
        for task in list(self.tasks.values()):
            if task._state == TaskState.WAITING:
                task.task_spec._update(task)

    def is_completed(self) -> bool:
        if not self.completed:
            self.completed = not any(t._state & TaskState.NOT_FINISHED_MASK for t in self.tasks.values())
        return self.completed


class FlatSubWorkflow(_FlatScans, BpmnSubWorkflow):  # type: ignore[misc]
    pass


class FlatWorkflow(_FlatScans, BpmnWorkflow):  # type: ignore[misc]
    def create_subprocess(self, my_task: Task, spec_name: str) -> FlatSubWorkflow:
        made = FlatSubWorkflow(self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self)
        self.subprocesses[my_task.id] = made
        return made

    def _do_engine_steps(self, will_complete_task: Any = None, did_complete_task: Any = None) -> bool:
        active = self.get_active_subprocesses()
        for subprocess in sorted(active, key=lambda s: s.depth, reverse=True):
            while _run_ready(subprocess, did_complete_task):
                pass
            holder = self.get_task_from_id(subprocess.parent_task_id)
            if holder is not None:
                holder.task_spec._update(holder)
        count = _run_ready(self, did_complete_task)
        return count > 0 or len(self.get_active_subprocesses()) > len(active)


def _run_ready(workflow: Any, did_complete_task: Any) -> int:
    """Run what is ready and waits for nobody; how many. What one of them cancels or removes is not run any more."""
    count = 0
    for task in workflow._all(False):
        if task._state == TaskState.READY and not task.task_spec.manual and task.id in task.workflow.tasks:
            task.run()
            count += 1
            if did_complete_task is not None:
                did_complete_task(task)
    return count


class FlatStart(BpmnStartTask):  # type: ignore[misc]
    def trigger_wf(self, my_task: Task, spec_name: str) -> str:
        child = my_task._add_child(self._wf_spec.task_specs[spec_name], TaskState.FUTURE)
        child.triggered = True
        child.task_spec._update(child)
        return str(child.id)


def connect_event_subprocesses(spec: Any) -> None:
    """Make a compiled specification ready for its event sub-processes, once."""
    spec.start.__class__ = FlatStart
    for name in spec.start.trigger_specs:
        event_subprocess = spec.task_specs[name]
        event_subprocess._inputs = [spec.start.name]
        if spec.end not in event_subprocess.outputs:
            event_subprocess.connect(spec.end)
