"""People, the roles they hold from and to, and when they are away."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.model.base import Base, Keyed


class Person(Keyed, Base):
    __tablename__ = "person"

    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    body: Mapped[str | None]
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Appointment(Keyed, Base):
    """A person holds a role from a day, to a day or until further notice, perhaps for one case only."""

    __tablename__ = "appointment"
    __table_args__ = (Index(None, "role", "from_on"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str]
    body: Mapped[str | None]
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    made_by: Mapped[UUID | None]
    made_at: Mapped[datetime]


class Absence(Keyed, Base):
    """Days on which a person does not act; a substitute acts in the roles for that time, without cascade."""

    __tablename__ = "absence"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    from_on: Mapped[date]
    to_on: Mapped[date]
    substitute_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Exclusion(Keyed, Base):
    """A declared conflict of interest: this person, or everybody of this body, is kept from one case."""

    __tablename__ = "exclusion"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    body: Mapped[str | None]
    reason: Mapped[bytes]  # sealed: it may speak about the child
    declared_at: Mapped[datetime]
    declared_by: Mapped[UUID | None]
