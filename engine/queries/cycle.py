"""The learning cycle at a glance: what is at which stage, what is stuck, the year's meetings, and the priorities."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median_low
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from engine.deadlines import calendar
from engine.model import Anchor, LearningItem, LearningLink, ProcessInstance, RegisterEntry
from engine.queries.points import Point, as_points
from engine.queries.stages import Place, Stage, places, stage_of
from engine.runtime import runtime_of
from engine.types import LearningKind, Participant
from engine.working_time import at_london, london_day

PATIENCE = 2  # meetings of its group that an open point may let pass
UNTIL_STUCK = timedelta(days=90)  # where no group meets
LOOKED_BACK = timedelta(days=800)
LOOKED_AHEAD = timedelta(days=400)
WAITS_FOR = ("due_on", "due", "monitor_until")  # a day before which nothing is late
LONGEST = 8  # of those without movement
DONE_SHOWN = 4  # of a priority
NEVER_DONE = ("cancelled", "stopped")


@dataclass(frozen=True)
class StageNow:
    place: Place
    open: int
    oldest: int | None  # days since it was recorded
    middle: int | None
    stuck: int


@dataclass(frozen=True)
class Unmoved:
    point: Point
    days: int
    meetings: int  # of its stage's group since
    overdue_since: date | None
    stuck: bool


@dataclass(frozen=True)
class Meeting:
    on: date
    state: str  # "held", "not-quorate", "no-record", "today", "next", "planned"
    case: str | None
    extra: bool = False  # the calendar does not name it


@dataclass(frozen=True)
class GroupYear:
    group: str
    at: time
    meetings: tuple[Meeting, ...]
    coming: date | None  # today, later this year or next year

    @property
    def quorate(self) -> int:
        return sum(meeting.state == "held" for meeting in self.meetings)


@dataclass(frozen=True)
class Done:
    reference: str
    kind: LearningKind
    title: str
    closed_at: datetime
    judgement: str | None


@dataclass(frozen=True)
class Priority:
    """`learned`: links of the chain by kind, the links that came of links with this priority included."""

    value: str
    title: str
    learned: Mapping[LearningKind, int]
    still_open: Mapping[LearningKind, int]
    done: tuple[Done, ...]


@dataclass(frozen=True)
class Cycle:
    year: int
    stages: tuple[StageNow, ...]
    later_rounds: int  # open points that have come round again
    recorded: int  # ever
    longest: tuple[Unmoved, ...]
    groups: tuple[GroupYear, ...]
    priorities: tuple[Priority, ...]

    @property
    def open(self) -> int:
        return sum(stage.open for stage in self.stages)

    @property
    def stuck(self) -> int:
        return sum(stage.stuck for stage in self.stages)


@dataclass(frozen=True)
class _Open:
    id: UUID
    stage: Stage
    loop: int
    age: int
    unmoved: int
    meetings: int
    overdue_since: date | None
    stuck: bool
    went_on: bool  # something that came of it is open: that is what waits now


def cycle(session: Session, by: Participant, *, now: datetime) -> Cycle:
    """In the same few statements however many points there are."""
    known = places(runtime_of(session).partnership)
    waiting = list(_open(session, known, now=now))
    return Cycle(
        year=london_day(now).year,
        stages=tuple(_stage(known[stage], [row for row in waiting if row.stage == stage]) for stage in Stage),
        later_rounds=sum(row.loop > 1 for row in waiting),
        recorded=session.scalar(select(func.count()).select_from(LearningItem)) or 0,
        longest=_longest(session, waiting, by),
        groups=_groups(session, now=now),
        priorities=_priorities(session, now=now),
    )


def _open(session: Session, known: Mapping[Stage, Place], *, now: datetime) -> Iterator[_Open]:
    today = london_day(now)
    held = {stage: _met(session, place.group, today) for stage, place in known.items()}
    later = aliased(LearningItem)
    went_on = (
        select(LearningLink.to_id)
        .join(later, later.id == LearningLink.to_id)
        .where(LearningLink.from_id == LearningItem.id, later.closed_at.is_(None))
        .exists()
    )
    rows = session.execute(
        select(
            LearningItem.id,
            LearningItem.kind,
            LearningItem.held_by,
            LearningItem.loop,
            LearningItem.made_at,
            LearningItem.updated_at,
            func.coalesce(*(LearningItem.data[name].as_string() for name in WAITS_FOR)).label("due"),
            went_on.label("went_on"),
        )
        .where(LearningItem.closed_at.is_(None))
        .order_by(LearningItem.updated_at, LearningItem.reference)
    )
    for row in rows:
        stage = stage_of(row.kind, row.held_by, known)
        meetings = sum(day > london_day(row.updated_at) for day in held[stage])
        due = _day(row.due)
        late = meetings >= PATIENCE if held[stage] else now - row.updated_at >= UNTIL_STUCK
        yield _Open(
            id=row.id,
            stage=stage,
            loop=row.loop,
            age=(today - london_day(row.made_at)).days,
            unmoved=(today - london_day(row.updated_at)).days,
            meetings=meetings,
            overdue_since=due if due is not None and due < today else None,
            stuck=not row.went_on and (late if due is None else due < today),
            went_on=row.went_on,
        )


def _met(session: Session, group: str | None, today: date) -> list[date]:
    """The days before today on which the calendar has the group meet."""
    schedules = runtime_of(session).partnership.schedules.values()
    return [
        day
        for schedule in schedules
        if group is not None and schedule.group == group
        for day in schedule.occurrences(today - LOOKED_BACK, today - timedelta(days=1), calendar(session))
    ]


def _day(said: str | None) -> date | None:
    """What a process kept as a day; anything else counts as none."""
    try:
        return None if said is None else date.fromisoformat(said[:10])
    except ValueError:
        return None


def _stage(place: Place, rows: Sequence[_Open]) -> StageNow:
    ages = [row.age for row in rows]
    return StageNow(
        place=place,
        open=len(rows),
        oldest=max(ages, default=None),
        middle=median_low(ages) if ages else None,
        stuck=sum(row.stuck for row in rows),
    )


def _longest(session: Session, waiting: Sequence[_Open], by: Participant) -> tuple[Unmoved, ...]:
    """What is stuck first, then what comes nearest to it."""
    chosen = sorted((row for row in waiting if not row.went_on), key=lambda row: not row.stuck)[:LONGEST]
    rows = {
        row.id: row
        for row in session.scalars(select(LearningItem).where(LearningItem.id.in_([row.id for row in chosen])))
    }
    shown = as_points(session, [rows[row.id] for row in chosen], by)
    return tuple(
        Unmoved(point, row.unmoved, row.meetings, row.overdue_since, row.stuck)
        for row, point in zip(chosen, shown, strict=True)
    )


def _groups(session: Session, *, now: datetime) -> tuple[GroupYear, ...]:
    """Every group that the calendar has meet, with this year's meetings and what is recorded of them."""
    today, partnership = london_day(now), runtime_of(session).partnership
    first, last = date(today.year, 1, 1), date(today.year, 12, 31)
    entries = session.execute(
        select(RegisterEntry.data, ProcessInstance.reference, ProcessInstance.confidential)
        .join(ProcessInstance, ProcessInstance.id == RegisterEntry.case_id)
        .where(RegisterEntry.register == "meetings-held", RegisterEntry.at >= at_london(first, time()))
        .order_by(RegisterEntry.at, RegisterEntry.key)
    ).all()
    dated = session.execute(
        select(ProcessInstance.id, ProcessInstance.key, ProcessInstance.reference, Anchor.at)
        .join(Anchor, Anchor.case_id == ProcessInstance.id)
        .where(Anchor.name == "meeting", Anchor.at >= at_london(first, time()), ProcessInstance.confidential.is_(False))
        .order_by(Anchor.set_at, Anchor.id)
    )
    prepared = list({row.id: row for row in dated}.values())  # on the day that it was last moved to
    made: list[GroupYear] = []
    for schedule in partnership.schedules.values():
        group = partnership.groups.get(schedule.group or "")
        if group is None:
            continue
        noted = {
            day: (bool(row.data.get("quorate", True)), None if row.confidential else row.reference)
            for row in entries
            if row.data.get("group") == group.id and (day := _day(row.data.get("on"))) is not None
        }
        cases = {london_day(row.at): row.reference for row in prepared if row.key == schedule.process}
        days = set(schedule.occurrences(first, last, calendar(session)))
        every = sorted(days | {day for day in noted if first <= day <= last})
        made.append(
            GroupYear(
                group=group.name,
                at=schedule.at,
                meetings=tuple(_meetings(every, days, noted, cases, today)),
                coming=next(schedule.occurrences(today, today + LOOKED_AHEAD, calendar(session)), None),
            )
        )
    return tuple(made)


