"""The history: gapless, chained, append-only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DDL, Index, event
from sqlalchemy.orm import Mapped, mapped_column

from engine.model.base import Base, append_only


class AuditEvent(Base):
    """`hash` covers every other column and the hash before it. Details hold no confidential values."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "case_id", "seq"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    case_id: Mapped[UUID | None]
    instance_id: Mapped[UUID | None]
    work_item_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    role: Mapped[str | None]
    action: Mapped[str]
    details: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    previous: Mapped[str]
    hash: Mapped[str]


for _dialect, _statements in append_only(AuditEvent.__tablename__).items():
    for _statement in _statements:
        event.listen(AuditEvent.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]


class AuditHead(Base):
    """The one row that gives out numbers; whoever writes history locks it last."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str]
