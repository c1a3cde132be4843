"""The history: who did or saw what. Numbered without gaps and chained, so that a change shows."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model import AuditEvent, AuditHead
from engine.store import add_once
from engine.types import Participant

GENESIS = "0" * 64
_IN_ORDER = select(AuditEvent).order_by(AuditEvent.seq).execution_options(yield_per=1000)


@dataclass(frozen=True)
class Fault:
    """The first row that does not fit."""

    seq: int
    words: str


def record(
    session: Session,
    action: str,
    *,
    by: Participant,
    at: datetime,
    case_id: UUID | None = None,
    instance_id: UUID | None = None,
    work_item_id: UUID | None = None,
    role: str | None = None,
    idempotency_key: str | None = None,
    **details: Any,
) -> None:
    """Write one event when the transaction commits; nothing confidential may be in `details`.

    `idempotency_key` may end in `#` and a digest of what was asked, which is kept apart from it.
    """
    if idempotency_key is not None and "#" in idempotency_key:
        idempotency_key, _, details["request"] = idempotency_key.rpartition("#")
    session.info.setdefault("history", []).append(
        AuditEvent(
            at=at,
            case_id=case_id,
            instance_id=instance_id,
            work_item_id=work_item_id,
            person_id=by.person_id,
            role=role,
            action=action,
            details=details,
            idempotency_key=idempotency_key,
        )
    )


def write_history(session: Session) -> None:
    """Called by the store just before each commit: number and chain what was recorded.

    The head is locked last of all, so that transactions on different cases meet here only for a moment.
    """
    events: list[AuditEvent] = session.info.pop("history", [])
    if not events:
        return
    session.flush()  # whatever else this transaction wrote takes its locks before the head does
    head = _head(session) or _first_head(session)
    for event in events:
        head.seq += 1
        event.seq, event.previous = head.seq, head.hash
        event.hash = digest(event)
        head.hash = event.hash
        session.add(event)


_HEAD = select(AuditHead).with_for_update()


def _head(session: Session) -> AuditHead | None:
    return session.scalars(_HEAD).one_or_none()


def _first_head(session: Session) -> AuditHead:
    return add_once(
        session,
        AuditHead(id=1, seq=0, hash=GENESIS),
        lambda: session.scalars(_HEAD).one(),
    )


def digest(event: AuditEvent) -> str:
    """SHA-256 over every column but itself."""
    covered = [
        event.seq,
        event.at.isoformat(),
        *(None if v is None else str(v) for v in (event.case_id, event.instance_id, event.work_item_id)),
        None if event.person_id is None else str(event.person_id),
        event.role,
        event.action,
        event.details,
        event.idempotency_key,
        event.previous,
    ]
    return sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).hexdigest()


def verify(session: Session) -> Fault | None:
    """Walk the chain from its beginning; None when every row fits and the head is the last."""
    expected, previous = 1, GENESIS
    with closing(session.scalars(_IN_ORDER)) as events:
        for event in events:
            if event.seq != expected:
                return Fault(expected, f"Event {expected} is missing: after it comes event {event.seq}.")
            if event.previous != previous:
                return Fault(event.seq, f"Event {event.seq} does not follow the one before it.")
            if digest(event) != event.hash:
                return Fault(event.seq, f"Event {event.seq} ({event.action}) was changed after it was written.")
            expected, previous = expected + 1, event.hash
    head = session.scalars(select(AuditHead)).one_or_none()
    if head is None and expected > 1:
        return Fault(expected, "The head of the history is missing.")
    if head is not None and (head.seq != expected - 1 or head.hash != previous):
        return Fault(expected, f"The history ends at event {expected - 1}, but {head.seq} were written.")
    return None
