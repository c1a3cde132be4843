"""Whether the installation is well."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.directory import london_date
from engine.model import Heartbeat, Job
from engine.types import JobState
from engine.working_time.calendar import bank_holidays


@dataclass(frozen=True)
class Health:
    worker_seen: datetime | None
    due_jobs: int
    incidents: int
    holidays_reach_a_year: bool


def health(session: Session, *, now: datetime) -> Health:
    next_year = london_date(now + timedelta(days=365)).year
    return Health(
        worker_seen=session.scalar(select(func.max(Heartbeat.seen_at))),
        due_jobs=session.scalar(
            select(func.count()).select_from(Job).where(Job.state == JobState.WAITING, Job.due_at <= now)
        )
        or 0,
        incidents=session.scalar(select(func.count()).select_from(Job).where(Job.state == JobState.INCIDENT)) or 0,
        holidays_reach_a_year=len(bank_holidays(next_year)) >= 8,
    )
