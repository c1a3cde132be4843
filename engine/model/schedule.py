"""Since when the product keeps a schedule."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from engine.model.base import Base


class ScheduleStart(Base):
    """Occurrences before this day are nobody's: the product was not there yet."""

    __tablename__ = "schedule_start"

    schedule: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[date]
