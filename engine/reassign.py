"""Who acts on open tasks, looked up again after an appointment, an absence or a conflict."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import directory, jobs
from engine.model import Appointment, ProcessInstance, WorkItem
from engine.runtime import runtime_of
from engine.types import LONDON, OPEN_STATES, JobKind, WorkItemState


def case_tasks(session: Session, case: ProcessInstance, *, now: datetime) -> None:
    _again(
        session,
        session.scalars(
            select(WorkItem).where(WorkItem.case_id == case.case_id, WorkItem.state.in_(OPEN_STATES))
        ).all(),
        now=now,
    )


def roles_of(session: Session, person_id: UUID, *, now: datetime) -> None:
    """Every open task of a role that this person holds or that falls back to it."""
    held = session.scalars(select(Appointment.role).where(Appointment.person_id == person_id)).all()
    of_roles(session, held, now=now)


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
    partnership = runtime_of(session).partnership
    wanted = {r for r in partnership.roles if set(partnership.stand_ins(r)) & set(roles)} | set(roles)
    _again(
        session,
        session.scalars(select(WorkItem).where(WorkItem.role.in_(wanted), WorkItem.state.in_(OPEN_STATES))).all(),
        now=now,
    )


def _again(session: Session, items: Iterable[WorkItem], *, now: datetime) -> None:
    for item in items:
        case = session.get_one(ProcessInstance, item.case_id)
        role, people = directory.candidates(session, case, directory.asked_of(item), now=now)
        item.acting_role = role
        if item.state == WorkItemState.RESERVED and item.assignee_id not in {p.person_id for p in people}:
            item.state, item.assignee_id = WorkItemState.READY, None
