"""Dates and times as people read them."""

from datetime import UTC, date, datetime, time

import pytest

from engine.working_time import WorkingCalendar
from engine.working_time import words as say

ENGLAND = WorkingCalendar()


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in January 2027, when London keeps UTC."""
    return datetime(2027, 1, day, hour, minute, tzinfo=UTC)


def test_dates_in_words() -> None:
    assert say.day_words(date(2027, 1, 14)) == "Thursday 14 January 2027"
    assert say.short_day_words(date(2027, 1, 4)) == "Monday 4 January"
    assert say.month_words(date(2027, 1, 14)) == "January 2027"


@pytest.mark.parametrize(
    ("wall", "words"),
    [
        (time(17), "5pm"),
        (time(9, 5), "9:05am"),
        (time(12), "midday"),
        (time(0), "midnight"),
        (time(0, 30), "12:30am"),
        (time(12, 30), "12:30pm"),
        (time(23, 59, 59), "11:59pm"),
    ],
)
def test_times_in_words(wall: time, words: str) -> None:
    assert say.time_words(wall) == words


def test_moments_are_said_in_londons_time() -> None:
    assert say.moment_words(datetime(2027, 1, 14, 17, tzinfo=UTC)) == "5pm on Thursday 14 January 2027"
    assert say.moment_words(datetime(2027, 7, 14, 16, tzinfo=UTC)) == "5pm on Wednesday 14 July 2027"
    assert say.moment_words(datetime(2027, 7, 14, 23, tzinfo=UTC)) == "midnight on Thursday 15 July 2027"


@pytest.mark.parametrize(
    ("due", "now", "words"),
    [
        (utc(14, 17), utc(14, 0), "Due today"),
        (utc(14, 17), utc(14, 17), "Due today"),
        (utc(14, 12), utc(14, 9), "Due today at midday"),
        (utc(15, 17), utc(14, 23), "Due tomorrow, Friday 15 January"),
        (utc(15, 12), utc(14, 23), "Due tomorrow, Friday 15 January, at midday"),
        (utc(18, 17), utc(14, 9), "Due Monday 18 January 2027"),
        (utc(18, 9, 30), utc(14, 9), "Due Monday 18 January 2027 at 9:30am"),
        (utc(14, 17), utc(14, 17, 1), "Overdue: was due today at 5pm"),
        (utc(14, 17), utc(15, 9), "Overdue: was due Thursday 14 January 2027 (1 working day ago)"),
        (utc(14, 17), utc(18, 9), "Overdue: was due Thursday 14 January 2027 (2 working days ago)"),
        (utc(15, 17), utc(16, 9), "Overdue: was due Friday 15 January 2027"),
    ],
)
def test_due_lines_of_an_inbox(due: datetime, now: datetime, words: str) -> None:
    assert say.due_words(due, now, ENGLAND) == words


def test_tomorrow_is_londons_tomorrow() -> None:
    due = datetime(2027, 6, 9, 16, tzinfo=UTC)
    assert say.due_words(due, datetime(2027, 6, 7, 22, 59, tzinfo=UTC), ENGLAND) == "Due Wednesday 9 June 2027"
    assert say.due_words(due, datetime(2027, 6, 7, 23, 1, tzinfo=UTC), ENGLAND) == "Due tomorrow, Wednesday 9 June"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (utc(14, 17), ""),
        (utc(14, 18), "overdue"),
        (utc(15, 9), "overdue by 1 working day"),
        (utc(17, 9), "overdue by 1 working day"),
        (utc(18, 9), "overdue by 2 working days"),
    ],
)
def test_overdue_counts_working_days(now: datetime, words: str) -> None:
    assert say.overdue_words(utc(14, 17), now, ENGLAND) == words


def test_lists_in_words() -> None:
    assert say.join_words([]) == ""
    assert say.join_words(["a"]) == "a"
    assert say.join_words(["a", "b"]) == "a and b"
    assert say.join_words(["a", "b", "c"]) == "a, b, and c"
