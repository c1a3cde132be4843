"""Papers that went out, each version with its content."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.model.base import Base, Keyed


class IssuedPaper(Keyed, Base):
    """`digest` is the SHA-256 that is printed on it; the content itself is sealed, since it may speak about a child."""

    __tablename__ = "issued_paper"
    __table_args__ = (UniqueConstraint("case_id", "kind", "version"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    kind: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str]
    sealed: Mapped[bytes | None]
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]
    erased_at: Mapped[datetime | None]
