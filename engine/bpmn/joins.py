"""Where branches and rounds come together, and whose values hold there. Five faults of SpiffWorkflow 3.2.0 are mended.

1. In a second round its parallel join counts branches of the first round as arrived, and opens too early; it climbs the
   tree by recursion, and gives up after some hundred rounds.
2. At a join it merges the branches' data deeply, list item by list item: what one branch answered is lost when another,
   which never touched it, arrives later. Here what a branch changed since the branches parted holds; where several
   changed the same, the last to arrive.
3. The rounds of a standard loop are merged in the same way; here a round's values replace those before it.
4. A loop right behind a boundary event is still only predicted when its turn comes, and the library refuses it.
5. A loop that is interrupted loses its rounds, but what runs inside them goes on: sub-processes with their tasks.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    InclusiveGateway,
    ParallelGateway,
    ParallelMultiInstanceTask,
    SequentialMultiInstanceTask,
    StandardLoopTask,
)
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.specs import fresh
from engine.bpmn.watching import Watch

_JOINED = "joined"  # set on what arrived, when the join has opened


def pending(task: Task) -> bool:
    """Whether this task of a join has arrived and waits for the others to be merged with it."""
    return task._state == TaskState.CANCELLED and _JOINED not in task.internal_data


class Joining:
    """Instead of the library's `UnstructuredJoin`, beside a specification of it."""

    inputs: Any
    _wf_spec: Any

    def _arrived(self, my_task: Task) -> list[Task]:
        """The branches that came before this one in the same round, in the order of their coming."""
        tasks = my_task.workflow.tasks
        found = (t for t in tasks.values() if t.task_spec is self and pending(t))
        found = (t for t in found if tasks[t._parent]._state == TaskState.COMPLETED)
        return sorted(found, key=lambda t: t.last_state_change)

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        """Open when every way has arrived; where a loop leads back here, those from outside or those of the loop."""
        tasks = my_task.workflow.tasks
        came_by = tasks[my_task._parent].task_spec
        back = self._ways_back()
        wanted = back if came_by in back else set(self.inputs) - back
        for arrived in tasks.values():
            if arrived.task_spec is self and (pending(arrived) or arrived._state == TaskState.WAITING):
                parent = tasks[arrived._parent]
                if parent._state == TaskState.COMPLETED:
                    wanted.discard(parent.task_spec)
        wanted.discard(came_by)
        return not wanted

    def _ways_back(self) -> set[Any]:
        """Inputs that are reached only through here."""
        reached, waiting = set(), [self._wf_spec.start]
        while waiting:
            spec = waiting.pop()
            if spec is not self and spec not in reached:
                reached.add(spec)
                waiting += spec.outputs
        return set(self.inputs) - reached

    def _run_hook(self, my_task: Task) -> bool:
        self.merge(my_task)
        return True

    def merge(self, my_task: Task) -> None:
        tasks = my_task.workflow.tasks
        mine = tasks[my_task._parent].data
        data = dict(mine)
        above = {t.id for t in _ancestors(my_task)}
        for other in self._arrived(my_task):
            base = next(t for t in _ancestors(other) if t.id in above).data
            data = _merged(base, mine, tasks[other._parent].data, data)
            other.internal_data[_JOINED] = True
        my_task.data = data


def _ancestors(task: Task) -> Iterator[Task]:
    tasks = task.workflow.tasks
    current = tasks.get(task._parent)
    while current is not None:
        yield current
        current = tasks.get(current._parent)


def _merged(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], data: Mapping[str, Any]
) -> dict[str, Any]:
    """`data` with what they changed since `base` and I did not; contexts name by name, lists as a whole."""
    merged = dict(data)
    for name, value in theirs.items():
        if name in base and base[name] == value:
            continue
        untouched = name not in data or (name in base and base[name] == data[name])
        if not untouched and all(isinstance(one.get(name), dict) for one in (mine, theirs, data)):
            inner = base.get(name)
            merged[name] = _merged(inner if isinstance(inner, dict) else {}, mine[name], value, data[name])
        elif name not in mine or (name in base and base[name] == mine[name]):
            merged[name] = fresh(value)
    return merged


class ParallelJoin(Joining, ParallelGateway):  # type: ignore[misc]
    pass


class InclusiveJoin(Joining, InclusiveGateway):  # type: ignore[misc]
    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        return bool(InclusiveGateway._check_threshold_unstructured(self, my_task))

    def _run_hook(self, my_task: Task) -> bool:
        self.merge(my_task)
        matches, defaults = self._get_matching_outputs(my_task)
        if not matches and not defaults:
            raise WorkflowTaskException("No conditions satisfied on gateway", task=my_task)
        my_task._sync_children(matches or defaults, TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


class EndJoin(Joining, _EndJoin):  # type: ignore[misc]
    """Waits for everyone: no other task of this workflow may be unfinished, save those behind an end join."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        behind = set()
        for task in my_task.workflow.tasks.values():
            if task._parent in behind:
                behind.add(task.id)
                continue
            if task.task_spec is self:
                behind.add(task.id)
            if task is not my_task and task._state & TaskState.NOT_FINISHED_MASK:
                return False
        return True

    def _run_hook(self, my_task: Task) -> bool:
        self.merge(my_task)
        my_task.workflow.data.update(my_task.data)
        return True


class _Loop:
    def _update_hook(self, my_task: Task) -> Any:
        if my_task.has_state(TaskState.PREDICTED_MASK):
            my_task._set_state(TaskState.FUTURE)
        return super()._update_hook(my_task)  # type: ignore[misc]

    def _on_cancel(self, my_task: Task) -> None:
        super()._on_cancel(my_task)  # type: ignore[misc]
        top = my_task.workflow.top_workflow
        for holder_id, inner in list(top.subprocesses.items()):
            if not inner.completed and not any(holder_id in w.tasks for w in (top, *top.subprocesses.values())):
                inner.cancel()


class AllAtOnce(_Loop, ParallelMultiInstanceTask):  # type: ignore[misc]
    pass


class OneByOne(_Loop, SequentialMultiInstanceTask):  # type: ignore[misc]
    def add_next_child(self, my_task: Task) -> None:
        """The library takes an item that is null for the end of the list, and waits for ever."""
        next_one = self.get_next_input_item if self.data_input is not None else self.get_next_index
        place, item = next_one(my_task)
        if place is not None or item is not None:
            self.create_child(my_task, item, place)


class Rounds(_Loop, StandardLoopTask):  # type: ignore[misc]
    def merge_child(self, workflow: Any, child: Task) -> None:
        my_task = child.parent
        my_task.data.update(fresh(child.data))
        my_task.internal_data["merged"].append(str(child.id))
        if self.loop_complete(my_task):
            my_task._set_state(TaskState.READY)
        else:
            self.create_child(my_task)


OURS = {
    ParallelGateway: ParallelJoin,
    InclusiveGateway: InclusiveJoin,
    _EndJoin: EndJoin,
    StandardLoopTask: Rounds,
    ParallelMultiInstanceTask: AllAtOnce,
    SequentialMultiInstanceTask: OneByOne,
    BoundaryEvent: Watch,
}
