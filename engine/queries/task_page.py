"""One task: what it asks, by when and why, and the papers of the case that belong to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, deadlines, directory, policy, steps, values
from engine.errors import EngineError
from engine.forms import Context, Form
from engine.model import Deadline, Draft, Person, ProcessInstance, Submission, WorkItem
from engine.policy import NotFound
from engine.queries.matters import matter, same_matter
from engine.queries.merging import MergedRow, merged_rows
from engine.queries.papers import Paper, shown_with, withheld
from engine.runtime import runtime_of
from engine.taking import form_context, form_for
from engine.types import OPEN_STATES, Participant, WorkItemKind, WorkItemState
from engine.vocabulary import World, looking_at
from engine.working_time import Explanation


@dataclass(frozen=True)
class TaskPage:
    work_item_id: UUID
    title: str
    kind: WorkItemKind
    state: WorkItemState
    reference: str
    case_id: UUID
    process: str
    role: str
    body: str | None
    documentation: str | None
    about: str | None
    due_at: datetime | None
    explanation: Explanation | None
    statutory: bool
    form: Form | None
    context: Context
    world: World
    draft: Mapping[str, Any] | None
    before: Mapping[str, Any]  # what was answered to this very task when it was open before, if its form wants it
    answers: Mapping[str, Any] | None
    papers: tuple[Paper, ...]
    merged: tuple[MergedRow, ...]
    compares: tuple[str, ...]  # forms, task or event ids
    compared_with: tuple[str, ...]  # references of other cases; whether they may be seen is not judged here
    may_complete: bool
    why_not: str | None
    assignee: str | None
    is_mine: bool
    may_see_case: bool
    confidential: bool
    secret: bool  # the answer is shown to nobody but whoever gave it
    completed_by: str | None
    closed_at: datetime | None


def task_page(session: Session, work_item_id: UUID, *, by: Participant, now: datetime, noted: bool = True) -> TaskPage:
    """Raises NotFound for whoever may not see it. Opening it is noted in the case's history; sending it is anyway."""
    runtime = runtime_of(session)
    item = session.get(WorkItem, work_item_id)
    if item is None:
        raise NotFound()
    case = session.get_one(ProcessInstance, item.case_id)
    instance = session.get_one(ProcessInstance, item.instance_id)
    attempt = directory.attempt(session, case, directory.asked_of(item), by)
    sees_case = policy.may_see_case(by, attempt.access, runtime.partnership)
    free = not policy.in_conflict(by, attempt.access)
    did_it = free and item.completed_by is not None and item.completed_by == by.person_id
    asked = free and policy.is_asked(by, attempt.asked, attempt.access, runtime.partnership)
    if not (sees_case or asked or did_it):
        raise NotFound()
    why_not = _why_not(attempt, item, by, session)
    on = steps.ground(session, instance, by=by, now=now)
    element = on.compiled.elements.get((item.process_key, item.element))
    form = form_for(session, on, item)
    deadline = session.get(Deadline, item.deadline_id) if item.deadline_id else None
    own = _answered(session, item, by) if item.state == WorkItemState.COMPLETED and (did_it or sees_case) else None
    papers = tuple(shown_with(session, case, element, item, by, all_parts=sees_case)) if (sees_case or asked) else ()
    names = directory.names(session, [item.assignee_id, item.completed_by])
    if case.confidential and noted:
        audit.record(
            session,
            "task-viewed",
            by=by,
            at=now,
            case_id=case.case_id,
            instance_id=instance.id,
            work_item_id=item.id,
            role=next((r for r in sorted(by.roles) if r in {item.acting_role, item.role, *item.also}), None),
            element=item.element,
        )
    with looking_at(on.world):
        context = form_context(on, item)
    compares = element.listed("compares") if element and sees_case and item.state in OPEN_STATES else ()
    compared_with = steps.value_of(on, element, "comparedWith", context.data) if element and compares else ()
    return TaskPage(
        work_item_id=item.id,
        title=item.title,
        kind=item.kind,
        state=item.state,
        reference=case.reference,
        case_id=case.case_id,
        process=instance.title,
        role=runtime.partnership.role_name(item.acting_role or item.role),
        body=runtime.partnership.body_name(item.body) or None,
        documentation=element.documentation if element else None,
        about=str(item.facts["about"]) if "about" in item.facts else matter(item.facts),
        due_at=item.due_at,
        explanation=None if deadline is None else deadlines.explain(session, deadline),
        statutory=deadline is not None and deadline.statutory,
        form=form,
        context=context,
        world=on.world,
        draft=_draft(session, item, by),
        before=_before(session, item) if form is not None and form.again else {},
        answers=own,
        papers=papers,
        merged=merged_rows(session, case, element.listed("merges"), by) if element and sees_case else (),
        compares=compares,
        compared_with=tuple(str(one) for one in compared_with or ()),
        may_complete=why_not is None and item.state in OPEN_STATES,
        why_not=why_not,
        assignee=names.get(item.assignee_id) if item.assignee_id else None,
        is_mine=item.assignee_id == by.person_id,
        may_see_case=sees_case,
        confidential=case.confidential,
        secret=element is not None and element.attributes.get("secret") == "true",
        completed_by=names.get(item.completed_by) if item.completed_by else None,
        closed_at=item.closed_at,
    )


def _why_not(attempt: policy.Attempt, item: WorkItem, by: Participant, session: Session) -> str | None:
    try:
        policy.check_may_do(attempt, runtime_of(session).partnership)
    except EngineError as error:
        return error.message
    if item.state == WorkItemState.RESERVED and item.assignee_id != by.person_id and item.assignee_id:
        return f"{session.get_one(Person, item.assignee_id).name} has taken this task."
    return None


def _draft(session: Session, item: WorkItem, by: Participant) -> Mapping[str, Any] | None:
    row = session.get(Draft, (item.id, by.person_id))
    if row is None:
        return None
    found: Mapping[str, Any] = runtime_of(session).sealer.unseal(row.answers, place=f"draft/{item.id}/{by.person_id}")
    return found


def _before(session: Session, item: WorkItem) -> Mapping[str, Any]:
    """The open answers only: a form that is filled in again asks for nothing confidential."""
    found = session.scalars(
        select(Submission)
        .where(Submission.case_id == item.case_id, Submission.element == item.element)
        .order_by(Submission.at.desc(), Submission.id)
    )
    return next((row.answers for row in found if same_matter(row.facts, item.facts)), {})


def _answered(session: Session, item: WorkItem, by: Participant) -> Mapping[str, Any] | None:
    row = session.scalars(select(Submission).where(Submission.work_item_id == item.id)).one_or_none()
    return None if row is None or withheld(session, row, by) else values.whole(session, row)
