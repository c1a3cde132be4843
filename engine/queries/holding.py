"""Who has a link of the learning chain now and since when, and which cases around it a person may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, defer

from engine import directory, policy
from engine.model import LearningItem, ProcessInstance, WorkItem
from engine.policy import CaseAccess
from engine.runtime import runtime_of
from engine.types import OPEN_STATES, InstanceStatus, Participant, WorkItemKind


@dataclass(frozen=True)
class Held:
    """`task`: what is to be done about it, where that is known; `work_item_id`: where this person may open it."""

    role: str | None
    body: str | None
    person: str | None
    since: datetime
    task: str | None = None
    due_at: datetime | None = None
    work_item_id: UUID | None = None
    vacant: bool = False


@dataclass(frozen=True)
class Around:
    """The cases in which links were made, or from which they came, that one person may see."""

    seen: Mapping[UUID, ProcessInstance]

    def reference(self, case_id: UUID | None) -> str | None:
        found = None if case_id is None else self.seen.get(case_id)
        return None if found is None else found.reference


def around(session: Session, items: Sequence[LearningItem], by: Participant) -> Around:
    """In three statements. What is not in it must not be hinted at."""
    wanted = {case_id for item in items for case_id in (item.case_id, item.source_case_id) if case_id is not None}
    cases = session.scalars(
        select(ProcessInstance).where(ProcessInstance.id.in_(wanted)).options(defer(ProcessInstance.state))
    ).all()
    partnership = runtime_of(session).partnership
    accesses = directory.case_accesses(session, cases)
    return Around(
        {
            case.id: case
            for case, access in zip(cases, accesses, strict=True)
            if policy.may_see_case(by, access, partnership)
        }
    )


def holdings(session: Session, items: Sequence[LearningItem], seen: Around, by: Participant) -> dict[UUID, Held]:
    """Of each open link who has it: its open task, else the role that it was given to. In two statements."""
    open_items = [item for item in items if item.closed_at is None]
    if not open_items:
        return {}
    partnership = runtime_of(session).partnership
    meetings = {schedule.process for schedule in partnership.schedules.values() if schedule.group}
    own = {item.case_id for item in open_items} & seen.seen.keys()
    tasks = session.scalars(
        select(WorkItem)
        .join(ProcessInstance, ProcessInstance.id == WorkItem.case_id)
        .where(
            WorkItem.state.in_(OPEN_STATES),
            WorkItem.kind == WorkItemKind.TASK,
            or_(
                WorkItem.case_id.in_(own),
                and_(
                    ProcessInstance.key.in_(meetings),
                    ProcessInstance.status == InstanceStatus.RUNNING,
                    ProcessInstance.confidential.is_(False),
                ),
            ),
        )
        .order_by(WorkItem.opened_at, WorkItem.id)
    ).all()
    found = {item.id: _task_of(item, tasks, seen) for item in open_items}
    names = directory.names(session, [task.assignee_id for task in found.values() if task is not None])

    def held(item: LearningItem) -> Held:
        task = found[item.id]
        if task is None:
            role = None if item.held_by is None else partnership.role_name(item.held_by)
            return Held(role, partnership.body_name(item.held_body) or None, None, item.held_since)
        access = CaseAccess(task.case_id, confidential=False)  # whether it may be seen is not the question here
        return Held(
            role=partnership.role_name(task.acting_role or task.role),
            body=partnership.body_name(task.body) or None,
            person=names.get(task.assignee_id) if task.assignee_id else None,
            since=task.opened_at,
            task=task.title,
            due_at=task.due_at,
            work_item_id=task.id if policy.is_asked(by, directory.asked_of(task), access, partnership) else None,
            vacant=task.acting_role is None,
        )

    return {item.id: held(item) for item in open_items}


def _task_of(item: LearningItem, tasks: Sequence[WorkItem], seen: Around) -> WorkItem | None:
    """The oldest task that names the link; in a case of the link's own the oldest that names none.

    A case with other links in it (a meeting's) has tasks about other things: there the link's own holder is nearer.
    """
    named = next((task for task in tasks if _names(task, item)), None)
    if named is not None:
        return named
    bears_its_reference = seen.reference(item.case_id) == item.reference
    if not bears_its_reference and item.held_by is not None:
        return None
    if not bears_its_reference and any(task.case_id == item.case_id and task.facts for task in tasks):
        return None
    return next((task for task in tasks if task.case_id == item.case_id and not task.facts), None)


def _names(task: WorkItem, item: LearningItem) -> bool:
    """By its reference, or in its own case by its key."""
    known = {item.reference, *([item.key] if item.key and task.case_id == item.case_id else [])}
    return any(
        fact in known if isinstance(fact, str) else bool(known & {fact.get("reference"), fact.get("key")})
        for fact in task.facts.values()
        if isinstance(fact, str | dict)
    )
