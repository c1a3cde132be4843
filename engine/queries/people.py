"""People as the sign-in page and the frame show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from engine.directory import london_date
from engine.model import Appointment, Person, WorkItem
from engine.runtime import runtime_of
from engine.types import OPEN_STATES, Participant, WorkItemKind


@dataclass(frozen=True)
class Choice:
    person_id: UUID
    name: str
    roles: str
    waiting: int
    group: str


def sign_in_choices(session: Session, *, now: datetime) -> Sequence[Choice]:
    """Everybody who holds a role today, those with tasks first; single points of contact in a group of their own."""
    today = london_date(now)
    rows = session.execute(
        select(Person.id, Person.name, Appointment.role, Appointment.body)
        .join(Appointment, Appointment.person_id == Person.id)
        .where(
            Person.disabled_at.is_(None),
            Appointment.from_on <= today,
            or_(Appointment.to_on.is_(None), Appointment.to_on >= today),
        )
        .order_by(Person.name, Person.id, Appointment.role)
    ).all()
    waiting = {
        (role, body): count
        for role, body, count in session.execute(
            select(WorkItem.acting_role, WorkItem.body, func.count())
            .where(WorkItem.state.in_(OPEN_STATES), WorkItem.kind != WorkItemKind.EVENT)
            .group_by(WorkItem.acting_role, WorkItem.body)
        )
    }
    partnership = runtime_of(session).partnership
    people: dict[UUID, list[tuple[str, str | None]]] = {}
    names: dict[UUID, str] = {}
    for person_id, name, role, body in rows:
        people.setdefault(person_id, []).append((role, body))
        names[person_id] = name
    found = []
    for person_id, held in people.items():
        count = sum(
            n
            for (role, body), n in waiting.items()
            if any((role == r and body in (None, b)) or (role == r and b is None) for r, b in held)
        )
        contact = any(role in partnership.sees_own_part for role, _ in held)
        found.append(
            Choice(
                person_id,
                names[person_id],
                ", ".join(dict.fromkeys(partnership.role_name(role) for role, _ in held)),
                count,
                "Agencies" if contact else "The partnership",
            )
        )
    return sorted(found, key=lambda c: (c.group == "Agencies", c.waiting == 0, c.name))


def roles_of(session: Session, by: Participant) -> str:
    partnership = runtime_of(session).partnership
    return ", ".join(dict.fromkeys(sorted(partnership.role_name(role) for role in by.roles)))
