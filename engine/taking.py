"""What the verbs share: locks (always the instance first), repeats, and whether a task is still to be had."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from engine import directory, library, policy, steps
from engine.bpmn import execute
from engine.forms import Context, Form
from engine.model import AuditEvent, MatchToken, Person, ProcessInstance, WorkItem
from engine.policy import NotFound
from engine.refusals import KeyReused, WorkItemClosed, WorkItemTaken
from engine.runtime import runtime_of
from engine.types import OPEN_STATES, InstanceStatus, Participant, WorkItemState
from engine.vocabulary import environment


def _locked(which: ColumnElement[bool]) -> Select[ProcessInstance]:
    found = select(ProcessInstance).where(which).order_by(ProcessInstance.id)
    return found.with_for_update().execution_options(populate_existing=True)


_RUNNING = ProcessInstance.status == InstanceStatus.RUNNING
_CASE = select(ProcessInstance.case_id).where(ProcessInstance.id == bindparam("id")).scalar_subquery()
_MINE, _THEIRS = aliased(MatchToken), aliased(MatchToken)
_ALIKE = select(_THEIRS.case_id).join(_MINE, _MINE.token == _THEIRS.token).where(_MINE.case_id == _CASE)
_OF_CASES = (ProcessInstance.case_id == _CASE) | ProcessInstance.case_id.in_(_ALIKE)
_TOGETHER = _locked((ProcessInstance.id == bindparam("id")) | (_RUNNING & _OF_CASES))


def lock_instance(session: Session, instance_id: UUID) -> ProcessInstance:
    """One instance, read afresh; with it all that a step of it may touch: what runs in its case, and in cases that may
    be the same incident. Always in one order, so that no two wait for each other."""
    for found in session.scalars(_TOGETHER, {"id": instance_id}).all():
        if found.id == instance_id:
            return found
    raise NotFound()


def lock_running(session: Session) -> Sequence[ProcessInstance]:
    """Everything that runs, in the same order."""
    return session.scalars(_locked(_RUNNING)).all()


def lock_work_item(session: Session, work_item_id: UUID) -> tuple[ProcessInstance, WorkItem]:
    instance_id = session.scalar(select(WorkItem.instance_id).where(WorkItem.id == work_item_id))
    if instance_id is None:
        raise NotFound()
    instance = lock_instance(session, instance_id)
    item = session.get_one(WorkItem, work_item_id, populate_existing=True)
    return instance, item


def repeated(session: Session, key: str | None) -> AuditEvent | None:
    """The event of an earlier request with the same idempotency key; KeyReused when that asked something else."""
    if key is None:
        return None
    value, _, request = key.rpartition("#") if "#" in key else (key, "", "")
    earlier = session.scalars(select(AuditEvent).where(AuditEvent.idempotency_key == value)).one_or_none()
    if earlier is not None and earlier.details.get("request", "") != request:
        raise KeyReused
    return earlier


def check_may_do(session: Session, item: WorkItem, by: Participant) -> None:
    """Raises what `policy.check_may_do` raises; who did it already is told so, and not that doing it bars them now."""
    if item.completed_by is not None and item.completed_by == by.person_id:
        check_open(session, item, by)
    case = session.get_one(ProcessInstance, item.case_id)
    attempt = directory.attempt(session, case, directory.asked_of(item), by)
    policy.check_may_do(attempt, runtime_of(session).partnership)


def check_open(session: Session, item: WorkItem, by: Participant) -> None:
    if item.state not in OPEN_STATES:
        who = session.get(Person, item.completed_by) if item.completed_by else None
        if who is None:
            raise WorkItemClosed("This task is not needed any more.")
        raise WorkItemClosed(f"This task was completed by {who.name}.", at=item.closed_at)
    if item.state == WorkItemState.RESERVED and item.assignee_id != by.person_id:
        who = session.get(Person, item.assignee_id) if item.assignee_id else None
        raise WorkItemTaken(f"{who.name if who else 'A colleague'} has taken this task.")


def role_used(item: WorkItem, by: Participant) -> str:
    """Through which of the roles asked the person acts."""
    asked = [item.acting_role or item.role, item.role, *item.also]
    return next((r for r in asked if by.holds(r, case_id=item.case_id)), asked[0])


def form_for(session: Session, on: steps.Ground, item: WorkItem) -> Form | None:
    if item.form is None:
        return None
    return library.form_of(on.processes, item.process_key, item.form, runtime_of(session).partnership)


def form_context(on: steps.Ground, item: WorkItem) -> Context:
    """What a task's form may read: the data its step sees."""
    data: Mapping[str, Any] = {}
    if item.task_id is not None and item.state in OPEN_STATES:
        data = execute.data_of(on.compiled, on.instance.state, item.task_id, on.world)
    return Context(environment(on.world), data)
