"""Reminder ladders: when each rung falls, and which are still to be sent (DOMAIN 2.3)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from engine.working_time.calendar import WorkingCalendar
from engine.working_time.london import at_london, london_clock, london_day

USUAL_SENDING = time(9)  # the hour of R2 in DOMAIN 2.3; the rungs that name none share it
FIRST_SENDING = time(8)  # DOMAIN 2.1: nothing is sent outside 08:00-18:00 on working days
LAST_SENDING = time(18)  # not itself: a mail begun at 18:00 leaves after it


@dataclass(frozen=True)
class Rung:
    """One reminder: who is told, how many working days from the due date, at what London time.

    `offset` is negative before the due date and 0 on it. `to` are keys of `Ladders.recipients`; whom they
    mean is resolved when it is sent. `opens` is the id of a task opened with it; `closes` ends the wait for
    an answer.
    """

    id: str
    offset: int
    at: time = USUAL_SENDING
    to: tuple[str, ...] = ()
    opens: str | None = None
    closes: bool = False


@dataclass(frozen=True)
class Ladder:
    """Rungs in the order of time; `basis` is law, seed or chosen."""

    id: str
    name: str
    basis: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True)
class Recipient:
    """What a recipient key means, and the keys told instead where nobody answers to it."""

    meaning: str
    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ladders:
    """A partnership's ladders and recipients by id; the file is read by `ladder_file.parse_ladders`."""

    profiles: Mapping[str, Ladder]
    recipients: Mapping[str, Recipient]


def rung_times(ladder: Ladder, due: datetime, calendar: WorkingCalendar) -> list[tuple[Rung, datetime]]:
    """Every rung and its moment (aware UTC), counted from the London date of the aware `due`, in order.

    The moments are as written: when `due` is not on a working day, a rung may need `sending_moment`.
    """
    day = london_day(due)
    return [(rung, at_london(calendar.add(day, rung.offset), rung.at)) for rung in ladder.rungs]


def sending_moment(moment: datetime, calendar: WorkingCalendar) -> datetime:
    """The first moment at or after `moment` (aware) at which something may be sent, in UTC.

    Sending hours are 08:00 until 18:00 in London on working days (DOMAIN 2.1); immediate-safety alerts go
    at once and do not ask.
    """
    wall = london_clock(moment)
    day, hour = wall.date(), wall.time()
    if not calendar.is_working_day(day) or hour >= LAST_SENDING:
        return _opening(calendar.working_days_after(day, 1))
    return _opening(day) if hour < FIRST_SENDING else wall.astimezone(UTC)


def plan(
    ladder: Ladder, due: datetime, calendar: WorkingCalendar, *, now: datetime, sent: Collection[str]
) -> list[tuple[Rung, datetime]]:
    """What is still to be sent and when (aware UTC, within sending hours), in order.

    A ladder is only climbed: no rung in `sent` (ids), nor any below it, is sent again, even if `due` moves
    later. Of those left whose moment is past, the latest goes out at once and the others are dropped;
    likewise of rungs that would leave at the same moment. Planning again at the moment of sending gives the
    same answer.
    """
    times = rung_times(ladder, due, calendar)
    climbed = max((n for n, (rung, _) in enumerate(times) if rung.id in sent), default=-1)
    leaving: dict[datetime, Rung] = {}
    for rung, moment in times[climbed + 1 :]:
        if moment <= now:
            leaving = {sending_moment(now, calendar): rung}
        else:
            leaving[sending_moment(moment, calendar)] = rung
    return [(rung, moment) for moment, rung in leaving.items()]


def _opening(day: date) -> datetime:
    return at_london(day, FIRST_SENDING)
