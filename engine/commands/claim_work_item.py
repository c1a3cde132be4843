from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from engine import audit
from engine.model import WorkItem
from engine.taking import check_may_do, check_open, lock_work_item
from engine.types import Participant, WorkItemState


def claim_work_item(session: Session, work_item_id: UUID, *, by: Participant, now: datetime) -> WorkItem:
    """Reserve a ready task for one person; claiming one's own again is no error."""
    _, item = lock_work_item(session, work_item_id)
    check_may_do(session, item, by)
    check_open(session, item, by)
    if item.state == WorkItemState.READY:
        item.state, item.assignee_id = WorkItemState.RESERVED, by.person_id
        audit.record(
            session,
            "task-claimed",
            by=by,
            at=now,
            case_id=item.case_id,
            instance_id=item.instance_id,
            work_item_id=item.id,
            element=item.element,
        )
    return item
