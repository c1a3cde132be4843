from datetime import datetime

from sqlalchemy.orm import Session

from engine.model import Deadline, Job, Mail, WorkItem
from engine.types import OPEN_STATES, DeadlineStatus


def mail_to_send(session: Session, job: Job) -> Mail | None:
    """The mail, if it is still to be sent: checked in the last transaction before it leaves."""
    mail = session.get(Mail, job.subject_id)
    if mail is None or mail.sent_at is not None:
        return None
    if mail.work_item_id is not None:
        item = session.get(WorkItem, mail.work_item_id)
        if item is None or item.state not in OPEN_STATES:
            return None
    if mail.deadline_id is not None:
        deadline = session.get(Deadline, mail.deadline_id)
        if deadline is None or deadline.status != DeadlineStatus.OPEN:
            return None
    return mail


def mark_mail_sent(session: Session, job: Job, *, now: datetime) -> None:
    session.get_one(Mail, job.subject_id).sent_at = now
