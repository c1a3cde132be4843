"""Working days, deadline rules and reminder ladders: pure, no clock, no database (DOMAIN 2)."""

from engine.working_time.calendar import (
    ConflictingCalendar,
    OutsideCalendar,
    SkippedDay,
    WorkingCalendar,
    add_months,
)
from engine.working_time.explanation import Explanation
from engine.working_time.ladder import Ladder, Ladders, Recipient, Rung, plan, rung_times, sending_moment
from engine.working_time.ladder_file import InvalidLadders, parse_ladders
from engine.working_time.london import LONDON, at_london, london_clock, london_day
from engine.working_time.recurrence import InvalidSchedule, Schedule, read_schedule
from engine.working_time.rules import DeadlineRule, InvalidRule, Move, Unit

__all__ = [
    "LONDON",
    "ConflictingCalendar",
    "DeadlineRule",
    "Explanation",
    "InvalidLadders",
    "InvalidRule",
    "InvalidSchedule",
    "Ladder",
    "Ladders",
    "Move",
    "OutsideCalendar",
    "Recipient",
    "Rung",
    "Schedule",
    "SkippedDay",
    "Unit",
    "WorkingCalendar",
    "add_months",
    "at_london",
    "london_clock",
    "london_day",
    "parse_ladders",
    "plan",
    "read_schedule",
    "rung_times",
    "sending_moment",
]
