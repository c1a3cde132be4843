"""The compact state of one instance: a document of plain values that any later version can read.

Layout, version 1: `{"v": 1, "data", "correlations", "done", "ok", "last", "tasks": [row…], "subs": [[task id, sub]…]}`,
each row `[id, parent, state, changed, spec, triggered, internal, mode, data]`, parents before children. `mode` 0: no
data kept, 1: data in full, 2: `[changed, removed]` against the parent's. Data is kept only where the engine can still
read it; finished sub-processes are left out (the history is the audit's business). The process is not in it: the
bundle's digest names that.
"""

import zlib
from typing import Any

import orjson
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.compile import Compiled
from engine.bpmn.flat import FlatSubWorkflow, FlatWorkflow
from engine.bpmn.joins import Joining, pending
from engine.bpmn.specs import ValueNotPlain
from engine.errors import EngineError

VERSION = 1
_NO_DATA, _FULL, _DELTA = 0, 1, 2


class StateUnreadable(EngineError):
    """The stored state of this case was written by a newer version of the product."""

    code = "state-unreadable"
    advice = "Install the version that wrote it, or a newer one."


def freeze(workflow: FlatWorkflow) -> bytes:
    document = {
        "v": VERSION,
        **_one(workflow),
        "subs": [
            [task_id, _one(sub)]
            for task_id, sub in workflow.subprocesses.items()
            if not sub.completed and _is_held(workflow, task_id)
        ],
    }
    try:
        return zlib.compress(orjson.dumps(document), 1)
    except TypeError as error:
        raise ValueNotPlain(f"{ValueNotPlain.__doc__} ({error})") from error


def _is_held(workflow: FlatWorkflow, task_id: str) -> bool:
    for holder in (workflow, *workflow.subprocesses.values()):
        task = holder.tasks.get(task_id)
        if task is not None:
            return not task._state & TaskState.FINISHED_MASK
    return False


def _one(workflow: Any) -> dict[str, Any]:
    kept = _readable(workflow)
    rows: list[list[Any]] = []
    for task in workflow.tasks.values():
        mode, data = _NO_DATA, None
        if task.id in kept:
            mode, data = _FULL, task.data
            parent = workflow.tasks.get(task._parent)
            if parent is not None and parent.id in kept:
                changed = {k: v for k, v in task.data.items() if k not in parent.data or parent.data[k] != v}
                removed = [k for k in parent.data if k not in task.data]
                mode, data = _DELTA, [changed, removed]
        rows.append(
            [
                task.id,
                task._parent,
                task._state,
                task.last_state_change,
                task.task_spec.name,
                int(task.triggered),
                _internal(task),
                mode,
                data,
            ]
        )
    return {
        "data": workflow.data,
        "correlations": workflow.correlations,
        "done": workflow.completed,
        "ok": workflow.success,
        "last": workflow.last_task.id if workflow.last_task is not None else None,
        "tasks": rows,
    }


def _internal(task: Task) -> dict[str, Any] | None:
    """Without the events that an event-based gateway has seen: it has gone on with them, and they are not plain."""
    return {k: v for k, v in task.internal_data.items() if k != "seen_events"} or None


def _readable(workflow: Any) -> set[str]:
    """Tasks whose data the engine may still read: the unfinished, their parents, the last, and for the joins to come
    what has arrived at them and where its branches parted."""
    kept: set[str] = set()
    branches: dict[str, int] = {}  # task id -> how many of its children lead to something still to be joined
    for task in reversed(workflow.tasks.values()):
        live = branches.get(task.id, 0) > 0
        if not task._state & TaskState.FINISHED_MASK:
            kept.add(task.id)
            kept.add(task._parent)
            live = live or task._state >= TaskState.WAITING
        elif isinstance(task.task_spec, Joining) and pending(task):
            kept.add(task._parent)
            live = True
        if live:
            branches[task._parent] = branches.get(task._parent, 0) + 1
    kept.update(task_id for task_id, count in branches.items() if count > 1)
    if workflow.last_task is not None:
        kept.add(workflow.last_task.id)
    if workflow.spec.start.trigger_specs:
        kept.add(workflow.task_tree.id)  # event sub-processes begin with the data of the start
    return kept


def thaw(frozen: bytes, compiled: Compiled, engine: Any) -> FlatWorkflow:
    document = orjson.loads(zlib.decompress(frozen))
    if document.get("v") != VERSION:
        raise StateUnreadable(found=document.get("v"))
    workflow = FlatWorkflow(
        compiled.spec,
        subprocess_specs=dict(compiled.subprocess_specs),
        script_engine=engine,
        deserializing=True,
    )
    _restore(workflow, document)
    for task_id, sub_document in document["subs"]:
        holder = workflow.get_task_from_id(task_id)
        sub = FlatSubWorkflow(
            workflow.subprocess_specs[holder.task_spec.spec],
            parent_task_id=task_id,
            top_workflow=workflow,
            deserializing=True,
        )
        _restore(sub, sub_document)
        workflow.subprocesses[task_id] = sub
        sub.completed_event.connect(holder.task_spec._on_subworkflow_completed, holder)
    for one in (workflow, *workflow.subprocesses.values()):
        for task in one.tasks.values():
            if isinstance(task.task_spec, CatchingEvent) and task._state == TaskState.WAITING:
                workflow.event_manager.add_task(task)
    return workflow


def _restore(workflow: Any, document: dict[str, Any]) -> None:
    workflow.data = document["data"]
    workflow.correlations = document["correlations"]
    workflow.completed = document["done"]
    workflow.success = document["ok"]
    specs, tasks = workflow.spec.task_specs, workflow.tasks
    for task_id, parent_id, state, changed, spec, triggered, internal, mode, data in document["tasks"]:
        task = Task.__new__(Task)
        task.id = task_id
        task.workflow = workflow
        task._parent = parent_id
        task._children = []
        task._state = state
        task.triggered = bool(triggered)
        task.task_spec = specs[spec]
        task.thread_id = 0
        task.internal_data = internal or {}
        task.last_state_change = changed
        if mode == _FULL:
            task.data = data
        elif mode == _DELTA:
            task.data = {**tasks[parent_id].data, **data[0]}
            for name in data[1]:
                del task.data[name]
        else:
            task.data = {}
        tasks[task_id] = task
        if parent_id is not None:
            tasks[parent_id]._children.append(task_id)
        else:
            workflow.task_tree = task
    if document["last"] is not None:
        workflow.last_task = tasks[document["last"]]
