from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from engine.model import Base, Deadline, Job, Mail, WorkItem
from engine.types import OPEN_STATES, DeadlineStatus

_UNSENT = (
    select(Mail, WorkItem.state, Deadline.status)
    .outerjoin(WorkItem, Mail.work_item_id == WorkItem.id)
    .outerjoin(Deadline, Mail.deadline_id == Deadline.id)
    .where(Mail.id == bindparam("id"), Mail.sent_at.is_(None))
)
_TABLE = Base.metadata.tables[Mail.__tablename__]
_SENT = update(_TABLE).where(_TABLE.c.id == bindparam("mail")).values(sent_at=bindparam("now"))


def mail_to_send(session: Session, job: Job) -> Mail | None:
    """The mail, if it is still to be sent: checked in the last transaction before it leaves."""
    found = session.execute(_UNSENT, {"id": job.subject_id}).one_or_none()
    if found is None:
        return None
    mail, task, deadline = found
    if task is not None and task not in OPEN_STATES:
        return None
    return mail if deadline is None or deadline == DeadlineStatus.OPEN else None


def mark_mail_sent(session: Session, mail_id: UUID, *, now: datetime) -> None:
    session.execute(_SENT, {"mail": mail_id, "now": now})
