"""Dates and times as people read them, in the style of GOV.UK; days and hours are London's."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from engine.working_time.calendar import WorkingCalendar
from engine.working_time.london import london_clock

USUAL_TIME = time(17)  # DOMAIN 2.1: due at 17:00 unless said; only other times are worth a word

# Not strftime: its names follow the locale of the machine.
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_words(day: date) -> str:
    """Thursday 14 January 2027"""
    return f"{short_day_words(day)} {day.year}"


def plain_day_words(day: date) -> str:
    """14 January 2027"""
    return f"{day.day} {month_words(day)}"


def plain_moment_words(wall: datetime) -> str:
    """14 January 2027 at 3:05pm, for London's clock"""
    return f"{plain_day_words(wall.date())} at {time_words(wall.time())}"


def short_day_words(day: date) -> str:
    """Thursday 14 January"""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def month_words(day: date) -> str:
    """January 2027"""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def time_words(wall: time) -> str:
    """5pm, 9:30am, midday, midnight"""
    if (wall.hour, wall.minute) == (12, 0):
        return "midday"
    if (wall.hour, wall.minute) == (0, 0):
        return "midnight"
    minutes = f":{wall.minute:02}" if wall.minute else ""
    return f"{wall.hour % 12 or 12}{minutes}{'am' if wall.hour < 12 else 'pm'}"


def moment_words(moment: datetime) -> str:
    """5pm on Thursday 14 January 2027, for an aware `moment`"""
    wall = london_clock(moment)
    return f"{time_words(wall.time())} on {day_words(wall.date())}"


def working_days_words(count: int) -> str:
    """1 working day, 2 working days"""
    return f"{count} working day{'' if count == 1 else 's'}"


def overdue_words(due: datetime, now: datetime, calendar: WorkingCalendar) -> str:
    """overdue by 2 working days; plain "overdue" until a working day has begun since; "" if not late."""
    if now <= due:
        return ""
    late = calendar.count_between(london_clock(due).date(), london_clock(now).date())
    return f"overdue by {working_days_words(late)}" if late else "overdue"


def due_words(due: datetime, now: datetime, calendar: WorkingCalendar) -> str:
    """One line for an inbox, both moments aware.

    "Due today", "Due today at midday", "Due tomorrow, Friday 15 January", "Due Monday 18 January 2027",
    "Overdue: was due Thursday 14 January 2027 (2 working days ago)". 5pm is not named until it has passed.
    """
    wall, today = london_clock(due), london_clock(now).date()
    day = wall.date()
    if now > due:
        return f"Overdue: was due {_past_day_words(wall, today, calendar)}"
    hour = "" if wall.time() == USUAL_TIME else f" at {time_words(wall.time())}"
    if day == today:
        return f"Due today{hour}"
    if day == today + timedelta(days=1):
        return f"Due tomorrow, {short_day_words(day)}{hour and ',' + hour}"
    return f"Due {day_words(day)}{hour}"


def join_words(items: Sequence[str]) -> str:
    """a; a and b; a, b, and c"""
    if len(items) < 3:
        return " and ".join(items)
    return f"{', '.join(items[:-1])}, and {items[-1]}"


def _past_day_words(wall: datetime, today: date, calendar: WorkingCalendar) -> str:
    if wall.date() == today:
        return f"today at {time_words(wall.time())}"
    ago = calendar.count_between(wall.date(), today)
    return f"{day_words(wall.date())}{f' ({working_days_words(ago)} ago)' if ago else ''}"