def _meetings(
    every: Sequence[date],
    days: set[date],
    noted: Mapping[date, tuple[bool, str | None]],
    cases: Mapping[date, str],
    today: date,
) -> Iterator[Meeting]:
    following = next((day for day in every if day > today), None)
    for day in every:
        quorate, case = noted.get(day, (None, None))
        if quorate is not None:
            state = "held" if quorate else "not-quorate"
        elif day < today:
            state = "no-record"
        elif day == today:
            state = "today"
        else:
            state = "next" if day == following else "planned"
        yield Meeting(day, state, case or cases.get(day), extra=day not in days)


def current_priorities(session: Session, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """Value and title: of the newest business plan that counts today, else as the partnership's file lists them."""
    today = london_day(now)
    plans = session.scalars(
        select(RegisterEntry.data)
        .where(RegisterEntry.register == "business-plan")
        .order_by(RegisterEntry.at.desc(), RegisterEntry.key.desc())
        .limit(10)
    )
    for plan in plans:
        rows = [row for row in plan.get("priorities") or () if _counts(row, today)]
        if rows:
            return tuple((str(row["value"]), str(row.get("title") or row["value"])) for row in rows)
    listed = runtime_of(session).partnership.lists.get("priorities", ())
    return tuple((row["value"], row["title"]) for row in listed if row["value"] != "none")


def _counts(row: Any, today: date) -> bool:
    if not isinstance(row, Mapping) or row.get("value") in (None, "none"):
        return False
    first, last = _day(row.get("from_on")), _day(row.get("to_on"))
    return (first is None or first <= today) and (last is None or today <= last)


def _priorities(session: Session, *, now: datetime) -> tuple[Priority, ...]:
    named = current_priorities(session, now=now)
    own = LearningItem.data["priority_link"].as_string()
    reach = (
        select(own.label("priority"), LearningItem.id.label("id"))
        .where(own.in_([value for value, _ in named]))
        .cte("reach", recursive=True)
    )
    reach = reach.union(
        select(reach.c.priority, LearningLink.to_id).join(LearningLink, LearningLink.from_id == reach.c.id)
    )
    counted = session.execute(
        select(
            reach.c.priority,
            LearningItem.kind,
            func.count().filter(LearningItem.status.not_in(NEVER_DONE)).label("all"),
            func.count().filter(LearningItem.closed_at.is_(None)).label("open"),
        )
        .join(LearningItem, LearningItem.id == reach.c.id)
        .group_by(reach.c.priority, LearningItem.kind)
    ).all()
    rank = func.row_number().over(
        partition_by=reach.c.priority, order_by=(LearningItem.closed_at.desc(), LearningItem.reference)
    )
    ranked = (
        select(reach.c.priority, LearningItem.id.label("id"), rank.label("rank"))
        .join(LearningItem, LearningItem.id == reach.c.id)
        .where(
            LearningItem.kind.in_((LearningKind.ACTION, LearningKind.TEST)),
            LearningItem.closed_at.is_not(None),
            LearningItem.status.not_in(NEVER_DONE),
        )
        .subquery()
    )
    done = session.execute(
        select(
            ranked.c.priority,
            LearningItem.reference,
            LearningItem.kind,
            LearningItem.title,
            LearningItem.closed_at,
            LearningItem.data["judgement"].as_string().label("judgement"),
        )
        .join(LearningItem, LearningItem.id == ranked.c.id)
        .where(ranked.c.rank <= DONE_SHOWN)
        .order_by(ranked.c.priority, ranked.c.rank)
    ).all()
    return tuple(
        Priority(
            value=value,
            title=title,
            learned={row.kind: row.all for row in counted if row.priority == value},
            still_open={row.kind: row.open for row in counted if row.priority == value},
            done=tuple(
                Done(row.reference, row.kind, row.title, row.closed_at, row.judgement)
                for row in done
                if row.priority == value and row.closed_at is not None
            ),
        )
        for value, title in named
    )
