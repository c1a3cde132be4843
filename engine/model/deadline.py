"""Due dates of record, and the facts they are counted from."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.model.base import Base, Keyed
from engine.types import DeadlineStatus


class Anchor(Keyed, Base):
    """A moment that deadlines count from, with every value it ever had: the newest row holds."""

    __tablename__ = "anchor"
    __table_args__ = (Index(None, "case_id", "name", "set_at"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    name: Mapped[str]
    at: Mapped[datetime]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]
    reason: Mapped[str | None]


class Deadline(Keyed, Base):
    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("case_id", "code", "occurrence"),
        Index(None, "status", "due_at"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    code: Mapped[str]  # D07; or the element id for a task's own rule
    occurrence: Mapped[int]  # 0, or the how-manieth time for a task's own rule
    name: Mapped[str]
    rule: Mapped[str]
    basis: Mapped[str | None]
    source: Mapped[str | None]
    anchor: Mapped[str]
    anchor_at: Mapped[datetime]
    due_at: Mapped[datetime]
    limit_at: Mapped[datetime | None]  # a statutory limit is met until then
    statutory: Mapped[bool]
    responsible: Mapped[list[str]]
    ladder: Mapped[str | None]
    status: Mapped[DeadlineStatus]
    closed_at: Mapped[datetime | None]


class DeadlineMove(Keyed, Base):
    """Why and when a due date changed; both dates are kept."""

    __tablename__ = "deadline_move"

    deadline_id: Mapped[UUID] = mapped_column(ForeignKey("deadline.id"), index=True)
    from_due: Mapped[datetime]
    to_due: Mapped[datetime]
    at: Mapped[datetime]
    reason: Mapped[str]
    by: Mapped[UUID | None]


class CalendarChange(Keyed, Base):
    """A day added to, or taken from, the bank holidays of England."""

    __tablename__ = "calendar_change"

    on: Mapped[date]
    label: Mapped[str]
    removed: Mapped[bool]
    at: Mapped[datetime]
    by: Mapped[UUID | None]
