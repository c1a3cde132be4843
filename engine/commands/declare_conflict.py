from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from engine import audit, reassign
from engine.model import Exclusion
from engine.runtime import runtime_of
from engine.taking import lock_instance
from engine.types import Participant


def declare_conflict(
    session: Session,
    case_id: UUID,
    person_id: UUID | None,
    *,
    reason: str,
    by: Participant,
    now: datetime,
    body: str | None = None,
) -> None:
    """Keep a person, or everybody of a body, out of one case whatever roles they hold; their tasks go elsewhere."""
    case = lock_instance(session, case_id)
    exclusion = Exclusion(
        case_id=case.id,
        person_id=person_id,
        body=body,
        reason=runtime_of(session).sealer.seal(reason, place=f"exclusion/{case.id}"),
        declared_at=now,
        declared_by=by.person_id,
    )
    session.add(exclusion)
    session.flush()  # whoever stands in is looked up below
    reassign.case_tasks(session, case, now=now)
    audit.record(
        session,
        "conflict-declared",
        by=by,
        at=now,
        case_id=case.id,
        excluded=None if person_id is None else str(person_id),
        body=body,
    )
