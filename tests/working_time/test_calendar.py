"""The calendar of working days: England's holidays, the partnership's corrections, and counting."""

import pickle
import time
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.working_time import ConflictingCalendar, OutsideCalendar, SkippedDay, WorkingCalendar, add_months

from .oracle import load_oracle

ENGLAND = WorkingCalendar()
DAYS = st.dates(date(2019, 1, 1), date(2039, 12, 31))
COUNTS = st.integers(-60, 60)

# The dates gov.uk lists for England and Wales, weekends left out.
BANK_HOLIDAYS = {
    2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
    2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
    2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
    2028: "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
}


@pytest.mark.parametrize("year", BANK_HOLIDAYS)
def test_weekdays_not_worked_are_englands_bank_holidays(year: int) -> None:
    weekdays = [day for n in range(366) if (day := date(year, 1, 1) + timedelta(n)).weekday() < 5]
    not_worked = [f"{day:%m-%d}" for day in weekdays if day.year == year and not ENGLAND.is_working_day(day)]
    assert not_worked == BANK_HOLIDAYS[year].split()


def easter_sunday(year: int) -> date:
    """The anonymous Gregorian computus, as an opinion independent of `holidays`."""
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + k - 7 * ((a + 11 * h + 22 * k) // 451) + 114, 31)
    return date(year, month, day + 1)


def nth_monday(year: int, month: int, n: int) -> date:
    """The n-th Monday of a month, -1 the last."""
    mondays = [d for i in range(1, 32) if (d := safe_date(year, month, i)) and d.weekday() == 0]
    return mondays[n - 1 if n > 0 else n]


def safe_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def substitutes(*days: date) -> set[date]:
    """The days themselves, or the next weekdays not yet taken (Banking and Financial Dealings Act 1971)."""
    taken: set[date] = set()
    for day in sorted(days, key=lambda day: (day.weekday() >= 5, day)):
        while day.weekday() >= 5 or day in taken:
            day += timedelta(1)
        taken.add(day)
    return taken


@pytest.mark.parametrize("year", range(2026, 2040))
def test_calendar_vectors_follow_the_statute(year: int) -> None:
    expected = {
        easter_sunday(year) - timedelta(2),
        easter_sunday(year) + timedelta(1),
        nth_monday(year, 5, 1),
        nth_monday(year, 5, -1),
        nth_monday(year, 8, -1),
        *substitutes(date(year, 1, 1)),
        *substitutes(date(year, 12, 25), date(year, 12, 26)),
    }
    all_days = [date(year, 1, 1) + timedelta(n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    for day in all_days:
        assert ENGLAND.is_working_day(day) == (day.weekday() < 5 and day not in expected), day


def test_easter_monday_is_not_worked_though_the_library_without_a_subdivision_thinks_so() -> None:
    easter_monday = date(2026, 4, 6)
    assert easter_monday not in holidays.country_holidays("UK", years=2026)
    assert ENGLAND.reason_not_worked(easter_monday) == "Easter Monday"
    assert ENGLAND.working_days_after(date(2026, 4, 2), 1) == date(2026, 4, 7)


def test_holidays_of_scotland_and_northern_ireland_are_worked() -> None:
    assert ENGLAND.is_working_day(date(2026, 1, 2))
    assert ENGLAND.is_working_day(date(2026, 3, 17))
    assert ENGLAND.is_working_day(date(2026, 7, 13))


@given(DAYS, COUNTS)
def test_add_equals_the_oracle(day: date, count: int) -> None:
    assert ENGLAND.add(day, count) == load_oracle().wd(day, count)


@given(DAYS, COUNTS, st.frozensets(DAYS, max_size=5), st.integers(0, 30))
def test_added_days_equal_the_oracles_extra_days(day: date, count: int, others: frozenset[date], near: int) -> None:
    added = others | {day + timedelta(near), day - timedelta(near)}
    assert WorkingCalendar(added=added).add(day, count) == load_oracle().wd(day, count, added)


@given(DAYS, st.integers(-60, 60))
def test_months_and_moves_equal_the_oracle(day: date, count: int) -> None:
    oracle = load_oracle()
    assert add_months(day, count) == oracle.cal(day, count, "m")
    assert ENGLAND.previous_or_same(day) == oracle.prevwd(day)
    assert ENGLAND.next_or_same(day) == oracle.nextwd(day)


@given(DAYS, st.integers(1, 60))
def test_counting_undoes_adding(day: date, count: int) -> None:
    due = ENGLAND.working_days_after(day, count)
    assert ENGLAND.count_between(day, due) == count
    assert ENGLAND.working_days_before(due + timedelta(1), 1) == due
    assert count + len(ENGLAND.skipped(day, due)) == (due - day).days


@given(DAYS, st.integers(1, 60))
def test_before_mirrors_after_from_a_working_day(day: date, count: int) -> None:
    worked = ENGLAND.next_or_same(day)
    assert ENGLAND.working_days_before(ENGLAND.working_days_after(worked, count), count) == worked


def test_day_0_is_never_counted_even_when_it_is_not_worked() -> None:
    saturday = date(2027, 2, 6)
    assert ENGLAND.add(saturday, 0) == saturday
    assert ENGLAND.working_days_after(saturday, 1) == date(2027, 2, 8)
    assert ENGLAND.working_days_before(saturday, 1) == date(2027, 2, 5)


def test_count_between_is_0_when_the_end_is_not_later() -> None:
    assert ENGLAND.count_between(date(2027, 1, 14), date(2027, 1, 14)) == 0
    assert ENGLAND.count_between(date(2027, 1, 14), date(2027, 1, 4)) == 0
    assert ENGLAND.skipped(date(2027, 1, 14), date(2027, 1, 4)) == ()


@pytest.mark.parametrize("count", [0, -1])
def test_after_and_before_count_at_least_one_day(count: int) -> None:
    with pytest.raises(ValueError):
        ENGLAND.working_days_after(date(2027, 1, 4), count)
    with pytest.raises(ValueError):
        ENGLAND.working_days_before(date(2027, 1, 4), count)


def test_skipped_days_have_their_reasons() -> None:
    mourning = date(2026, 12, 23)
    partnership = WorkingCalendar(added=frozenset({mourning, date(2026, 12, 24)}), names={mourning: "day of mourning"})
    assert partnership.skipped(date(2026, 12, 22), date(2026, 12, 29)) == (
        SkippedDay(mourning, "added: day of mourning"),
        SkippedDay(date(2026, 12, 24), "added: by the partnership"),
        SkippedDay(date(2026, 12, 25), "Christmas Day"),
        SkippedDay(date(2026, 12, 26), "Saturday"),
        SkippedDay(date(2026, 12, 27), "Sunday"),
        SkippedDay(date(2026, 12, 28), "Boxing Day, observed"),
    )


def test_removed_bank_holiday_is_worked_but_a_removed_weekend_is_not() -> None:
    moved = WorkingCalendar(removed=frozenset({date(2026, 5, 4), date(2026, 5, 2)}))
    assert moved.is_working_day(date(2026, 5, 4))
    assert not moved.is_working_day(date(2026, 5, 2))


def test_a_date_both_added_and_removed_is_refused() -> None:
    with pytest.raises(ConflictingCalendar):
        WorkingCalendar(added=frozenset({date(2027, 6, 1)}), removed=frozenset({date(2027, 6, 1)}))


def test_months_are_clipped_to_the_months_end() -> None:
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert add_months(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert add_months(date(2028, 2, 29), 48) == date(2032, 2, 29)
    assert add_months(date(2027, 12, 31), 1) == date(2028, 1, 31)
    assert add_months(date(2028, 3, 31), -1) == date(2028, 2, 29)
    assert add_months(date(2027, 1, 15), -1) == date(2026, 12, 15)


def test_leap_day_is_counted() -> None:
    assert ENGLAND.working_days_after(date(2028, 2, 28), 1) == date(2028, 2, 29)
    assert ENGLAND.working_days_after(date(2028, 2, 29), 1) == date(2028, 3, 1)
    assert ENGLAND.working_days_before(date(2028, 3, 1), 1) == date(2028, 2, 29)


def test_year_ends_are_crossed() -> None:
    assert ENGLAND.working_days_after(date(2027, 12, 24), 1) == date(2027, 12, 29)
    assert ENGLAND.working_days_after(date(2021, 12, 31), 1) == date(2022, 1, 4)
    assert ENGLAND.working_days_before(date(2028, 1, 4), 1) == date(2027, 12, 31)


@pytest.mark.parametrize("day", [date(27, 1, 14), date(1977, 12, 30), date(2101, 1, 3), date.max])
def test_years_without_known_bank_holidays_are_refused_in_words(day: date) -> None:
    with pytest.raises(OutsideCalendar, match="1978 to 2100"):
        ENGLAND.is_working_day(day)


def test_counting_past_the_last_year_is_refused() -> None:
    with pytest.raises(OutsideCalendar):
        ENGLAND.working_days_after(date(2100, 12, 31), 1)
    with pytest.raises(OutsideCalendar):
        add_months(date(2100, 12, 31), 1)


def test_a_datetime_is_refused_where_a_date_is_meant() -> None:
    with pytest.raises(TypeError):
        ENGLAND.is_working_day(datetime(2026, 12, 25, tzinfo=UTC))


def test_calendars_are_values() -> None:
    added = frozenset({date(2027, 6, 1)})
    assert WorkingCalendar(added) == WorkingCalendar(added)
    assert hash(WorkingCalendar(added)) == hash(WorkingCalendar(added))
    assert pickle.loads(pickle.dumps(WorkingCalendar(added))) == WorkingCalendar(added)


@pytest.mark.timed
def test_thousands_of_counts_are_fast() -> None:
    start = time.perf_counter()
    for n in range(5_000):
        ENGLAND.add(date(2027, 1, 1) + timedelta(n % 700), 15)
    assert time.perf_counter() - start < 1
