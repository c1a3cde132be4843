"""Our own task specifications: what runs where the library would run Python."""

from math import isfinite
from typing import Any

from SpiffWorkflow.bpmn.specs.data_spec import BpmnDataSpecification
from SpiffWorkflow.bpmn.specs.defaults import CallActivity, ScriptTask, ServiceTask
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import (
    DurationTimerEventDefinition,
    TimeDateEventDefinition,
    TimerEventDefinition,
)
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.task import Task

from engine.errors import EngineError
from engine.feel import FeelError


class ValueNotPlain(EngineError):
    """Only plain values may enter a case's data: text, numbers, true and false, lists and contexts."""

    code = "value-not-plain"


def fresh(value: Any) -> Any:
    """A copy of plain data: nested values are otherwise shared between branches (the library copies one level).

    What a stored state could not give back as it was is refused here, on its way in.
    """
    kind = value.__class__
    if kind is dict:
        if not all(name.__class__ is str for name in value):
            raise ValueNotPlain()
        return {k: fresh(v) for k, v in value.items()}
    if kind is list:
        return [fresh(v) for v in value]
    if value is None or kind is str or kind is bool:
        return value
    if (kind is int and -(2**63) <= value < 2**63) or (kind is float and isfinite(value)):
        return value
    if isinstance(value, str):
        return str(value)
    raise ValueNotPlain()


class FeelScript(ScriptTask):  # type: ignore[misc]
    """A script is a FEEL context; its entries become data."""

    def _execute(self, task: Task) -> bool:
        entries = task.workflow.script_engine.evaluate(task, self.script)
        task.data.update(fresh(entries))
        return True


class Operation(ServiceTask):  # type: ignore[misc]
    """A service task calls a named operation of the product."""

    def _execute(self, task: Task) -> bool:
        engine, element = task.workflow.script_engine, self.element
        inputs = {name: engine.value(task, value) for name, value in self.inputs_given}
        result = engine.world.operate(element.attributes["operation"], inputs)
        for name, value in self.outputs_wanted:
            task.data[name] = fresh(engine.value(task, value, {"result": result}))
        return True


class Decision(ServiceTask):  # type: ignore[misc]
    """A business-rule task evaluates a DMN decision; only the outcome enters the data."""

    def _execute(self, task: Task) -> bool:
        outcome = task.workflow.script_engine.decide(task, self.model, self.decision)
        task.data[self.result] = fresh(outcome)
        return True


class Call(CallActivity):  # type: ignore[misc]
    """A call activity hands over what its inputs name and takes back what its outputs name, nothing else."""

    def copy_data(self, my_task: Task, subworkflow: Any) -> None:
        if not self.inputs_given and not self.outputs_wanted:
            super().copy_data(my_task, subworkflow)
            return
        engine = my_task.workflow.script_engine
        given = {name: fresh(engine.value(my_task, value)) for name, value in self.inputs_given}
        subworkflow.task_tree.set_data(**given)

    def update_data(self, my_task: Task, subworkflow: Any) -> None:
        if not self.inputs_given and not self.outputs_wanted:
            super().update_data(my_task, subworkflow)
            return
        engine, last = my_task.workflow.script_engine, subworkflow.last_task
        for name, value in self.outputs_wanted:
            my_task.data[name] = fresh(engine.value(my_task, value, data=last.data))


class Throw(MessageEventDefinition):  # type: ignore[misc]
    """A message carries its inputs and nothing else."""

    inputs_given: tuple[tuple[str, Any], ...] = ()

    def throw(self, my_task: Task) -> None:
        engine = my_task.workflow.script_engine
        payload = {name: fresh(engine.value(my_task, value)) for name, value in self.inputs_given}
        my_task.workflow.top_workflow.catch(BpmnEvent(self, payload=payload))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MessageEventDefinition) and self.name == other.name

    __hash__ = None  # type: ignore[assignment]


