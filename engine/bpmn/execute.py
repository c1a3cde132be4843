"""Running a process: one input in, everything that follows from it, and a `Step` out.

Pure: state and values go in, a new state and what waits come out. What happens in the database is decided by
`engine.steps`; what operations do, by the `World` handed in.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.compile import Compiled
from engine.bpmn.elements import Element
from engine.bpmn.expression import FailedAt, FeelEngine, Literal
from engine.bpmn.flat import FlatWorkflow
from engine.bpmn.specs import CycleTimer, fresh
from engine.bpmn.state import freeze, thaw
from engine.bpmn.watching import watch_on
from engine.errors import EngineError
from engine.feel import FeelError
from engine.types import LONDON
from engine.vocabulary import World, looking_at

EVENT_SUBPROCESS = "event-subprocess:"  # it waits as long as the process runs, without a task of its own
STEP_BUDGET = 2_000  # tasks that one input may run
TASK_BUDGET = 50_000  # tasks that one instance may hold


class StepFailed(EngineError):
    """The process could not go on from here."""

    code = "step-failed"
    advice = "Nothing was changed. The process owner can see which step failed and why."


class TaskGone(EngineError):
    """This step is not waiting any more."""

    code = "task-gone"
    advice = "Go back to your tasks. The case's history shows what happened."


class TooManySteps(StepFailed):
    """The process runs in circles without waiting for anybody."""

    code = "too-many-steps"


@dataclass(frozen=True)
class OpenTask:
    """A task that waits for a person. `facts`: the loop variables around it; `data` is read-only."""

    task_id: str
    element: Element
    facts: Mapping[str, Any]
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Waiting:
    """An event that waits: for a message by name, or for a moment."""

    task_id: str
    element: Element
    data: Mapping[str, Any]
    facts: Mapping[str, Any]
    message: str | None = None
    due_at: datetime | None = None
    occurrence: int = 0


@dataclass(frozen=True)
class Thrown:
    name: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    state: bytes
    ended: bool
    open_tasks: tuple[OpenTask, ...]
    waiting: tuple[Waiting, ...]
    thrown: tuple[Thrown, ...]
    passed: tuple[Element, ...]  # what ran, in order
    here: tuple[tuple[str, str], ...]  # (process key, element id) wherever a token stands


def start(compiled: Compiled, data: Mapping[str, Any], world: World, *, start_event: str | None = None) -> Step:
    """Begin an instance, at one of its start events where it has several."""
    with _running(world):
        workflow = FlatWorkflow(
            compiled.spec,
            subprocess_specs=dict(compiled.subprocess_specs),
            script_engine=FeelEngine(world),
        )
        workflow.task_tree.set_data(**fresh(dict(data)))
        passed: list[Element] = []
        _run_on(workflow, passed)
        for task in list(workflow.tasks.values()):
            # the start event's own trigger has happened: that is why we are here
            if task.task_spec in compiled.spec.bpmn_start_events and task.state == TaskState.WAITING:
                if start_event not in (None, task.task_spec.name):
                    continue
                task.internal_data["event_fired"] = True
                task.task_spec._update(task)
                break
        return _run(workflow, compiled, world, passed)


def complete(compiled: Compiled, state: bytes, task_id: str, answers: Mapping[str, Any], world: World) -> Step:
    """The person's answers enter the task's data and the process goes on."""
    with _running(world):
        workflow = thaw(state, compiled, FeelEngine(world))
        task = _find(workflow, task_id)
        if task.state != TaskState.READY:
            raise TaskGone()
        task.data.update(fresh(dict(answers)))
        passed = [task.task_spec.element] if task.task_spec.element else []
        task.run()
        return _run(workflow, compiled, world, passed)


def trigger(
    compiled: Compiled,
    state: bytes,
    task_id: str,
    payload: Mapping[str, Any],
    world: World,
    *,
    message: str | None = None,
) -> Step:
    """A message reaches one waiting event. Behind a gateway that waits for several, `message` says which."""
    with _running(world):
        workflow = thaw(state, compiled, FeelEngine(world))
        if task_id.startswith(EVENT_SUBPROCESS):
            begin = _event_subprocesses(workflow).get(task_id)
            if begin is None or workflow.completed:
                raise TaskGone()
            workflow.catch(BpmnEvent(begin.event_definition, payload=fresh(dict(payload))))
            return _run(workflow, compiled, world, [])
        task = _find(workflow, task_id)
        definition = _message_of(task, message)
        if task.state != TaskState.WAITING or definition is None:
            raise TaskGone()
        event = BpmnEvent(definition, payload=fresh(dict(payload)))
        task.task_spec.catch(task, event)
        task.task_spec._update(task)
        return _run(workflow, compiled, world, [])


def fire(compiled: Compiled, state: bytes, task_id: str, element_id: str, world: World) -> Step:
    """The moment a timer waited for has come. Quietly nothing, when it waits no more."""
    with _running(world):
        workflow = thaw(state, compiled, FeelEngine(world))
        task = _find(workflow, task_id)
        definition = getattr(task.task_spec, "event_definition", None)
        if task.state != TaskState.WAITING or definition is None:
            raise TaskGone()
        if isinstance(definition, CycleTimer):
            rounds, _, _ = _cycle(_timer_value(task, definition))
            done = task.internal_data.get("rounds", 0) + 1
            if rounds is None or done < rounds:
                watch_on(task, armed_at=task.internal_data["armed_at"], rounds=done)
        task.internal_data["fired_timer"] = element_id
        task.task_spec._update(task)
        return _run(workflow, compiled, world, [])


def data_of(compiled: Compiled, state: bytes, task_id: str, world: World) -> Mapping[str, Any]:
    """The data that one waiting task or event sees."""
    with _running(world):
        workflow = thaw(state, compiled, FeelEngine(world))
        if task_id.startswith(EVENT_SUBPROCESS):
            return dict(workflow.task_tree.data)
        return dict(_find(workflow, task_id).data)


def look(compiled: Compiled, state: bytes, world: World) -> Step:
    """What waits now, changing nothing: after a deadline has moved, or for a page."""
    with _running(world):
        workflow = thaw(state, compiled, FeelEngine(world))
        return _step(workflow, compiled, world, [], state)


class _running:
    """Looks at the world, and turns whatever the engine raises into words."""

    def __init__(self, world: World) -> None:
        self._looking = looking_at(world)

    def __enter__(self) -> None:
        self._looking.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._looking.__exit__(kind, error, trace)
        if error is None or isinstance(error, StepFailed | TaskGone):
            return
        feel, place = _first(error, FeelError), _first(error, FailedAt)
        at = f" at {place.words}" if place is not None else ""
        if feel is not None:
            raise StepFailed(f"The process could not go on{at}: {feel.message}", cause=feel) from error
        if isinstance(error, SpiffWorkflowException):
            raise StepFailed(f"The process could not go on{at}: {error}", cause=error) from error


_Error = TypeVar("_Error", bound=BaseException)


def _first(error: BaseException, kind: type[_Error]) -> _Error | None:
    """The error of this kind among those that led to `error`."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kind):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _find(workflow: FlatWorkflow, task_id: str) -> Task:
    for one in (workflow, *workflow.subprocesses.values()):
        if task_id in one.tasks:
            return one.tasks[task_id]
    raise TaskGone()


