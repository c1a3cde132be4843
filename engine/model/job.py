"""Promises to act, and the mail and messages they carry."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.model.base import Base, Keyed
from engine.types import JobKind, JobState


class Job(Keyed, Base):
    """`key` says what it is for (case / element / occurrence): the same promise is never made twice."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "state", "due_at"), Index(None, "instance_id", "kind", "state"))

    kind: Mapped[JobKind]
    key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[JobState]
    due_at: Mapped[datetime]
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    subject_id: Mapped[UUID | None]  # the work item, deadline, mail or message it acts on
    task_id: Mapped[str | None]
    detail: Mapped[str | None]  # a rung's id, a timer's occurrence
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Mail(Keyed, Base):
    """A notice to one person. It has no room for case data: reference, task, due date, link."""

    __tablename__ = "mail"

    message_id: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)
    work_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("work_item.id"), index=True)
    deadline_id: Mapped[UUID | None] = mapped_column(ForeignKey("deadline.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    address: Mapped[str]
    role: Mapped[str]
    rung: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Message(Keyed, Base):
    """A BPMN message on its way to another process; kept until a process that waits for it exists."""

    __tablename__ = "message"
    __table_args__ = (Index(None, "name", "delivered_at"),)

    name: Mapped[str]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)
    from_instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    to_case_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))  # None: within its own case
    payload: Mapped[dict[str, Any]]
    thrown_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    to_instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