class Signal(SignalEventDefinition):  # type: ignore[misc]
    """A signal says that something happened, and carries nothing: the library's carries all of the thrower's data."""

    def throw(self, my_task: Task) -> None:
        my_task.workflow.top_workflow.catch(BpmnEvent(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SignalEventDefinition) and self.name == other.name

    __hash__ = None  # type: ignore[assignment]


class ChosenStart(EventDefinition):  # type: ignore[misc]
    """One of several start events: it begins the process only when it is the one that was chosen."""


class _Fired:
    """Timers never look at a clock: they have fired when a job says so, by the name of the element."""

    name: str
    expression: Any

    def has_fired(self, my_task: Task) -> bool:
        internal = my_task.internal_data
        if "armed_at" not in internal:
            internal["armed_at"] = my_task.workflow.script_engine.world.now.isoformat()
        if internal.get("fired_timer") == self.name:
            internal["event_fired"] = True
        return bool(internal.get("event_fired", False))

    def reset(self, my_task: Task) -> None:
        my_task.internal_data.pop("fired_timer", None)
        my_task._set_internal_data(event_fired=False)


class DateTimer(_Fired, TimeDateEventDefinition):  # type: ignore[misc]
    pass


class DurationTimer(_Fired, DurationTimerEventDefinition):  # type: ignore[misc]
    pass


class CycleTimer(_Fired, TimerEventDefinition):  # type: ignore[misc]
    """Not the library's own, which keeps what each round begins below an event that still waits."""


TIMERS: dict[str, type[TimerEventDefinition]] = {
    "timeDate": DateTimer,
    "timeDuration": DurationTimer,
    "timeCycle": CycleTimer,
}


class Collection(BpmnDataSpecification):  # type: ignore[misc]
    """What a multi-instance loop goes over: evaluated once, when the loop begins."""

    def __init__(self, expression: Any) -> None:
        super().__init__("collection")
        self.expression = expression

    def get(self, my_task: Task, **kwargs: Any) -> Any:
        if "collection" not in my_task.internal_data:
            found = my_task.workflow.script_engine.value(my_task, self.expression)
            if not isinstance(found, list):
                said = my_task.task_spec.element.words
                raise FeelError(f"What {said} goes through, item by item, must be a list, and is none.")
            my_task.internal_data["collection"] = fresh(found)
        return my_task.internal_data["collection"]

    def exists(self, my_task: Task) -> bool:
        return True


class Item(BpmnDataSpecification):  # type: ignore[misc]
    """The loop's variable, in each round's own data."""

    def set(self, my_task: Task, value: Any) -> None:
        my_task.data[self.bpmn_id] = value

    def get(self, my_task: Task, **kwargs: Any) -> Any:
        return my_task.data.get(self.bpmn_id)

    def exists(self, my_task: Task) -> bool:
        return False  # an outer variable of the same name is shadowed


class Collected(BpmnDataSpecification):  # type: ignore[misc]
    """What one round adds to the list that the loop collects."""

    def __init__(self, expression: Any) -> None:
        super().__init__("collected")
        self.expression = expression

    def get(self, my_task: Task, **kwargs: Any) -> Any:
        return fresh(my_task.workflow.script_engine.value(my_task, self.expression))

    def exists(self, my_task: Task) -> bool:
        return bool(my_task.triggered)


class Collector(BpmnDataSpecification):  # type: ignore[misc]
    """The list itself; a loop that collects nothing gathers into a list that is thrown away."""

    def __init__(self, name: str | None) -> None:
        super().__init__(name or "")

    def get(self, my_task: Task, **kwargs: Any) -> Any:
        if not self.bpmn_id:
            return []
        # the library appends to what it gets: to a list that no round's data shares
        my_task.data[self.bpmn_id] = list(my_task.data.get(self.bpmn_id, []))
        return my_task.data[self.bpmn_id]

    def set(self, my_task: Task, value: Any) -> None:
        if self.bpmn_id:
            my_task.data[self.bpmn_id] = value

    def exists(self, my_task: Task) -> bool:
        # a second turn of an outer loop starts its list afresh
        return False
