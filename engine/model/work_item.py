"""Tasks waiting for people, what they typed so far, and what they answered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.model.base import Base, Keyed
from engine.types import Sensitivity, WorkItemKind, WorkItemState


class WorkItem(Keyed, Base):
    """`role` is who the diagram asks; `acting_role` who stands in for it now (vacancy, absence, conflict)."""

    __tablename__ = "work_item"
    __table_args__ = (
        Index(None, "acting_role", "state", "due_at"),
        Index(None, "assignee_id", "state", "due_at"),
        Index(None, "case_id", "state"),
        Index(None, "instance_id", "state"),
        Index(None, "completed_by", "closed_at"),
    )

    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    kind: Mapped[WorkItemKind]
    task_id: Mapped[str | None]  # the engine's own id; none for a chase
    process_key: Mapped[str]
    element: Mapped[str]
    title: Mapped[str]
    form: Mapped[str | None]
    role: Mapped[str]
    also: Mapped[list[str]]  # further roles that may do it
    acting_role: Mapped[str | None]
    body: Mapped[str | None]
    does: Mapped[str | None]
    may_not: Mapped[list[str]]
    scope: Mapped[str | None]  # ballot or plan within the case, for the separation of duties
    ladder: Mapped[str | None]
    meets: Mapped[str | None]
    facts: Mapped[dict[str, Any]]  # the loop's items: which agency, which partner
    state: Mapped[WorkItemState]
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    deadline_id: Mapped[UUID | None] = mapped_column(ForeignKey("deadline.id"), index=True)
    due_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    completed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    completed_as: Mapped[str | None]


class Draft(Base):
    """What one person has typed into one task so far; sealed, and gone when the task closes."""

    __tablename__ = "draft"

    work_item_id: Mapped[UUID] = mapped_column(ForeignKey("work_item.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    answers: Mapped[bytes]
    saved_at: Mapped[datetime]


class Submission(Keyed, Base):
    """The answers of one completed form: the open ones here, the confidential ones sealed beside."""

    __tablename__ = "submission"
    __table_args__ = (Index(None, "case_id", "element", "at"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    work_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("work_item.id"), index=True)
    process_key: Mapped[str]
    version: Mapped[int]
    form: Mapped[str]
    element: Mapped[str]
    body: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    answers: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    by: Mapped[UUID | None]
    role: Mapped[str | None]


class SealedValue(Keyed, Base):
    """One confidential answer, encrypted; `digest` is its keyed hash, which outlives an erasure."""

    __tablename__ = "sealed_value"
    __table_args__ = (Index(None, "case_id", "name"), Index(None, "submission_id"))

    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"))
    name: Mapped[str]
    sensitivity: Mapped[Sensitivity]
    sealed: Mapped[bytes | None]
    digest: Mapped[str]
    at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class MatchToken(Base):
    """A keyed hash by which two cases about the same child are recognised without reading either."""

    __tablename__ = "match_token"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    token: Mapped[str] = mapped_column(primary_key=True, index=True)


class Attachment(Keyed, Base):
    __tablename__ = "attachment"

    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    work_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("work_item.id"))
    name: Mapped[bytes]  # sealed: a file name may tell
    media_type: Mapped[str]
    size: Mapped[int]
    digest: Mapped[str]
    sealed: Mapped[bytes | None]
    at: Mapped[datetime]
    by: Mapped[UUID | None]
    erased_at: Mapped[datetime | None]
