"""Signing in with a password, in three parts, so that no row is locked while a password is hashed.

Count the try, compare the password outside any transaction, then sign in. A try counts before it is compared, so that
of many at once no more are compared than are allowed; a right one takes its count back.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import audit, directory
from engine.errors import EngineError
from engine.model import Attempt, Person
from engine.store import add_once
from engine.types import Participant

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("the work is the same for an address that nobody has")
FREE_TRIES = {"account": 5, "origin": 20}  # a council's people share one address
LONGEST_WAIT = timedelta(minutes=15)  # after each such time without a try, one is forgiven
LONGEST_KEY = 200  # of an address that nobody needs to have


class TooManyTries(EngineError):
    """Too many tries. Wait some minutes, then try again."""

    code = "too-many-tries"


@dataclass(frozen=True)
class Try:
    """One counted try: for whom, if there is such a person, and what to compare with."""

    account: str
    origin: str
    person_id: UUID | None
    known: str | None = field(repr=False)


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def count_try(session: Session, email: str, *, origin: str, now: datetime) -> Try:
    """Raises TooManyTries, for an account or for an origin."""
    account, origin = f"account/{email.lower()[:LONGEST_KEY]}", f"origin/{origin}"
    for key in (account, origin):  # always in this order: whoever waits for one holds no other that is waited for
        _count(session, key, now=now)
    person = session.scalars(
        select(Person).where(Person.email == email.lower(), Person.disabled_at.is_(None))
    ).one_or_none()
    if person is None:
        return Try(account, origin, None, None)
    return Try(account, origin, person.id, person.password_hash)


def _count(session: Session, key: str, *, now: datetime) -> None:
    def locked() -> Attempt:
        return session.get_one(Attempt, key, with_for_update=True, populate_existing=True)

    row = session.get(Attempt, key, with_for_update=True, populate_existing=True)
    row = row or add_once(session, Attempt(key=key, failures=0, last_at=now), locked)
    row.failures = max(0, row.failures - (now - row.last_at) // LONGEST_WAIT)
    over = row.failures - FREE_TRIES[key.partition("/")[0]]
    if over >= 0 and now - row.last_at < min(timedelta(seconds=15 * 2 ** min(over, 10)), LONGEST_WAIT):
        raise TooManyTries()
    row.failures, row.last_at = row.failures + 1, now


def is_right(tried: Try, password: str) -> bool:
    """Slow by design, and as slow for an address that nobody has."""
    try:
        _HASHER.verify(tried.known or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return tried.known is not None


def sign_in(session: Session, tried: Try, *, now: datetime) -> UUID | None:
    """After the right password: nobody, if the account was disabled or has another password by now."""
    person = session.scalars(
        select(Person).where(
            Person.id == tried.person_id, Person.disabled_at.is_(None), Person.password_hash == tried.known
        )
    ).one_or_none()
    if person is None:
        return None
    session.execute(update(Attempt).where(Attempt.key == tried.account).values(failures=0))
    session.execute(
        update(Attempt)
        .where(Attempt.key == tried.origin, Attempt.failures > 0)
        .values(failures=Attempt.failures - 1)  # its own: a right password says nothing of an origin's wrong ones
    )
    note_sign_in(session, directory.participant(session, person.id, now=now), now=now, how="password")
    return person.id


def note_sign_in(session: Session, by: Participant, *, now: datetime, how: str) -> None:
    audit.record(session, "signed-in", by=by, at=now, how=how)
