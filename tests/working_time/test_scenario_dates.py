"""Every `= expression -> date` of SCENARIOS.md, by our code and by the oracle."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest

from engine.working_time import WorkingCalendar, add_months

from .oracle import DOMAIN, load_oracle

ENGLAND = WorkingCalendar()
LINE = re.compile(r"^= (.+?) -> (\d{4}-\d\d-\d\d) ([A-Z][a-z]{2})\b.*$", re.MULTILINE)
CALL = re.compile(r"(wd|cal|prevwd|nextwd)\((\d{4}-\d\d-\d\d)(?:,([+-]?\d+)([dwm]?))?\)")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# S01, S02, S08, S14, S17, S22, S25-S28, S33, S36, S37, so that they are checked where SCENARIOS.md is absent.
COPIED = """
= wd(2027-01-11,5) -> 2027-01-18 Mon
= wd(2027-01-11,2) -> 2027-01-13 Wed
= wd(2027-01-11,3) -> 2027-01-14 Thu
= wd(2027-01-14,1) -> 2027-01-15 Fri
= wd(2027-01-14,2) -> 2027-01-18 Mon
= wd(2027-01-14,7) -> 2027-01-25 Mon
= wd(2027-01-14,9) -> 2027-01-27 Wed
= wd(2027-01-14,10) -> 2027-01-28 Thu
= wd(2027-01-14,11) -> 2027-01-29 Fri
= wd(2027-01-14,12) -> 2027-02-01 Mon
= wd(2027-01-14,14) -> 2027-02-03 Wed
= wd(2027-01-14,15) -> 2027-02-04 Thu
= wd(2027-02-03,15) -> 2027-02-24 Wed
= wd(2027-02-01,10) -> 2027-02-15 Mon
= wd(2027-02-01,20) -> 2027-03-01 Mon
= prevwd(cal(2027-02-01,4m)) -> 2027-06-01 Tue
= prevwd(cal(2027-02-01,5m)) -> 2027-07-01 Thu
= cal(2027-02-01,6m) -> 2027-08-01 Sun
= prevwd(cal(2027-02-01,6m)) -> 2027-07-30 Fri
= wd(2027-07-22,-7) -> 2027-07-13 Tue
= nextwd(cal(2027-07-22,12m)) -> 2028-07-24 Mon
= wd(2027-04-30,3) -> 2027-05-06 Thu
= wd(2027-04-30,4) -> 2027-05-07 Fri
= wd(2027-04-30,5) -> 2027-05-10 Mon
= wd(2027-04-20,10) -> 2027-05-05 Wed
= wd(2027-11-08,7) -> 2027-11-17 Wed
= wd(wd(2027-11-08,7),-2) -> 2027-11-15 Mon
= wd(wd(2027-11-08,7),1) -> 2027-11-18 Thu
= wd(wd(2027-11-08,7),2) -> 2027-11-19 Fri
= wd(wd(2027-11-08,7),3) -> 2027-11-22 Mon
= wd(2027-11-08,10) -> 2027-11-22 Mon
= wd(2027-02-06,1) -> 2027-02-08 Mon
= wd(2027-02-06,5) -> 2027-02-12 Fri
= wd(2027-02-09,5) -> 2027-02-16 Tue
= wd(2026-12-18,5) -> 2026-12-29 Tue
= wd(2026-12-29,1) -> 2026-12-30 Wed
= wd(2026-12-29,7) -> 2027-01-08 Fri
= wd(2026-12-29,10) -> 2027-01-13 Wed
= wd(2026-12-29,12) -> 2027-01-15 Fri
= wd(2026-12-29,15) -> 2027-01-20 Wed
= wd(2027-03-23,5) -> 2027-04-01 Thu
= wd(2027-04-01,-2) -> 2027-03-30 Tue
= wd(2027-03-31,-1) -> 2027-03-30 Tue
= wd(2027-03-22,5) -> 2027-03-31 Wed
= wd(2027-03-31,15) -> 2027-04-21 Wed
= wd(2020-04-30,5) -> 2020-05-07 Thu
= wd(2022-05-30,5) -> 2022-06-08 Wed
= wd(2022-09-15,5) -> 2022-09-23 Fri
= wd(2023-05-03,5) -> 2023-05-11 Thu
= wd(2026-04-02,1) -> 2026-04-07 Tue
= wd(2019-12-20,15) -> 2020-01-15 Wed
= wd(2027-06-04,-7) -> 2027-05-25 Tue
= wd(2027-05-26,7) -> 2027-06-07 Mon
= wd(2027-06-07,-7) -> 2027-05-26 Wed
= wd(2027-02-11,-10) -> 2027-01-28 Thu
= wd(2027-06-17,-10) -> 2027-06-03 Thu
= wd(2027-11-04,-10) -> 2027-10-21 Thu
= wd(2027-04-20,-10) -> 2027-04-06 Tue
= wd(2027-04-20,-5) -> 2027-04-13 Tue
= wd(2027-06-09,-10) -> 2027-05-25 Tue
= wd(2027-09-08,-10) -> 2027-08-24 Tue
= wd(2027-05-06,10) -> 2027-05-20 Thu
= wd(2027-06-17,-5) -> 2027-06-10 Thu
= nextwd(2027-10-01) -> 2027-10-01 Fri
= prevwd(2027-11-30) -> 2027-11-30 Tue
= wd(2027-11-30,-15) -> 2027-11-09 Tue
= wd(2027-11-30,-5) -> 2027-11-23 Tue
= wd(2027-11-30,5) -> 2027-12-07 Tue
= wd(2027-11-30,10) -> 2027-12-14 Tue
= wd(2027-11-30,15) -> 2027-12-21 Tue
= nextwd(cal(2026-11-30,3m)) -> 2027-03-01 Mon
= wd(2027-03-01,10) -> 2027-03-15 Mon
= wd(2027-03-01,20) -> 2027-03-31 Wed
= wd(2027-03-01,30) -> 2027-04-14 Wed
= nextwd(cal(2027-05-28,3m)) -> 2027-08-31 Tue
"""

Function = Callable[[date, int, str], date]


def our_calendar_day(day: date, count: int, unit: str) -> date:
    if unit == "m":
        return add_months(day, count)
    return day + timedelta(**{{"d": "days", "w": "weeks"}[unit]: count})


OURS: Mapping[str, Function] = {
    "wd": lambda day, count, _: ENGLAND.add(day, count),
    "cal": our_calendar_day,
    "prevwd": lambda day, *_: ENGLAND.previous_or_same(day),
    "nextwd": lambda day, *_: ENGLAND.next_or_same(day),
}


def evaluate(expression: str, functions: Mapping[str, Function]) -> date:
    """Works the innermost call out, again and again, until a date is left."""
    while call := CALL.search(expression):
        name, day, count, unit = call.groups(default="")
        result = functions[name](date.fromisoformat(day), int(count or 0), unit)
        expression = expression.replace(call.group(), result.isoformat())
    return date.fromisoformat(expression)


def lines(text: str) -> list[tuple[str, date, str]]:
    return [(expression, date.fromisoformat(day), weekday) for expression, day, weekday in LINE.findall(text)]


@pytest.mark.parametrize(("expression", "day", "weekday"), lines(COPIED))
def test_copied_scenario_date(expression: str, day: date, weekday: str) -> None:
    assert evaluate(expression, OURS) == day
    assert WEEKDAYS[day.weekday()] == weekday


def test_copied_table_is_long_enough() -> None:
    assert len(lines(COPIED)) >= 40


def test_every_scenario_date_by_our_code_and_by_the_oracle() -> None:
    oracle = load_oracle()
    theirs: Mapping[str, Function] = {
        "wd": lambda day, count, _: oracle.wd(day, count),
        "cal": oracle.cal,
        "prevwd": lambda day, *_: oracle.prevwd(day),
        "nextwd": lambda day, *_: oracle.nextwd(day),
    }
    text = (DOMAIN / "SCENARIOS.md").read_text()
    written = lines(text)
    assert len(written) == len(re.findall("^= ", text, re.MULTILINE)) >= 100
    for expression, day, weekday in written:
        assert evaluate(expression, OURS) == day, expression
        assert evaluate(expression, theirs) == day, expression
        assert WEEKDAYS[day.weekday()] == weekday, expression


def test_copied_lines_are_still_in_the_scenarios() -> None:
    path = DOMAIN / "SCENARIOS.md"
    if not path.exists():
        pytest.skip(f"nothing to compare with: {path} is not here")
    assert set(lines(COPIED)) <= set(lines(path.read_text()))
