from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine import audit, reassign, steps, values
from engine.bpmn import execute
from engine.forms import review
from engine.model import Deed, ProcessInstance, WorkItem
from engine.refusals import AnswersInvalid
from engine.taking import (
    check_may_do,
    check_open,
    form_context,
    form_for,
    lock_work_item,
    repeated,
    role_used,
)
from engine.types import Participant, WorkItemKind, WorkItemState
from engine.vocabulary import looking_at


def complete_work_item(
    session: Session,
    work_item_id: UUID,
    answers: Mapping[str, Any],
    *,
    by: Participant,
    now: datetime,
    idempotency_key: str | None = None,
) -> WorkItem:
    """Answer a task and let the process go on. Of several at once exactly one succeeds.

    Raises AnswersInvalid, WorkItemClosed, WorkItemTaken, or what `policy.check_may_do` raises.
    """
    instance, item = lock_work_item(session, work_item_id)
    if repeated(session, idempotency_key) is not None:
        return item
    check_may_do(session, item, by)
    check_open(session, item, by)
    on = steps.ground(session, instance, by=by, now=now)
    form = form_for(session, on, item)
    kept: Mapping[str, Any] = {}
    role = role_used(item, by)
    if form is not None and item.form is not None:
        with looking_at(on.world):
            checked = review(form, answers, form_context(on, item))
        if checked.errors:
            raise AnswersInvalid(checked.errors)
        if lost := values.bind_files(session, form, checked.answers, case_id=item.case_id, by=by, work_item_id=item.id):
            raise AnswersInvalid(lost)
        submission = values.keep(
            session,
            instance,
            form,
            item.form,
            checked.answers,
            element=item.element,
            process_key=item.process_key,
            by=by,
            role=role,
            now=now,
            item=item,
        )
        kept = {**{n: None for n in form.names if not form[n].confidential}, **submission.answers}
    if item.task_id is not None:
        element = on.processes[item.process_key].elements[item.element]
        item.meets = steps.value_of(on, element, "meets", kept)  # what was answered may decide
    _close(session, item, by=by, role=role, now=now)
    audit.record(
        session,
        "task-completed" if item.kind != WorkItemKind.EVENT else "event-triggered",
        by=by,
        at=now,
        case_id=item.case_id,
        instance_id=item.instance_id,
        work_item_id=item.id,
        role=role,
        idempotency_key=idempotency_key,
        element=item.element,
        title=item.title,
    )
    if item.kind == WorkItemKind.CHASE or item.task_id is None:
        return item
    given = {**kept, "answered_as": role}
    if item.kind == WorkItemKind.TASK:
        step = execute.complete(on.compiled, instance.state, item.task_id, given, on.world)
    else:
        message = on.processes[item.process_key].elements[item.element].message
        step = execute.trigger(on.compiled, instance.state, item.task_id, given, on.world, message=message)
    steps.apply(session, on, step, by=by, now=now)
    if item.does:
        reassign.duties_of_case(session, session.get_one(ProcessInstance, item.case_id), now=now)
    return item


def _close(session: Session, item: WorkItem, *, by: Participant, role: str, now: datetime) -> None:
    item.state, item.closed_at = WorkItemState.COMPLETED, now
    item.completed_by, item.completed_as = by.person_id, role
    steps.close_traces(session, item, now=now)
    for action in (item.does or "").split():
        if by.person_id is not None:
            session.add(
                Deed(
                    case_id=item.case_id,
                    person_id=by.person_id,
                    role=role,
                    action=action,
                    scope=item.scope,
                    work_item_id=item.id,
                    at=now,
                )
            )
    session.flush()  # the step that follows reads deeds and states
