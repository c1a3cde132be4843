"""From a step of the engine to rows: the only road between them.

What the step says is waiting is compared with what the database says: new tasks open, gone ones close, timers and
messages become jobs. Applying the same step twice changes nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from engine import audit, deadlines, directory, jobs, library, notices
from engine.bpmn import execute
from engine.bpmn.compile import Compiled
from engine.bpmn.elements import Element
from engine.bpmn.execute import OpenTask, Step, StepFailed, Waiting, moment_of
from engine.bpmn.expression import FeelEngine, Literal
from engine.library import Process
from engine.model import Deadline, Draft, Job, Message, ProcessInstance, WorkItem
from engine.runtime import runtime_of
from engine.types import (
    OPEN_STATES,
    SYSTEM,
    DeadlineStatus,
    InstanceStatus,
    JobKind,
    JobState,
    Participant,
    WorkItemKind,
    WorkItemState,
)
from engine.vocabulary import looking_at
from engine.world import CaseWorld


@dataclass(frozen=True)
class Ground:
    """What one instance runs on, and the world it sees; opened once per transaction."""

    instance: ProcessInstance
    compiled: Compiled
    processes: Mapping[str, Process]
    world: CaseWorld


def ground(session: Session, instance: ProcessInstance, *, by: Participant, now: datetime) -> Ground:
    compiled, processes = library.open_bundle(session, instance.bundle_digest)
    return Ground(instance, compiled, processes, CaseWorld(session, instance, processes, by=by, now=now))


def blank_world(session: Session, processes: Mapping[str, Process], *, by: Participant, now: datetime) -> CaseWorld:
    """The world before a case exists: for the form that begins it."""
    nobody = ProcessInstance(id=UUID(int=0), case_id=UUID(int=0))
    return CaseWorld(session, nobody, processes, by=by, now=now)


def apply(session: Session, on: Ground, step: Step, *, by: Participant, now: datetime) -> None:
    instance = on.instance
    instance.state = step.state
    instance.revision += 1
    open_now = {
        (item.task_id, item.element): item
        for item in session.scalars(
            select(WorkItem).where(
                WorkItem.instance_id == instance.id,
                WorkItem.state.in_(OPEN_STATES),
                WorkItem.kind != WorkItemKind.CHASE,
            )
        )
    }
    offered = [w for w in step.waiting if w.message is not None and "role" in w.element.attributes]
    wanted = {(t.task_id, t.element.id) for t in step.open_tasks} | {(w.task_id, w.element.id) for w in offered}
    for key, item in open_now.items():
        if key not in wanted:
            _close(session, item, now=now)
    for task in step.open_tasks:
        if (task.task_id, task.element.id) not in open_now:
            _open(session, on, task, WorkItemKind.TASK, by=by, now=now)
    for waiting in offered:
        if (waiting.task_id, waiting.element.id) not in open_now:
            task = OpenTask(waiting.task_id, waiting.element, waiting.facts, waiting.data)
            _open(session, on, task, WorkItemKind.EVENT, by=by, now=now)
    _set_timers(session, on, step.waiting, now=now)
    for thrown in step.thrown:
        _send(session, on, thrown.name, thrown.payload, now=now)
    audit.record(
        session,
        "moved-on",
        by=by,
        at=now,
        case_id=instance.case_id,
        instance_id=instance.id,
        passed=[[e.process, e.id] for e in step.passed],
    )
    if step.ended:
        _end(session, on, by=by, now=now)
    _retime_others(session, on, now=now)


def _retime_others(session: Session, on: Ground, *, now: datetime) -> None:
    """Deadlines moved in this step: other instances of those cases may wait for one of them."""
    for case_id in session.info.pop(deadlines.CASES_MOVED, ()):
        others = session.scalars(
            select(ProcessInstance)
            .where(
                ProcessInstance.case_id == case_id,
                ProcessInstance.id != on.instance.id,
                ProcessInstance.status == InstanceStatus.RUNNING,
            )
            .order_by(ProcessInstance.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        for other in others:
            there = ground(session, other, by=SYSTEM, now=now)
            retime(session, there, execute.look(there.compiled, other.state, there.world), now=now)


def retime(session: Session, on: Ground, step: Step, *, now: datetime) -> None:
    """After a deadline moved: timers that read it are due at another moment."""
    _set_timers(session, on, step.waiting, now=now)


def _open(session: Session, on: Ground, task: OpenTask, kind: WorkItemKind, *, by: Participant, now: datetime) -> None:
    element, instance = task.element, on.instance
    roles = str(value_of(on, element, "role", task.data) or "").split()
    if not roles:
        raise StepFailed(f"{element.words} does not say which role it is for.")
    body = value_of(on, element, "body", task.data)
    scope = value_of(on, element, "scope", task.data)
    item = WorkItem(
        instance_id=instance.id,
        case_id=instance.case_id,
        kind=kind,
        task_id=task.task_id,
        process_key=element.process,
        element=element.id,
        title=_title(on, element, kind),
        form=_form_of(element),
        role=roles[0],
        also=roles[1:],
        body=None if body is None else str(body),
        does=element.attributes.get("does"),
        may_not=list(element.listed("mayNot")),
        scope=None if scope is None else str(scope),
        meets=element.attributes.get("meets"),
        facts=dict(task.facts),
        state=WorkItemState.READY,
        opened_at=now,
    )
    case = session.get_one(ProcessInstance, instance.case_id)
    item.acting_role, _ = directory.candidates(session, case, directory.asked_of(item), now=now)
    deadline = _deadline(session, on, task, now=now) if kind == WorkItemKind.TASK else None
    if deadline is not None:
        _resume(session, deadline, roles, now=now)
        item.deadline_id, item.due_at = deadline.id, deadline.due_at
        item.ladder = element.attributes.get("ladder") or (
            None if deadline.responsible else deadline.ladder or "standard"
        )
    session.add(item)
    session.flush()  # reminders and history refer to it
    notices.plan_first_reminders(session, item, now=now)
    if kind == WorkItemKind.TASK:
        audit.record(
            session,
            "task-opened",
            by=by,
            at=now,
            case_id=item.case_id,
            instance_id=item.instance_id,
            work_item_id=item.id,
            role=item.acting_role or item.role,
            element=item.element,
            asked=item.role,
            due=None if item.due_at is None else item.due_at.isoformat(),
        )


def _title(on: Ground, element: Element, kind: WorkItemKind) -> str:
    """A task is called as it is drawn; an event, which is drawn as what has happened, as its form asks for it."""
    form = on.processes[element.process].forms.get(_form_of(element) or "")
    asked = form.get("title") if form is not None and kind == WorkItemKind.EVENT else None
    return str(asked or element.name or element.id)


def _form_of(element: Element) -> str | None:
    form = element.attributes.get("form")
    if form is not None:
        return form
    return None if element.tag == "manualTask" else element.id


def value_of(on: Ground, element: Element, attribute: str, data: Mapping[str, Any]) -> Any:
    """What one of our attributes comes to on a task's data."""
    value = on.compiled.value(element, attribute)
    if value is None or isinstance(value, Literal):
        return None if value is None else value.value
    with looking_at(on.world):
        return FeelEngine(on.world).compute(value, data, confidential=False)


