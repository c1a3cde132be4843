"""Who acts on open tasks, looked up again after an appointment, an absence or a conflict."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import directory, jobs
from engine.model import Absence, Appointment, ProcessInstance, WorkItem
from engine.policy import Asked
from engine.runtime import runtime_of
from engine.types import LONDON, OPEN_STATES, JobKind, Participant, WorkItemState


def case_tasks(session: Session, case: ProcessInstance, *, now: datetime) -> None:
    _again(
        session,
        session.scalars(
            select(WorkItem).where(WorkItem.case_id == case.case_id, WorkItem.state.in_(OPEN_STATES))
        ).all(),
        now=now,
    )


def duties_of_case(session: Session, case: ProcessInstance, *, now: datetime) -> None:
    """After a deed: it may bar whoever did it from another task that is open."""
    items = session.scalars(
        select(WorkItem).where(WorkItem.case_id == case.case_id, WorkItem.state.in_(OPEN_STATES))
    ).all()
    _again(session, [item for item in items if item.may_not], now=now)


def roles_of(session: Session, person_id: UUID, *, now: datetime) -> None:
    """Every open task of a role that this person holds or that falls back to it; of a substitute's own roles, too,
    since what somebody stands in for may bar them from what they did themselves."""
    substitutes = select(Absence.substitute_id).where(Absence.person_id == person_id)
    concerned = or_(Appointment.person_id == person_id, Appointment.person_id.in_(substitutes))
    of_roles(session, session.scalars(select(Appointment.role).where(concerned)).all(), now=now)


def promise(session: Session, person_id: UUID, day: date, *, now: datetime) -> None:
    """Look again when that day begins in London."""
    begins = datetime.combine(day, time(), LONDON).astimezone(UTC)
    if begins > now:
        jobs.promise(
            session,
            JobKind.REASSIGN,
            f"reassign/{person_id}/{day}",
            due_at=begins,
            now=now,
            subject_id=person_id,
        )


def of_roles(session: Session, roles: Iterable[str], *, now: datetime) -> None:
    partnership, concerned = runtime_of(session).partnership, set(roles)
    asked = {r for r in partnership.roles if concerned & set(partnership.deputies(r))} | concerned
    acting = concerned | (set(partnership.vacancy) if concerned & set(partnership.vacancy) else set())
    wanted = or_(WorkItem.role.in_(asked), WorkItem.acting_role.in_(acting), WorkItem.acting_role.is_(None))
    _again(
        session,
        session.scalars(select(WorkItem).where(wanted, WorkItem.state.in_(OPEN_STATES))).all(),
        now=now,
    )


def _again(session: Session, items: Iterable[WorkItem], *, now: datetime) -> None:
    for item in items:
        case = session.get_one(ProcessInstance, item.case_id)
        asked = directory.asked_of(item)
        item.acting_role, people = directory.candidates(session, case, asked, now=now)
        if item.state == WorkItemState.RESERVED and item.assignee_id not in {
            person.person_id for person in [*people, *_beside(session, case, asked, now=now)]
        }:
            item.state, item.assignee_id = WorkItemState.READY, None


def _beside(session: Session, case: ProcessInstance, asked: Asked, *, now: datetime) -> Iterator[Participant]:
    """Who may do it through a role asked besides the first; nobody stands in for these."""
    for role in asked.also:
        acting, people = directory.candidates(session, case, replace(asked, role=role), now=now)
        if acting == role:
            yield from people
