"""Instances that begin by the calendar: each occurrence exactly once, however many workers look (DOMAIN 6, S33)."""

from collections.abc import Iterable, Iterator, Mapping
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
MOVED = timedelta(days=28)  # an occurrence named anew within so many days of one that has begun is that one, moved
OPENS = time(8)
BEGUN = (JobState.LEASED, JobState.RUNNING, JobState.DONE)


def plan(session: Session, *, now: datetime) -> None:
    """Promise every occurrence of the coming months that is not promised yet; withdraw those that no calendar names.

    A schedule counts from the day it is first planned: what lay before is nobody's any more. One that failed until it
    became an incident is tried again.
    """
    promised = {job.key: job for job in session.scalars(_PROMISED.with_for_update())}
    wanted: dict[str, Job] = {}
    for schedule in _published(session):
        named = {job_key(schedule.id, day): opens for day, opens in _named(session, schedule, now=now)}
        moved = set(_moved(schedule.id, named, promised))
        wanted |= {
            key: Job(
                kind=JobKind.START_SCHEDULED, key=key, state=JobState.WAITING, due_at=opens, detail=key, created_at=now
            )
            for key, opens in named.items()
            if key not in moved
        }
    for job in promised.values():
        if job.key not in wanted and job.state == JobState.WAITING:
            job.state, job.closed_at = JobState.CANCELLED, now
        elif job.key in wanted and job.state == JobState.INCIDENT:
            job.state, job.due_at = JobState.WAITING, now
    jobs.promise_all(session, list(wanted.values()))


_PROMISED = select(Job).where(Job.kind == JobKind.START_SCHEDULED).order_by(Job.key)


def _published(session: Session) -> list[Schedule]:
    published = set(session.scalars(select(ProcessDefinition.key).distinct()))
    return [s for s in runtime_of(session).partnership.schedules.values() if s.process in published]


def _named(session: Session, schedule: Schedule, *, now: datetime) -> Iterator[tuple[date, datetime]]:
    """Each day that the calendar names, with the moment at which its instance begins."""
    today, days = london_day(now), calendar(session)
    for day in schedule.occurrences(_since(session, schedule.id, today), today + AHEAD, days):
        yield day, at_london(schedule.begins_on(day, days), OPENS)


def _moved(schedule: str, named: Iterable[str], promised: Mapping[str, Job]) -> Iterator[str]:
    """What must not begin, because it has begun already under the day it was on before.

    A holiday proclaimed late, or a day changed in the partnership's file, names a new day when the meeting is in
    preparation: the new day would begin too, beside an instance whose own day nothing names any more.
    """
    mine = {key: job.state for key, job in promised.items() if key.startswith(f"schedule/{schedule}/")}
    left = {_day(key) for key, state in mine.items() if state in BEGUN and key not in named}
    for key in named:
        if mine.get(key, JobState.CANCELLED) != JobState.CANCELLED:
            continue
        near = min(left, key=lambda day: abs(day - _day(key)), default=None)
        if near is not None and abs(near - _day(key)) <= MOVED:
            left.remove(near)
            yield key


def _day(key: str) -> date:
    return date.fromisoformat(key.rpartition("/")[2])


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
    job: Job | None  # None: its process is not published, or it has begun under the day it was on before


def coming(session: Session, *, now: datetime) -> list[Coming]:
    """What is to begin from today on, in order."""
    partnership, days, today = runtime_of(session).partnership, calendar(session), london_day(now)
    promised = {job.key: job for job in session.scalars(_PROMISED)}
    return sorted(
        (
            Coming(schedule, day, schedule.begins_on(day, days), promised.get(job_key(schedule.id, day)))
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
