from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from engine import audit, reassign
from engine.model import ApiToken, Person, SignIn
from engine.types import Participant


def disable_person(session: Session, person_id: UUID, *, by: Participant, now: datetime) -> None:
    """End somebody's access in this moment: sessions and tokens end, open tasks go to whoever stands in."""
    person = session.get_one(Person, person_id, with_for_update=True)
    if person.disabled_at is None:
        person.disabled_at = now
    session.execute(delete(SignIn).where(SignIn.person_id == person_id))
    session.execute(
        update(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None)).values(revoked_at=now)
    )
    session.flush()  # whoever stands in is looked up below
    reassign.roles_of(session, person_id, now=now)
    audit.record(session, "person-disabled", by=by, at=now, person=str(person_id))
