"""The newest mails, for the demonstration's viewer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model import Mail
from engine.runtime import runtime_of

MOST = 200


@dataclass(frozen=True)
class MailRow:
    subject: str
    text: str
    to: str
    role: str
    rung: str
    made_at: datetime
    sent_at: datetime | None


def mails(session: Session) -> tuple[MailRow, ...]:
    partnership = runtime_of(session).partnership
    rows = session.scalars(select(Mail).order_by(Mail.made_at.desc(), Mail.id).limit(MOST))
    return tuple(
        MailRow(m.subject, m.text, m.address, partnership.role_name(m.role), m.rung, m.made_at, m.sent_at) for m in rows
    )