def _run(workflow: FlatWorkflow, compiled: Compiled, world: World, passed: list[Element]) -> Step:
    _run_on(workflow, passed)
    return _step(workflow, compiled, world, passed, freeze(workflow))


def _run_on(workflow: FlatWorkflow, passed: list[Element]) -> None:
    """Run whatever is automatic until only people, moments and messages are waited for."""
    steps = 0

    def count(task: Task) -> None:
        nonlocal steps
        steps += 1
        if steps > STEP_BUDGET or len(workflow.tasks) > TASK_BUDGET:
            name = task.task_spec.element.words if task.task_spec.element else task.task_spec.name
            raise TooManySteps(f"{TooManySteps.__doc__} It was stopped at {name}.")
        if task.task_spec.element is not None:
            passed.append(task.task_spec.element)

    workflow.do_engine_steps(did_complete_task=count)


def _step(workflow: FlatWorkflow, compiled: Compiled, world: World, passed: list[Element], state: bytes) -> Step:
    open_tasks: list[OpenTask] = []
    here: list[tuple[str, str]] = []
    for task in _all_tasks(workflow):
        element = task.task_spec.element
        if element is None:
            continue
        if task.state in (TaskState.READY, TaskState.WAITING, TaskState.STARTED) and not _is_loop(task):
            here.append((element.process, element.id))
        if task.state == TaskState.READY and task.task_spec.manual:
            open_tasks.append(OpenTask(task.id, element, _facts(workflow, task), task.data))
    return Step(
        state=state,
        ended=workflow.completed,
        open_tasks=tuple(open_tasks),
        waiting=() if workflow.completed else tuple(_waiting(workflow, compiled, world)),
        thrown=tuple(
            Thrown(e.event_definition.name, e.payload or {})
            for e in workflow.get_events()  # signals and terminations stay inside
            if isinstance(e.event_definition, MessageEventDefinition)
        ),
        passed=tuple(passed),
        here=tuple(here),
    )


