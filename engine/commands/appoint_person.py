from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from engine import audit, reassign
from engine.errors import EngineError
from engine.model import Appointment
from engine.runtime import runtime_of
from engine.types import Participant


class NoSuchRole(EngineError):
    """The partnership has no such role."""

    code = "no-such-role"
    advice = "The roles are listed in the partnership's file."


class AppointedByOneself(EngineError):
    """Nobody gives a role to themselves."""

    code = "appointed-by-oneself"
    advice = "Ask another administrator."


def appoint_person(
    session: Session,
    person_id: UUID,
    role: str,
    *,
    body: str | None,
    from_on: date,
    to_on: date | None,
    by: Participant,
    now: datetime,
) -> None:
    """A person holds a role from a day; tasks that wait for the role are theirs from then on."""
    partnership = runtime_of(session).partnership
    if role not in partnership.roles:
        raise NoSuchRole(f"The partnership has no role called “{role}”.")
    if body is not None and body not in partnership.agencies:
        raise NoSuchRole(f"The partnership has no organisation called “{body}”.")
    if by.person_id == person_id:
        raise AppointedByOneself()
    session.add(
        Appointment(
            person_id=person_id,
            role=role,
            body=body or partnership.roles[role].body,
            from_on=from_on,
            to_on=to_on,
            made_by=by.person_id,
            made_at=now,
        )
    )
    session.flush()  # whoever acts is looked up below
    reassign.of_roles(session, [role], now=now)
    for day in (from_on, *([] if to_on is None else [to_on + timedelta(days=1)])):
        reassign.promise(session, person_id, day, now=now)
    audit.record(
        session,
        "role-appointed",
        by=by,
        at=now,
        person=str(person_id),
        appointed_as=role,
        body=body,
        from_on=from_on.isoformat(),
        to_on=None if to_on is None else to_on.isoformat(),
    )
