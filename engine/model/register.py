"""What the partnership must be able to list: registers, and who did what in a case."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.model.base import Base, Keyed


class RegisterEntry(Keyed, Base):
    """One row of a register (decisions not to notify, agency returns, breaches, …); nothing that identifies."""

    __tablename__ = "register_entry"
    __table_args__ = (UniqueConstraint("register", "case_id", "key"), Index(None, "register", "at"))

    register: Mapped[str]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)
    key: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Deed(Keyed, Base):
    """What a person did in a case, as the separation of duties names it: voted, scrutinised, sat on the panel."""

    __tablename__ = "deed"
    __table_args__ = (Index(None, "case_id", "person_id"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str | None]
    action: Mapped[str]
    scope: Mapped[str | None]
    work_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("work_item.id"))
    at: Mapped[datetime]