def _is_loop(task: Task) -> bool:
    """The task that holds the rounds of a loop: its rounds are the tokens."""
    return isinstance(task.task_spec, LoopTask) and bool(task.children)


def _all_tasks(workflow: FlatWorkflow) -> Iterator[Task]:
    for one in (workflow, *workflow.subprocesses.values()):
        if not one.completed:
            yield from one.tasks.values()


def _facts(workflow: FlatWorkflow, task: Task) -> dict[str, Any]:
    """The loop variables around a task: which agency, which partner."""
    facts: dict[str, Any] = {}
    current: Task | None = task
    while current is not None:
        element = current.task_spec.element
        loop = element.loop if element is not None else None
        if loop is not None and loop.each and current.triggered and loop.each in current.data:
            facts.setdefault(loop.each, fresh(current.data[loop.each]))
        if current.parent is not None and not current.triggered:
            current = _loop_above(current)
        else:
            parent_id = current.workflow.parent_task_id
            current = _find(workflow, parent_id) if parent_id is not None else None
    return facts


def _loop_above(task: Task) -> Task:
    above = task.parent
    while above.parent is not None and not above.triggered:
        above = above.parent
    return above


def _message_of(task: Task, name: str | None) -> MessageEventDefinition | None:
    definition = getattr(task.task_spec, "event_definition", None)
    several = definition.event_definitions if isinstance(definition, MultipleEventDefinition) else [definition]
    messages = [one for one in several if isinstance(one, MessageEventDefinition)]
    return next((one for one in messages if name in (None, one.name)), None)


def _event_subprocesses(workflow: FlatWorkflow) -> dict[str, Any]:
    """The message start events of the process's own event sub-processes, by the id they are triggered with."""
    return {
        f"{EVENT_SUBPROCESS}{begin.name}": begin
        for name in workflow.spec.start.trigger_specs
        for begin in workflow.subprocess_specs[workflow.spec.task_specs[name].spec].bpmn_start_events
        if isinstance(begin.event_definition, MessageEventDefinition)
    }


