"""Deadline rules: from the moment something happened to the moment something is due (DOMAIN 2.1, 2.2)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self, assert_never

from engine.working_time.calendar import SkippedDay, WorkingCalendar, add_months, check_year
from engine.working_time.explanation import (
    Explanation,
    clipped_words,
    counted_words,
    limit_words,
    moved_words,
    not_counted_words,
)
from engine.working_time.london import at_london, london_day
from engine.working_time.rule_text import InvalidRule, Move, Unit, read_rule
from engine.working_time.words import USUAL_TIME

__all__ = ["DeadlineRule", "InvalidRule", "Move", "Unit"]

END_OF_LIMIT = time(23, 59, 59)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DeadlineRule:
    """`+7wd after notification_sent`, `-7wd before publication`, `+6m after decision, prevwd`, `+1wd`.

    Day 0 is the London date of the anchor's moment, whatever the hour. Every method raises OutsideCalendar
    for years whose bank holidays are unknown, and ValueError for a naive anchor; datetimes returned are
    aware UTC.
    """

    amount: int  # of `unit`; negative counts back
    unit: Unit
    anchor: str | None  # None: the moment the task opens
    move: Move | None = None
    at: time = USUAL_TIME

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidRule, which says what is wrong at which character and shows a right one."""
        parts = read_rule(text)
        return cls(parts.amount, parts.unit, parts.anchor, parts.move, parts.at or USUAL_TIME)

    def __str__(self) -> str:
        """The rule as it is written; `parse` gives it back."""
        back = self.amount < 0
        words = f"{'-' if back else '+'}{abs(self.amount)}{self.unit}"
        if self.anchor:
            words += f" {'before' if back else 'after'} {self.anchor}"
        if self.move:
            words += f", {self.move}"
        return words if self.at == USUAL_TIME else f"{words} at {self.at:%H:%M}"

    def limit_day(self, anchor: datetime, calendar: WorkingCalendar) -> date:
        """The day as counted, before `prevwd` or `nextwd`: a limit on a Sunday stays there (DOMAIN 2.1)."""
        day = london_day(anchor)
        check_year(day.year)
        match self.unit:
            case Unit.WORKING_DAY:
                return calendar.add(day, self.amount)
            case Unit.DAY:
                return day + timedelta(days=self.amount)
            case Unit.WEEK:
                return day + timedelta(weeks=self.amount)
            case Unit.MONTH:
                return add_months(day, self.amount)
            case _:
                assert_never(self.unit)

    def day(self, anchor: datetime, calendar: WorkingCalendar) -> date:
        """The day the rule names, moved by `prevwd` or `nextwd` where it says so."""
        day = self.limit_day(anchor, calendar)
        match self.move:
            case None:
                return day
            case Move.PREVIOUS:
                return calendar.previous_or_same(day)
            case Move.NEXT:
                return calendar.next_or_same(day)
            case _:
                assert_never(self.move)

    def inbox_day(self, anchor: datetime, calendar: WorkingCalendar) -> date:
        """The day to show people: the last working day on or before `day` (DOMAIN 2.1)."""
        return calendar.previous_or_same(self.day(anchor, calendar))

    def due(self, anchor: datetime, calendar: WorkingCalendar) -> datetime:
        """`at` o'clock in London on `day`: 17:00 unless the rule says otherwise."""
        return at_london(self.day(anchor, calendar), self.at)

    def inbox_due(self, anchor: datetime, calendar: WorkingCalendar) -> datetime:
        """`at` o'clock in London on `inbox_day`: what a statutory limit shows and its ladder counts from."""
        return at_london(self.inbox_day(anchor, calendar), self.at)

    def limit_end(self, anchor: datetime, calendar: WorkingCalendar) -> datetime:
        """23:59:59 in London on `limit_day`, the last second that meets a statutory limit (DOMAIN 2.1)."""
        return at_london(self.limit_day(anchor, calendar), END_OF_LIMIT)

    def explain(self, anchor: datetime, calendar: WorkingCalendar, *, limit: bool = False) -> Explanation:
        """Why that day, in words and as data; `limit` adds what the law's limit is."""
        anchor_day, limit_day = london_day(anchor), self.limit_day(anchor, calendar)
        day, inbox_day = self.day(anchor, calendar), self.inbox_day(anchor, calendar)
        skipped = self._skipped(anchor_day, limit_day, day, calendar)
        sentences = [
            counted_words(self.amount, self.unit, anchor_day),
            clipped_words(anchor_day, limit_day) if self.unit is Unit.MONTH else "",
            not_counted_words(skipped) if day == limit_day else moved_words(limit_day, day, calendar),
            limit_words(limit_day, inbox_day if day == limit_day else limit_day) if limit else "",
        ]
        return Explanation(
            rule=str(self),
            anchor_day=anchor_day,
            limit_day=limit_day,
            day=day,
            inbox_day=inbox_day,
            due=self.due(anchor, calendar),
            words=" ".join(f"{sentence}." for sentence in sentences if sentence),
            skipped=skipped,
            unit=self.unit,
            calendar=calendar,
        )

    def _skipped(
        self, anchor_day: date, limit_day: date, day: date, calendar: WorkingCalendar
    ) -> tuple[SkippedDay, ...]:
        """Left out while counting working days, or jumped over by a move; never day 0."""
        if day != limit_day:
            return calendar.skipped(min(day, limit_day) - _ONE_DAY, max(day, limit_day))
        if self.unit is not Unit.WORKING_DAY:
            return ()
        if self.amount < 0:
            return calendar.skipped(limit_day, anchor_day - _ONE_DAY)
        return calendar.skipped(anchor_day, limit_day)
