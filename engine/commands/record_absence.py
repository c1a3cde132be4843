from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from engine import audit, reassign
from engine.errors import EngineError
from engine.model import Absence
from engine.types import Participant


class AbsenceBackwards(EngineError):
    """The last day of an absence can not be before its first."""

    code = "absence-backwards"
    advice = "Enter the first and last day again."


def record_absence(
    session: Session,
    person_id: UUID,
    *,
    from_on: date,
    to_on: date,
    substitute_id: UUID | None,
    by: Participant,
    now: datetime,
) -> None:
    """A person is away; the substitute acts in the same roles for those days, under the same exclusions."""
    if to_on < from_on:
        raise AbsenceBackwards()
    session.add(Absence(person_id=person_id, from_on=from_on, to_on=to_on, substitute_id=substitute_id))
    session.flush()  # whoever stands in is looked up below
    reassign.roles_of(session, person_id, now=now)
    for day in (from_on, to_on + timedelta(days=1)):
        reassign.promise(session, person_id, day, now=now)
    audit.record(
        session,
        "absence-recorded",
        by=by,
        at=now,
        away=str(person_id),
        from_on=from_on.isoformat(),
        to_on=to_on.isoformat(),
        substitute=None if substitute_id is None else str(substitute_id),
    )
