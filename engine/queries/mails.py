"""The newest mails, for the demonstration's viewer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.model import Mail
from engine.runtime import runtime_of

PAGE = 25


@dataclass(frozen=True)
class MailRow:
    subject: str
    text: str
    to: str
    role: str
    rung: str
    made_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class Mails:
    rows: tuple[MailRow, ...]
    total: int
    page: int
    pages: int


def mails(session: Session, *, page: int = 1) -> Mails:
    partnership = runtime_of(session).partnership
    total = session.scalar(select(func.count()).select_from(Mail)) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    found = session.scalars(
        select(Mail).order_by(Mail.made_at.desc(), Mail.id).limit(PAGE).offset((page - 1) * PAGE)
    ).all()
    rows = (
        MailRow(m.subject, m.text, m.address, partnership.role_name(m.role), m.rung, m.made_at, m.sent_at)
        for m in found
    )
    return Mails(tuple(rows), total, page, pages)
