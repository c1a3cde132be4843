"""Things that come round: meetings of a group by its calendar, and what the year asks for (DOMAIN 6, S33)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from dateutil.rrule import rrulestr

from engine.errors import EngineError
from engine.working_time.calendar import WorkingCalendar

WITHIN_A_DAY = re.compile("FREQ=(HOURLY|MINUTELY|SECONDLY)", re.IGNORECASE)


class InvalidSchedule(EngineError):
    """This schedule cannot be read."""

    code = "invalid-schedule"
    advice = "Give it an RRULE of RFC 5545, such as FREQ=MONTHLY;INTERVAL=3;BYDAY=3TU, or the dates of each year."


@dataclass(frozen=True)
class Schedule:
    """`rule` is an RRULE (RFC 5545) counted from `since`; for a year in `dates` those hold instead.

    A day that the rule puts on a day not worked moves to the next working day; dates given outright stay.
    Each occurrence begins `lead` working days before its day (negative: before), at `begins_at` in London.
    """

    id: str
    name: str
    process: str
    group: str | None  # whose meetings these are
    rule: str | None
    since: date
    dates: Mapping[int, tuple[date, ...]] = field(hash=False)
    at: time
    lead: int

    def occurrences(self, first: date, last: date, calendar: WorkingCalendar) -> Iterator[date]:
        """The days from `first` to `last`, both included, in order."""
        found: set[date] = set()
        for year in range(first.year - 1, last.year + 1):  # what a holiday moved may lie in the next year
            found |= set(self.dates[year] if year in self.dates else self._by_rule(year, calendar))
        yield from sorted(day for day in found if first <= day <= last)

    def begins_on(self, day: date, calendar: WorkingCalendar) -> date:
        return calendar.add(day, self.lead) if self.lead else calendar.next_or_same(day)

    def _by_rule(self, year: int, calendar: WorkingCalendar) -> Iterator[date]:
        if self.rule is None:
            return
        first, last = _midnight(date(year, 1, 1)), _midnight(date(year, 12, 31))
        for found in rrulestr(self.rule, dtstart=_midnight(self.since)).between(first, last, inc=True):
            yield calendar.next_or_same(found.date())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


def read_schedule(raw: Mapping[str, object]) -> Schedule:
    """Raises InvalidSchedule."""
    try:
        rule = raw.get("rule")
        dates: object = raw.get("dates") or {}
        made = Schedule(
            id=str(raw["id"]),
            name=str(raw["name"]),
            process=str(raw["process"]),
            group=None if raw.get("group") is None else str(raw["group"]),
            rule=None if rule is None else str(rule),
            since=date.fromisoformat(str(raw["since"])),
            dates={int(year): tuple(map(date.fromisoformat, days)) for year, days in dates.items()},  # type: ignore[attr-defined]
            at=time.fromisoformat(str(raw.get("at", "10:00"))),
            lead=int(str(raw.get("lead", 0))),
        )
        if made.rule is not None:
            rrulestr(made.rule, dtstart=_midnight(made.since))
            if WITHIN_A_DAY.search(made.rule):
                raise ValueError("a schedule comes round once a day at most")
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise InvalidSchedule(f"The schedule {raw.get('id', 'without an id')}: {error}") from error
    return made
