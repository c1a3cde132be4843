"""What the partnership learned, from an input to the test of what was done about it, and how one led to another."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.model.base import Base, Keyed
from engine.types import LearningKind


class LearningItem(Keyed, Base):
    """One link of the chain. It is anonymous: only a case's own access list is told which case it came from."""

    __tablename__ = "learning_item"
    __table_args__ = (UniqueConstraint("case_id", "kind", "key"), Index(None, "kind", "closed_at", "made_at"))

    kind: Mapped[LearningKind]
    reference: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)  # where it was made
    key: Mapped[str]  # of several of a kind made there
    source_case_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    title: Mapped[str]
    status: Mapped[str]
    loop: Mapped[int]  # how often what was learned has come round: 1 is the first time
    data: Mapped[dict[str, Any]]
    held_by: Mapped[str | None]  # the role that is to do something about it
    held_body: Mapped[str | None]
    held_since: Mapped[datetime]
    made_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class LearningLink(Base):
    """`to` came out of `from`."""

    __tablename__ = "learning_link"

    from_id: Mapped[UUID] = mapped_column(ForeignKey("learning_item.id"), primary_key=True)
    to_id: Mapped[UUID] = mapped_column(ForeignKey("learning_item.id"), primary_key=True, index=True)
    at: Mapped[datetime]
