from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine.model import Draft
from engine.runtime import runtime_of
from engine.taking import check_may_do, check_open, lock_work_item
from engine.types import Participant


def save_draft(
    session: Session, work_item_id: UUID, typed: Mapping[str, Any], *, by: Participant, now: datetime
) -> None:
    """Keep what one person has typed so far, good or not yet; sealed, and never looked into."""
    _, item = lock_work_item(session, work_item_id)
    check_may_do(session, item, by)
    check_open(session, item, by)
    place = f"draft/{item.id}/{by.person_id}"
    sealed = runtime_of(session).sealer.seal(dict(typed), place=place)
    session.merge(Draft(work_item_id=item.id, person_id=by.person_id, answers=sealed, saved_at=now))
