"""The vacancy list: open tasks that nobody can do now, because of vacancy, absence, conflict or separated duties."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model import ProcessInstance, WorkItem
from engine.policy import NotFound
from engine.runtime import runtime_of
from engine.types import OPEN_STATES, Participant, WorkItemKind


@dataclass(frozen=True)
class Vacancy:
    """Reference, title and role: what anybody may know of a case, whoever is kept out of it."""

    reference: str
    title: str
    role: str
    body: str | None
    opened_at: datetime
    due_at: datetime | None


def vacancies(session: Session, by: Participant | None) -> tuple[Vacancy, ...]:
    """For those who act where all others are missing; `None` is the operator at the command line."""
    partnership = runtime_of(session).partnership
    if by is not None and not by.roles & set(partnership.vacancy):
        raise NotFound()
    rows = session.execute(
        select(WorkItem, ProcessInstance.reference)
        .join(ProcessInstance, ProcessInstance.id == WorkItem.case_id)
        .where(
            WorkItem.state.in_(OPEN_STATES),
            WorkItem.kind != WorkItemKind.EVENT,
            WorkItem.acting_role.is_(None),
        )
        .order_by(WorkItem.due_at.asc().nulls_last(), WorkItem.opened_at, WorkItem.id)
    )
    return tuple(
        Vacancy(
            reference=reference,
            title=item.title,
            role=partnership.role_name(item.role),
            body=partnership.body_name(item.body) or None,
            opened_at=item.opened_at,
            due_at=item.due_at,
        )
        for item, reference in rows
    )
