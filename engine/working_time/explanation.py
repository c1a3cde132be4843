"""Why a deadline falls on its day, in words and as data."""

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from engine.working_time.calendar import SkippedDay, WorkingCalendar
from engine.working_time.london import london_day
from engine.working_time.rule_text import Unit
from engine.working_time.words import day_words, join_words, month_words

_UNIT_WORDS = {
    Unit.WORKING_DAY: "working day",
    Unit.DAY: "day",
    Unit.WEEK: "week",
    Unit.MONTH: "month",
}


@dataclass(frozen=True)
class Explanation:
    """How one deadline was counted. `skipped` are the days left out, each with its reason."""

    rule: str
    anchor_day: date  # day 0
    limit_day: date  # as counted, before prevwd or nextwd
    day: date  # as the rule says
    inbox_day: date  # `day`, or the last working day before it
    due: datetime  # aware UTC, on `day`
    words: str
    skipped: tuple[SkippedDay, ...]
    unit: Unit
    calendar: WorkingCalendar = field(repr=False, compare=False)

    def progress(self, now: datetime) -> tuple[int, int] | None:
        """(day number, total): (5, 15) on day 5 of 15, (17, 15) two days late, (0, 15) on day 0 or before.

        In working days for a rule in working days, else in calendar days. None where there is no way to
        measure: a rule that counts back from a date still to come, or one that ends where it starts.
        """
        today = london_day(now)
        if self.day <= self.anchor_day:
            return None
        if self.unit is Unit.WORKING_DAY:
            counted = self.calendar.count_between
            return counted(self.anchor_day, today), counted(self.anchor_day, self.day)
        return max(0, (today - self.anchor_day).days), (self.day - self.anchor_day).days


def counted_words(amount: int, unit: Unit, anchor_day: date) -> str:
    """5 working days after Friday 18 December 2026 (day 0)"""
    if amount == 0:
        return f"On {day_words(anchor_day)} itself (day 0)"
    plural = "" if abs(amount) == 1 else "s"
    day_0 = " (day 0)" if unit is Unit.WORKING_DAY else ""
    side = "after" if amount > 0 else "before"
    return f"{abs(amount)} {_UNIT_WORDS[unit]}{plural} {side} {day_words(anchor_day)}{day_0}"


def clipped_words(anchor_day: date, day: date) -> str:
    """February 2028 has no day 31, so its last day is taken; "" when the month was long enough"""
    if day.day == anchor_day.day:
        return ""
    return f"{month_words(day)} has no day {anchor_day.day}, so its last day is taken"


def not_counted_words(skipped: tuple[SkippedDay, ...]) -> str:
    """Not counted: Friday 25 December 2026 (Christmas Day), Monday 28 … (…), and 2 weekends"""
    weekends = [(a, b) for a, b in pairwise(skipped) if (a.reason, b.reason) == ("Saturday", "Sunday")]
    whole = {day for weekend in weekends for day in weekend}
    items = [skipped_words(day) for day in skipped if day not in whole]
    if weekends:
        items.append(f"{len(weekends)} weekend{'' if len(weekends) == 1 else 's'}")
    return f"Not counted: {join_words(items)}" if items else ""


def skipped_words(skipped: SkippedDay) -> str:
    """Friday 25 December 2026 (Christmas Day); Sunday 7 February 2027"""
    reason = "" if skipped.reason in ("Saturday", "Sunday") else f" ({skipped.reason})"
    return f"{day_words(skipped.day)}{reason}"


def moved_words(limit_day: date, day: date, calendar: WorkingCalendar) -> str:
    """Sunday 1 August 2027 is not a working day, so it moves back to Friday 30 July 2027"""
    reason = calendar.reason_not_worked(limit_day) or ""
    side = "back" if day < limit_day else "on"
    rest_day = skipped_words(SkippedDay(limit_day, reason))
    return f"{rest_day} is not a working day, so it moves {side} to {day_words(day)}"


def limit_words(limit_day: date, inbox_day: date) -> str:
    """The legal limit is Sunday 1 August 2027, until midnight; the inbox shows Friday 30 July 2027, …"""
    words = f"The legal limit is {day_words(limit_day)}, until midnight at the end of that day"
    if inbox_day == limit_day:
        return words
    return f"{words}; the inbox shows {day_words(inbox_day)}, the last working day before it"
