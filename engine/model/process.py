"""Published processes and their cases."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.model.base import Base, Keyed
from engine.types import InstanceStatus


class ProcessDefinition(Keyed, Base):
    """An immutable published version of one process: its diagram, forms and tables, word for word."""

    __tablename__ = "process_definition"
    __table_args__ = (UniqueConstraint("key", "version"),)

    key: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    family: Mapped[str]
    owner: Mapped[str]
    case_data: Mapped[bool]
    starts_on: Mapped[list[str]]  # names of the messages that begin it
    files: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)  # read when nobody has parsed it yet
    published_at: Mapped[datetime]
    published_by: Mapped[UUID | None]


class Bundle(Base):
    """The versions that one case runs on: its process and every process that one calls, pinned at its start."""

    __tablename__ = "bundle"

    digest: Mapped[str] = mapped_column(primary_key=True)
    root: Mapped[str]
    versions: Mapped[dict[str, Any]]  # process key -> version


class ProcessInstance(Keyed, Base):
    """One enactment. The first of a case gives the case its reference; those it starts belong to it."""

    __tablename__ = "process_instance"
    __table_args__ = (Index(None, "case_id", "started_at"), Index(None, "status", "key"))

    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    origin_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))  # the case whose message began it
    key: Mapped[str]
    version: Mapped[int]
    bundle_digest: Mapped[str] = mapped_column(ForeignKey("bundle.digest"))
    reference: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    confidential: Mapped[bool]
    status: Mapped[InstanceStatus]
    state: Mapped[bytes]
    revision: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    started_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]

    __mapper_args__ = {  # noqa: RUF012 - as SQLAlchemy declares it
        "version_id_col": revision,
        "version_id_generator": False,
    }


class ReferenceCounter(Base):
    __tablename__ = "reference_counter"

    prefix: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