def _waiting(workflow: FlatWorkflow, compiled: Compiled, world: World) -> Iterator[Waiting]:
    for task_id, begin in _event_subprocesses(workflow).items():
        data = workflow.task_tree.data
        yield Waiting(task_id, begin.element, data, {}, message=begin.event_definition.name)
    for task in list(workflow.event_manager.tasks.values()):
        if task.state != TaskState.WAITING or task.workflow.completed:
            continue
        definition = task.task_spec.event_definition
        events = (
            list(zip(definition.event_definitions, task.task_spec.outputs, strict=True))
            if isinstance(definition, MultipleEventDefinition)
            else [(definition, task.task_spec)]
        )
        for event, spec in events:
            if spec.element is None:
                continue
            facts = _facts(workflow, task)
            if isinstance(event, MessageEventDefinition):
                yield Waiting(task.id, spec.element, task.data, facts, message=event.name)
            elif isinstance(event, TimerEventDefinition):
                yield Waiting(
                    task.id,
                    spec.element,
                    task.data,
                    facts,
                    due_at=_due(task, event, world),
                    occurrence=task.internal_data.get("rounds", 0),
                )


def _timer_value(task: Task, timer: Any) -> Any:
    engine: FeelEngine = task.workflow.script_engine
    if isinstance(timer.expression, Literal):
        return timer.expression.value
    return engine.value(task, timer.expression)


def _due(task: Task, timer: Any, world: World) -> datetime | None:
    """When the timer's job is due; None when its expression gives nothing yet (a deadline that does not exist)."""
    value = _timer_value(task, timer)
    if value is None:
        return None
    armed = datetime.fromisoformat(task.internal_data.get("armed_at") or world.now.isoformat())
    if isinstance(timer, CycleTimer):
        _, begin, every = _cycle(value)
        moment = (begin or armed).astimezone(LONDON)
        rounds = task.internal_data.get("rounds", 0)
        for _ in range(rounds if begin is not None else rounds + 1):
            moment = _later(moment, every)
        return moment.astimezone(UTC)
    if isinstance(value, str) and value.lstrip("-").startswith("P"):
        return _later(armed.astimezone(LONDON), value).astimezone(UTC)
    return moment_of(value)


def moment_of(value: Any) -> datetime:
    """A date or date-time as a moment: London unless it says otherwise; a date alone means nine in the morning."""
    text = str(value)
    try:
        if "T" not in text:
            return datetime.combine(date.fromisoformat(text), time(9), LONDON).astimezone(UTC)
        at = datetime.fromisoformat(text.partition("@")[0])
    except ValueError:
        raise StepFailed(f"“{text}” is not a date, or a date and time; write for example 2027-01-29T17:00.") from None
    return (at.replace(tzinfo=LONDON) if at.tzinfo is None else at).astimezone(UTC)


_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)


def _later(moment: datetime, duration: str) -> datetime:
    """Years to days on the wall clock and calendar, hours and less as time that passes."""
    match = _DURATION.fullmatch(duration)
    if match is None or duration.upper() in ("P", "PT"):
        raise StepFailed(f"“{duration}” is not a duration; write for example P3D or PT24H.")
    years, months, weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    month = moment.month - 1 + int(years) * 12 + int(months)
    year, month = moment.year + month // 12, month % 12 + 1
    wall = moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
    wall += timedelta(weeks=weeks, days=days)
    passing = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return (wall.astimezone(UTC) + passing).astimezone(LONDON)


def _cycle(value: Any) -> tuple[int | None, datetime | None, str]:
    """`R3/PT1H`, `R/2027-01-01T09:00/P7D`: how often (None: for ever), from when, every how long."""
    parts = str(value).upper().split("/")
    if len(parts) not in (2, 3) or not re.fullmatch(r"R\d{0,9}", parts[0]) or not parts[-1].startswith("P"):
        raise StepFailed(f"“{value}” is not a repeated interval; write for example R3/PT24H.")
    rounds = int(parts[0][1:]) if parts[0][1:] else None
    begin = moment_of(parts[1]) if len(parts) == 3 else None
    return rounds, begin, parts[-1]