def _deadline(session: Session, on: Ground, task: OpenTask, *, now: datetime) -> Deadline | None:
    element, instance = task.element, on.instance
    if "due" not in element.attributes:
        return None
    due = value_of(on, element, "due", task.data)
    name = element.name or element.id
    if due is None:
        return None
    text = str(due)
    if text[:1] in "+-":
        return deadlines.begin_own(session, instance, element.id, name, text, at=now)
    if text[:1].isdigit():
        return deadlines.fixed(session, instance, element.id, name, moment_of(text), at=now)
    found = deadlines.find(session, instance.case_id, text)
    if found is None:
        raise StepFailed(f"{element.words} is due by {text}, but this case has no such deadline yet.")
    return found


def _resume(session: Session, deadline: Deadline, roles: Collection[str], *, now: datetime) -> None:
    """A limit of the law that was taken back runs again, when whoever answers for it is to do it after all."""
    if deadline.statutory and deadline.status == DeadlineStatus.CANCELLED and set(roles) & set(deadline.responsible):
        deadline.status, deadline.closed_at = DeadlineStatus.OPEN, None
        notices.plan_reminders(session, deadline, now=now)


def _close(session: Session, item: WorkItem, *, now: datetime) -> None:
    """A task that the process no longer waits for, by whatever road."""
    item.state, item.closed_at = WorkItemState.OBSOLETE, now
    close_traces(session, item, now=now)


def close_traces(session: Session, item: WorkItem, *, now: datetime) -> None:
    """What ends with a task: drafts, reminders, calls about its lateness, its deadline when it was the last for it."""
    session.execute(delete(Draft).where(Draft.work_item_id == item.id))
    notices.stop_reminders(session, [item.id], now=now)
    if item.due_at is not None and item.due_at < now:
        for chase in session.scalars(
            select(WorkItem).where(
                WorkItem.instance_id == item.instance_id,
                WorkItem.kind == WorkItemKind.CHASE,
                WorkItem.state.in_(OPEN_STATES),
            )
        ):
            ends = runtime_of(session).partnership.chases[chase.element].ends_with_task
            if ends and chase.facts.get("task") == str(item.id):
                _close(session, chase, now=now)
    if item.deadline_id is None:
        return
    deadline = session.get_one(Deadline, item.deadline_id)
    if deadline.code == item.element:
        if item.state == WorkItemState.COMPLETED:
            deadlines.meet(session, deadline, at=now)
        else:
            deadline.status, deadline.closed_at = DeadlineStatus.CANCELLED, now
    elif item.meets == deadline.code and item.state == WorkItemState.COMPLETED:
        deadlines.meet(session, deadline, at=now)
        notices.close(session, deadline, now=now)
    elif not _met_expressly(session, item, deadline) and not _others_due(session, item, deadline):
        last = _last_completed(session, deadline) if item.state == WorkItemState.OBSOLETE else now
        if last is not None:
            deadlines.meet(session, deadline, at=last)


