"""Instances that begin by the calendar: each occurrence exactly once, however many workers look (DOMAIN 6, S33)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import jobs
from engine.deadlines import calendar
from engine.model import Job, ProcessDefinition, ScheduleStart
from engine.runtime import runtime_of
from engine.store import add_once
from engine.types import LONDON, JobKind, JobState
from engine.working_time import Schedule, at_london, london_day

AHEAD = timedelta(days=400)  # as long may the product stand still without an occurrence being forgotten
OPENS = time(8)


def plan(session: Session, *, now: datetime) -> None:
    """Promise every occurrence of the coming months that is not promised yet; withdraw those that no calendar names.

    A schedule counts from the day it is first planned: what lay before is nobody's any more.
    """
    partnership, today = runtime_of(session).partnership, london_day(now)
    published = set(session.scalars(select(ProcessDefinition.key).distinct()))
    wanted: dict[str, Job] = {}
    for schedule in partnership.schedules.values():
        if schedule.process not in published:
            continue
        since = _since(session, schedule.id, today)
        for day in schedule.occurrences(since, today + AHEAD, calendar(session)):
            key = job_key(schedule.id, day)
            opens = at_london(schedule.begins_on(day, calendar(session)), OPENS)
            wanted[key] = Job(
                kind=JobKind.START_SCHEDULED, key=key, state=JobState.WAITING, due_at=opens, detail=key, created_at=now
            )
    waiting = select(Job).where(Job.kind == JobKind.START_SCHEDULED, Job.state == JobState.WAITING)
    for job in session.scalars(waiting.with_for_update()):
        if job.key not in wanted:
            job.state, job.closed_at = JobState.CANCELLED, now
    jobs.promise_all(session, list(wanted.values()))


def _since(session: Session, schedule: str, today: date) -> date:
    found = session.get(ScheduleStart, schedule)
    made = ScheduleStart(schedule=schedule, since=today)
    return (found or add_once(session, made, lambda: session.get_one(ScheduleStart, schedule))).since


def job_key(schedule: str, day: date) -> str:
    return f"schedule/{schedule}/{day}"


def named(session: Session, key: str) -> tuple[Schedule, date]:
    """The schedule and the day that a job is for; KeyError when the partnership has no such schedule any more."""
    _, schedule, day = key.split("/")
    return runtime_of(session).partnership.schedules[schedule], date.fromisoformat(day)


def meetings(session: Session, group: str, first: date, last: date) -> list[date]:
    """The days on which a group meets, by the partnership's calendar."""
    partnership = runtime_of(session).partnership
    found = [s for s in partnership.schedules.values() if s.group == group]
    return sorted({day for s in found for day in s.occurrences(first, last, calendar(session))})


@dataclass(frozen=True)
class Coming:
    schedule: Schedule
    day: date
    begins_on: date
    promised: bool


def coming(session: Session, *, now: datetime) -> list[Coming]:
    """What is to begin from today on, in order; `promised` is False while its process is not published."""
    partnership, days, today = runtime_of(session).partnership, calendar(session), london_day(now)
    promised = set(session.scalars(select(Job.key).where(Job.kind == JobKind.START_SCHEDULED)))
    return sorted(
        (
            Coming(schedule, day, schedule.begins_on(day, days), job_key(schedule.id, day) in promised)
            for schedule in partnership.schedules.values()
            for day in schedule.occurrences(today, today + AHEAD, days)
        ),
        key=lambda row: (row.begins_on, row.day, row.schedule.id),
    )


def facts(session: Session, schedule: Schedule, day: date, *, now: datetime) -> Mapping[str, object]:
    """What an instance begun by the calendar starts with."""
    opens = schedule.begins_on(day, calendar(session))
    days = list(schedule.occurrences(date(day.year, 1, 1), date(day.year, 12, 31), calendar(session)))
    return {
        "schedule": schedule.id,
        "scheduled_on": day.isoformat(),
        "scheduled_at": at_london(day, schedule.at).astimezone(LONDON).isoformat(),
        "number_in_year": days.index(day) + 1 if day in days else None,
        "begun_late": london_day(now) > calendar(session).next_or_same(opens),
    }
