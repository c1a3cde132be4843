"""Working days in England (DOMAIN 2.1, F26, F27): Monday to Friday, less England's bank holidays."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

import holidays

from engine.errors import EngineError

FIRST_YEAR = 1978  # the first with today's set of bank holidays
LAST_YEAR = 2100  # the last that `holidays` computes; after it there would silently be none

_ONE_DAY = timedelta(days=1)
_WEEKEND = {5: "Saturday", 6: "Sunday"}


class OutsideCalendar(EngineError):
    """This date is outside the years the calendar of working days covers (1978 to 2100)."""

    code = "outside-calendar"
    advice = "Check the year of the date."


class ConflictingCalendar(EngineError):
    """The same date is both added to and removed from the days that are not worked."""

    code = "conflicting-calendar"
    advice = "Keep one of the two entries."


@dataclass(frozen=True)
class SkippedDay:
    """A day that does not count, and why: "Saturday", "Easter Monday", "added: day of mourning"."""

    day: date
    reason: str


@dataclass(frozen=True)
class WorkingCalendar:
    """England's working days with the partnership's own corrections, which are data (F27).

    `added` are days not worked beyond the computed bank holidays (a day proclaimed later), `names` says
    what they are; `removed` are bank holidays that are worked after all (one moved elsewhere). Weekends are
    never worked. Every count leaves out day 0, the day it starts from, whatever day that is.
    """

    added: frozenset[date] = frozenset()
    removed: frozenset[date] = frozenset()
    names: Mapping[date, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if both := sorted(self.added & self.removed):
            raise ConflictingCalendar(days=both)

    def reason_not_worked(self, day: date) -> str | None:
        """Why `day` is not a working day, or None if it is one. Raises OutsideCalendar."""
        if isinstance(day, datetime):  # a datetime never equals a date: it would pass every holiday as worked
            raise TypeError("a day is a date, not a datetime")
        if weekend := _WEEKEND.get(day.weekday()):
            return weekend
        if day in self.added:
            return f"added: {self.names.get(day, 'by the partnership')}"
        if day in self.removed:
            return None
        return bank_holidays(day.year).get(day)

    def is_working_day(self, day: date) -> bool:
        return self.reason_not_worked(day) is None

    def working_days_after(self, day: date, count: int) -> date:
        """The `count`-th working day strictly after `day`; `count` is at least 1 (ValueError)."""
        return self._walk(day, count, _ONE_DAY)

    def working_days_before(self, day: date, count: int) -> date:
        """The `count`-th working day strictly before `day`; `count` is at least 1 (ValueError)."""
        return self._walk(day, count, -_ONE_DAY)

    def add(self, day: date, count: int) -> date:
        """`count` working days after `day`, before it when negative; 0 is `day` itself, worked or not."""
        if count == 0:
            return day
        return self._walk(day, abs(count), _ONE_DAY if count > 0 else -_ONE_DAY)

    def next_or_same(self, day: date) -> date:
        """`nextwd`: the first working day on or after `day`."""
        return day if self.is_working_day(day) else self.working_days_after(day, 1)

    def previous_or_same(self, day: date) -> date:
        """`prevwd`: the last working day on or before `day`."""
        return day if self.is_working_day(day) else self.working_days_before(day, 1)

    def count_between(self, start: date, end: date) -> int:
        """Working days strictly after `start` up to and including `end`; 0 when `end` is not later.

        With `start` as day 0 this is the day number of `end`, as in "day 5 of 15 working days".
        """
        return sum(self.is_working_day(day) for day in _days(start, end))

    def skipped(self, start: date, end: date) -> tuple[SkippedDay, ...]:
        """The days `count_between(start, end)` leaves out, in order; empty when `end` is not later."""
        reasons = ((day, self.reason_not_worked(day)) for day in _days(start, end))
        return tuple(SkippedDay(day, reason) for day, reason in reasons if reason is not None)

    def _walk(self, day: date, count: int, step: timedelta) -> date:
        if count < 1:
            raise ValueError("count at least one working day")
        while count:
            day += step
            count -= self.is_working_day(day)
        return day


def add_months(day: date, count: int) -> date:
    """The same day number `count` calendar months later (earlier if negative), clipped to the month's end.

    31 August + 6 is 28 or 29 February (DOMAIN 2.1). Raises OutsideCalendar.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    check_year(year)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def check_year(year: int) -> None:
    """Raises OutsideCalendar unless the bank holidays of `year` are known."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OutsideCalendar(year=year)


@cache
def bank_holidays(year: int) -> Mapping[date, str]:
    """England's bank holidays of one year and their names, before a partnership's corrections.

    Without the subdivision `holidays` leaves out Easter Monday (F27). Raises OutsideCalendar.
    """
    check_year(year)
    computed = holidays.country_holidays("UK", subdiv="ENG", years=year)
    return {day: name.replace(" (observed)", ", observed") for day, name in computed.items()}


def _days(start: date, end: date) -> list[date]:
    """Every day strictly after `start` up to and including `end`."""
    return [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
