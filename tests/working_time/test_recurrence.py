"""When things come round: rules of RFC 5545, dates given outright, and where a holiday is in the way."""

from datetime import date, time

import pytest

from engine.partnership import load_partnership
from engine.working_time import InvalidSchedule, Schedule, WorkingCalendar, read_schedule

DAYS = WorkingCalendar()
RAW = {"id": "arg", "name": "Meetings", "process": "arg-cycle", "since": "2026-01-01"}


def days(schedule: Schedule, first: str, last: str) -> list[str]:
    return [str(d) for d in schedule.occurrences(date.fromisoformat(first), date.fromisoformat(last), DAYS)]


def test_a_rule_gives_the_days_between_both_included() -> None:
    quarterly = read_schedule({**RAW, "rule": "FREQ=MONTHLY;INTERVAL=3;BYDAY=3TU"})
    assert days(quarterly, "2028-01-18", "2028-10-17") == ["2028-01-18", "2028-04-18", "2028-07-18", "2028-10-17"]


def test_dates_of_a_year_take_the_place_of_the_rule() -> None:
    given = {"2027": ["2027-07-13", "2027-04-20"]}
    schedule = read_schedule({**RAW, "rule": "FREQ=MONTHLY;INTERVAL=3;BYDAY=3TU", "dates": given})
    assert days(schedule, "2026-10-01", "2028-01-31") == ["2026-10-20", "2027-04-20", "2027-07-13", "2028-01-18"]


def test_a_day_of_the_rule_that_is_not_worked_moves_on_and_one_given_stays() -> None:
    yearly = read_schedule({**RAW, "rule": "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1", "dates": {"2028": ["2028-01-01"]}})
    assert days(yearly, "2027-01-01", "2028-12-31") == ["2027-01-04", "2028-01-01"]


def test_what_a_holiday_moves_into_the_next_year_is_found_there() -> None:
    last = read_schedule({**RAW, "since": "2022-01-01", "rule": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31"})
    assert days(last, "2023-01-01", "2023-02-01") == ["2023-01-03"]
    assert days(last, "2022-12-01", "2022-12-31") == []


def test_it_begins_working_days_ahead() -> None:
    schedule = read_schedule({**RAW, "lead": -10})
    assert schedule.begins_on(date(2027, 4, 20), DAYS) == date(2027, 4, 6)  # over Easter
    assert read_schedule(RAW).begins_on(date(2027, 5, 31), DAYS) == date(2027, 6, 1)
    assert schedule.at == time(10)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "FREQ=SOMETIMES"},
        {"rule": "FREQ=SECONDLY"},
        {"since": "soon"},
        {"dates": {"2027": ["2027-02-30"]}},
        {"dates": ["2027-02-03"]},
        {"at": "ten"},
        {"lead": "a month"},
        {"process": None, "name": None, "since": None},
    ],
)
def test_what_can_not_be_read_is_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidSchedule, match="arg"):
        read_schedule({**RAW, **wrong})


def test_the_calendar_that_ships_is_that_of_the_scenarios() -> None:
    schedules = load_partnership("solihull").schedules
    year = {s.id: days(s, "2027-01-01", "2027-12-31") for s in schedules.values()}
    assert {key: len(found) for key, found in year.items()} == {
        "arg": 4,
        "lscp": 3,
        "rdg": 4,
        "elrag": 6,
        "environmental-scan": 4,
        "business-plan": 1,
    }
    assert year["lscp"] == ["2027-02-11", "2027-06-17", "2027-11-04"]
    assert all(DAYS.is_working_day(date.fromisoformat(day)) for found in year.values() for day in found)
