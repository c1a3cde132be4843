from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from engine import audit
from engine.model import WorkItem
from engine.taking import check_may_do, check_open, lock_work_item
from engine.types import Participant, WorkItemState


def release_work_item(session: Session, work_item_id: UUID, *, by: Participant, now: datetime) -> WorkItem:
    """Give a claimed task back to everybody who is asked; what was typed stays as its draft."""
    _, item = lock_work_item(session, work_item_id)
    check_may_do(session, item, by)
    check_open(session, item, by)
    if item.state == WorkItemState.RESERVED:
        item.state, item.assignee_id = WorkItemState.READY, None
        audit.record(
            session,
            "task-released",
            by=by,
            at=now,
            case_id=item.case_id,
            instance_id=item.instance_id,
            work_item_id=item.id,
            element=item.element,
        )
    return item