def _met_expressly(session: Session, item: WorkItem, deadline: Deadline) -> bool:
    """Whether the diagrams say themselves what meets this deadline; else its last task does."""
    if deadline.responsible:
        return True
    instance = session.get_one(ProcessInstance, item.instance_id)
    _, processes = library.open_bundle(session, instance.bundle_digest)
    return any(
        _names(element.attributes.get("meets", ""), deadline.code)
        or (element.attributes.get("operation") == "meet-deadline" and ("id", deadline.code) in element.inputs)
        for process in processes.values()
        for element in process.elements.values()
    )


def _names(meets: str, code: str) -> bool:
    return meets == code or (meets.startswith("=") and f'"{code}"' in meets)


def _others_due(session: Session, item: WorkItem, deadline: Deadline) -> bool:
    found = session.scalar(
        select(WorkItem.id)
        .where(WorkItem.deadline_id == deadline.id, WorkItem.state.in_(OPEN_STATES), WorkItem.id != item.id)
        .limit(1)
    )
    return found is not None


def _last_completed(session: Session, deadline: Deadline) -> datetime | None:
    return session.scalar(
        select(func.max(WorkItem.closed_at)).where(
            WorkItem.deadline_id == deadline.id, WorkItem.state == WorkItemState.COMPLETED
        )
    )


def _set_timers(session: Session, on: Ground, waiting: tuple[Waiting, ...], *, now: datetime) -> None:
    wanted: dict[str, Waiting] = {}
    for timer in waiting:
        if timer.message is None and timer.due_at is not None:
            key = f"timer/{on.instance.id}/{timer.task_id}/{timer.element.id}/{timer.occurrence}"
            wanted[key] = timer
    existing = session.scalars(
        select(Job).where(
            Job.instance_id == on.instance.id,
            Job.kind == JobKind.FIRE_TIMER,
            Job.state.in_((JobState.WAITING, JobState.LEASED)),
        )
    ).all()
    for job in existing:
        if job.key not in wanted and job.state == JobState.WAITING:
            job.state, job.closed_at = JobState.CANCELLED, now
    held = {job.key: job for job in existing}
    for key, timer in wanted.items():
        if timer.due_at is None:
            continue
        due_at = deadlines.worked(session, timer.due_at)
        if key in held and held[key].due_at == due_at:
            continue
        jobs.promise(
            session,
            JobKind.FIRE_TIMER,
            key,
            due_at=due_at,
            now=now,
            instance_id=on.instance.id,
            task_id=timer.task_id,
            detail=timer.element.id,
        )


def _send(session: Session, on: Ground, name: str, payload: Mapping[str, Any], *, now: datetime) -> None:
    said = dict(payload)
    to = said.pop("to_case", None)
    message = Message(
        name=name,
        case_id=on.instance.case_id,
        from_instance_id=on.instance.id,
        to_case_id=None if to is None else _case_named(session, name, str(to)),
        payload=said,
        thrown_at=now,
    )
    session.add(message)
    session.flush()  # the job refers to it
    promised = Job(
        kind=JobKind.DELIVER_MESSAGE,
        key=f"message/{message.id}",
        state=JobState.WAITING,
        due_at=now,
        instance_id=on.instance.id,
        subject_id=message.id,
        created_at=now,
    )
    jobs.promise_first(session, [promised])


def _case_named(session: Session, message: str, reference: str) -> UUID:
    found = session.scalars(
        select(ProcessInstance.id).where(ProcessInstance.reference == reference, ProcessInstance.parent_id.is_(None))
    ).one_or_none()
    if found is None:
        raise StepFailed(f"The message “{message}” is for {reference}, and there is no such case.")
    return found


def _end(session: Session, on: Ground, *, by: Participant, now: datetime) -> None:
    instance = on.instance
    if instance.status == InstanceStatus.RUNNING:
        instance.status = InstanceStatus.ENDED
    instance.ended_at = now
    cancelled = deadlines.cancel_open(session, [instance.id], at=now)
    notices.stop_reminders(session, [d.id for d in cancelled], now=now)
    audit.record(
        session,
        "process-ended",
        by=by,
        at=now,
        case_id=instance.case_id,
        instance_id=instance.id,
        process=instance.key,
        status=instance.status,
    )
