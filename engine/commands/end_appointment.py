from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import audit, reassign
from engine.errors import EngineError
from engine.model import Appointment
from engine.types import Participant


class NotAppointed(EngineError):
    """This person does not hold that role then."""

    code = "not-appointed"
    advice = "`lscp person list` shows who holds what."


def end_appointment(
    session: Session, person_id: UUID, role: str, *, body: str | None, last_on: date, by: Participant, now: datetime
) -> None:
    """That day is the last on which the person holds the role; then its tasks go to whoever else does."""
    rows = session.scalars(
        select(Appointment)
        .where(
            Appointment.person_id == person_id,
            Appointment.role == role,
            Appointment.case_id.is_(None),
            or_(Appointment.to_on.is_(None), Appointment.to_on > last_on),
            *(() if body is None else (Appointment.body == body,)),
        )
        .with_for_update()
    ).all()
    if not rows:
        raise NotAppointed()
    for row in rows:
        row.to_on = last_on
    session.flush()  # whoever acts is looked up below
    reassign.of_roles(session, [role], now=now)
    reassign.promise(session, person_id, last_on + timedelta(days=1), now=now)
    audit.record(
        session,
        "role-ended",
        by=by,
        at=now,
        person=str(person_id),
        appointed_as=role,
        body=body,
        to_on=last_on.isoformat(),
    )
