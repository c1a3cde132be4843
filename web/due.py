"""Due dates as the pages show them: the date, and a tag in words."""

from datetime import datetime, time
from typing import Any

from engine.types import LONDON
from engine.working_time import WorkingCalendar, london_clock
from engine.working_time.words import overdue_words, working_days_words

USUAL = time(17)
SOON = 2  # working days


def due_view(due: datetime | None, now: datetime, days: WorkingCalendar) -> dict[str, Any] | None:
    """For macros/due.html: `on`, `state`, `tag`, `timed`."""
    if due is None:
        return None
    wall = london_clock(due)
    view = {"on": due.astimezone(LONDON), "timed": wall.time() != USUAL}
    if now > due:
        return {**view, "state": "overdue", "tag": overdue_words(due, now, days).capitalize()}
    left = days.count_between(london_clock(now).date(), wall.date())
    if wall.date() == london_clock(now).date():
        return {**view, "state": "today", "tag": "Due today"}
    state = "soon" if left <= SOON else "open"
    return {**view, "state": state, "tag": f"{working_days_words(left)} left"}


def day_words(unit: str, count: int) -> str:
    """working days, working day, days"""
    return f"{'working ' if unit == 'wd' else ''}day{'' if count == 1 else 's'}"


def closed_view(due: datetime, closed: datetime | None, *, late: bool) -> dict[str, Any]:
    view = {"on": due.astimezone(LONDON), "timed": london_clock(due).time() != USUAL}
    return {**view, "state": "late" if late else "met", "tag": "Met late" if late else "Met"} if closed else view
