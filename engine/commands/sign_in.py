from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, directory
from engine.errors import EngineError
from engine.model import Attempt, Person
from engine.types import Participant

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("the work is the same for an address that nobody has")
FREE_TRIES = 5
LONGEST_WAIT = timedelta(minutes=15)


class TooManyTries(EngineError):
    """Too many tries. Wait some minutes, then try again."""

    code = "too-many-tries"


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def check_password(session: Session, email: str, password: str, *, origin: str, now: datetime) -> UUID | None:
    """The person whose password this is, or None: counted, and with the same work for unknown addresses."""
    keys = (f"account/{email.lower()}", f"origin/{origin}")
    tries = {k: session.get(Attempt, k) for k in keys}
    for row in tries.values():
        if row is not None and row.failures >= FREE_TRIES:
            wait = min(timedelta(seconds=15 * 2 ** (row.failures - FREE_TRIES)), LONGEST_WAIT)
            if now - row.last_at < wait:
                raise TooManyTries()
    person = session.scalars(
        select(Person).where(Person.email == email.lower(), Person.disabled_at.is_(None))
    ).one_or_none()
    known = person.password_hash if person is not None else None
    try:
        _HASHER.verify(known or _NOBODY, password)
        right = known is not None
    except (VerificationError, InvalidHashError):
        right = False
    for key, row in tries.items():
        if right and row is not None:
            session.delete(row)
        elif not right:
            row = row or Attempt(key=key, failures=0, last_at=now)
            row.failures, row.last_at = row.failures + 1, now
            session.add(row)
    if not right or person is None:
        return None
    note_sign_in(session, directory.participant(session, person.id, now=now), now=now, how="password")
    return person.id


def note_sign_in(session: Session, by: Participant, *, now: datetime, how: str) -> None:
    audit.record(session, "signed-in", by=by, at=now, how=how)
