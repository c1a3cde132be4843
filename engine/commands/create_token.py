import secrets
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.model import ApiToken
from engine.types import Participant

PREFIX = "lscp_"


def create_token(
    session: Session, person_id: UUID, *, name: str, expires_at: datetime | None, by: Participant, now: datetime
) -> str:
    """A bearer token that acts as this person; only its hash is kept."""
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(digest=token_digest(token), person_id=person_id, name=name, created_at=now, expires_at=expires_at)
    session.add(row)
    audit.record(session, "token-created", by=by, at=now, person=str(person_id), name=name)
    return token


def token_digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def token_owner(session: Session, token: str, *, now: datetime) -> UUID | None:
    row = session.scalars(select(ApiToken).where(ApiToken.digest == token_digest(token))).one_or_none()
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return row.person_id
