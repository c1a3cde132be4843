"""Deadline rules: their words, the moments they give, and why."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.working_time import (
    DeadlineRule,
    InvalidRule,
    Move,
    OutsideCalendar,
    SkippedDay,
    Unit,
    WorkingCalendar,
)

ENGLAND = WorkingCalendar()
LONDON = ZoneInfo("Europe/London")


def london(text: str) -> datetime:
    """2027-01-14T15:00 on London's clocks"""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("+7wd after notification_sent", DeadlineRule(7, Unit.WORKING_DAY, "notification_sent")),
        ("-7wd before publication", DeadlineRule(-7, Unit.WORKING_DAY, "publication")),
        ("+6m after decision", DeadlineRule(6, Unit.MONTH, "decision")),
        ("+12m after publication, nextwd", DeadlineRule(12, Unit.MONTH, "publication", Move.NEXT)),
        ("+5m after decision, prevwd", DeadlineRule(5, Unit.MONTH, "decision", Move.PREVIOUS)),
        ("+8w after audit_issued", DeadlineRule(8, Unit.WEEK, "audit_issued")),
        ("+3d after x9", DeadlineRule(3, Unit.DAY, "x9")),
        ("+1wd", DeadlineRule(1, Unit.WORKING_DAY, None)),
        ("+1wd at 12:00", DeadlineRule(1, Unit.WORKING_DAY, None, at=time(12))),
        ("+3m, nextwd", DeadlineRule(3, Unit.MONTH, None, Move.NEXT)),
        (
            "+6m after decision, prevwd at 09:30",
            DeadlineRule(6, Unit.MONTH, "decision", Move.PREVIOUS, time(9, 30)),
        ),
        ("+0wd after notification_sent", DeadlineRule(0, Unit.WORKING_DAY, "notification_sent")),
    ],
)
def test_a_rule_is_read_and_written_back(text: str, rule: DeadlineRule) -> None:
    assert DeadlineRule.parse(text) == rule
    assert str(rule) == text


@pytest.mark.parametrize(
    "text",
    ["  +7wd   after\tnotification_sent ", "+ 7 wd after notification_sent", "+07wd after notification_sent"],
)
def test_spaces_and_leading_noughts_do_not_matter(text: str) -> None:
    assert str(DeadlineRule.parse(text)) == "+7wd after notification_sent"


def test_the_minus_sign_of_the_domain_text_is_read() -> None:
    assert str(DeadlineRule.parse("−10wd before lscp_meeting")) == "-10wd before lscp_meeting"


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 1, "starts with + (after) or - (before), not the end"),
        ("7wd after notification_sent", 1, 'starts with + (after) or - (before), not "7"'),
        ("+wd after notification_sent", 2, 'whole number, not "wd"'),
        ("+1000wd after notification_sent", 2, "at most 999"),
        ("+7xd after notification_sent", 3, 'wd (working days), d (days), w (weeks) or m (months), not "xd"'),
        (
            "+7 after notification_sent",
            4,
            'the unit is wd (working days), d (days), w (weeks) or m (months), not "after"',
        ),
        ("+1y after decision", 3, 'not "y"'),
        ("+7.5wd after decision", 3, 'not ".5"'),
        ("+7wd notification_sent", 6, 'here comes "after" and the name of a date, not "notification_sent"'),
        ("+7wd before publication", 6, '"+" goes with "after", not "before"'),
        ("-7wd after publication", 6, '"-" goes with "before", not "after"'),
        ("-7wd", 5, 'here comes "before" and the name of a date, not the end'),
        ("+7wd after", 11, "name of a date: small letters, digits and _, not the end"),
        ("+7wd after Notification-sent", 12, 'not "Notification"'),
        ("+7wd after notification-sent", 12, 'not "notification"'),
        ("+6m after decision prevwd", 20, 'may follow, not "prevwd"'),
        ("+6m after decision, prev", 21, 'prevwd or nextwd, not "prev"'),
        ("+6m after decision,", 20, "prevwd or nextwd, not the end"),
        ("+1wd at noon", 9, 'a time such as 12:00, not "noon"'),
        ("+1wd at 25:00", 9, "25:00 is not a time of day"),
        ("+1wd at 12:60", 9, "12:60 is not a time of day"),
        ("+1wd at 12.30", 9, 'not "12.30"'),
        ("+1wd at 12:00 sharp", 15, 'may follow, not "sharp"'),
        ("+1wd at 12:00, prevwd", 9, 'a time such as 12:00, not "12:00"'),
        ("+٧wd after decision", 2, "whole number"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place_and_an_example(text: str, position: int, words: str) -> None:
    with pytest.raises(InvalidRule) as refused:
        DeadlineRule.parse(text)
    assert words in refused.value.message
    assert f"at character {position}:" in refused.value.message
    assert refused.value.details["position"] == position
    DeadlineRule.parse(str(refused.value.details["example"]))


def test_a_very_long_wrong_rule_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidRule) as refused:
        DeadlineRule.parse("+" + "9" * 100_000)
    assert len(refused.value.message) < 250


@given(st.text() | st.from_regex(r"[+-][0-9]{1,4}(wd|d|w|m|y)( after x|, prevwd| at [0-9]{2}:[0-9]{2})*"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        rule = DeadlineRule.parse(text)
    except InvalidRule:
        return
    assert DeadlineRule.parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("rule", "anchor", "due"),
    [
        ("+15wd after n", "2027-01-14T15:00", "2027-02-04T17:00"),  # S01 D13
        ("+1wd at 12:00", "2027-06-21T16:00", "2027-06-22T12:00"),
        ("+2wd after x at 12:00", "2027-06-21T16:00", "2027-06-23T12:00"),  # S05
        ("-7wd before publication", "2027-07-22T10:00", "2027-07-13T17:00"),  # S02 D20
        ("-7wd before publication", "2027-06-05T10:00", "2027-05-26T17:00"),  # from a Saturday
        ("+4m after decision, prevwd", "2027-02-01T09:00", "2027-06-01T17:00"),
        ("+6m after decision", "2027-02-01T09:00", "2027-08-01T17:00"),
        ("+6m after decision, prevwd", "2027-02-01T09:00", "2027-07-30T17:00"),
        ("+12m after publication, nextwd", "2027-07-22T09:00", "2028-07-24T17:00"),  # S02 D21
        ("+3m after course_end, nextwd", "2026-11-30T16:00", "2027-03-01T17:00"),  # S37
        ("+6m after decision", "2027-08-31T09:00", "2028-02-29T17:00"),
        ("+8w after issued", "2027-09-01T09:00", "2027-10-27T17:00"),
        ("+3d after issued", "2027-12-30T09:00", "2028-01-02T17:00"),
        ("+0wd after n", "2027-01-14T15:00", "2027-01-14T17:00"),
        ("+5wd after aware_at", "2027-02-06T03:00", "2027-02-12T17:00"),  # S22, from a Saturday
    ],
)
def test_due_moments(rule: str, anchor: str, due: str) -> None:
    assert DeadlineRule.parse(rule).due(london(anchor), ENGLAND) == london(due)


def test_due_is_aware_utc_and_follows_londons_clocks() -> None:
    rule = DeadlineRule.parse("+1wd")
    winter = rule.due(london("2027-03-24T10:00"), ENGLAND)
    summer = rule.due(london("2027-03-30T10:00"), ENGLAND)
    assert (winter, winter.tzinfo) == (datetime(2027, 3, 25, 17, tzinfo=UTC), UTC)
    assert (summer, summer.tzinfo) == (datetime(2027, 3, 31, 16, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    ("anchor", "day"),
    [
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), date(2027, 3, 30)),  # the night clocks go forward, Easter
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), date(2027, 11, 1)),  # the hour that comes twice, first
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), date(2027, 11, 1)),  # and second
        (datetime(2027, 6, 7, 22, 59, tzinfo=UTC), date(2027, 6, 8)),
        (datetime(2027, 6, 7, 23, 30, tzinfo=UTC), date(2027, 6, 9)),  # already 8 June in London
        (datetime(2027, 12, 7, 23, 30, tzinfo=UTC), date(2027, 12, 8)),
    ],
)
def test_the_anchors_day_is_londons(anchor: datetime, day: date) -> None:
    assert DeadlineRule.parse("+1wd after x").day(anchor, ENGLAND) == day


def test_a_due_time_that_the_clocks_skip_or_repeat_is_still_one_moment() -> None:
    skipped = DeadlineRule.parse("+1d after x at 01:30").due(london("2027-03-27T10:00"), ENGLAND)
    repeated = DeadlineRule.parse("+1d after x at 01:30").due(london("2027-10-30T10:00"), ENGLAND)
    assert skipped == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert repeated == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_a_statutory_limit_on_a_sunday_keeps_its_date_and_the_inbox_shows_friday() -> None:
    decided = london("2027-02-01T11:00")
    for text in ("+6m after decision", "+6m after decision, prevwd"):
        rule = DeadlineRule.parse(text)
        assert rule.limit_day(decided, ENGLAND) == date(2027, 8, 1)
        assert rule.limit_end(decided, ENGLAND) == london("2027-08-01T23:59:59")
        assert rule.inbox_day(decided, ENGLAND) == date(2027, 7, 30)
        assert rule.inbox_due(decided, ENGLAND) == london("2027-07-30T17:00")


def test_a_limit_in_winter_ends_at_londons_midnight() -> None:
    limit_end = DeadlineRule.parse("+15wd after n at 12:00").limit_end(london("2027-01-14T15:00"), ENGLAND)
    assert limit_end == datetime(2027, 2, 4, 23, 59, 59, tzinfo=UTC)


def test_an_added_bank_holiday_moves_the_date() -> None:
    proclaimed = WorkingCalendar(added=frozenset({date(2027, 1, 20)}))
    assert DeadlineRule.parse("+5wd after a").day(london("2027-01-14T15:00"), proclaimed) == date(2027, 1, 22)


def test_a_naive_anchor_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        DeadlineRule.parse("+1wd").due(datetime(2027, 1, 14), ENGLAND)  # noqa: DTZ001


@pytest.mark.parametrize("rule", ["+1wd", "+1d", "+1w", "+1m", "+999m after x", "-999m before x"])
@pytest.mark.parametrize("year", [27, 1977, 2101, 9998])
def test_years_outside_the_calendar_are_refused(rule: str, year: int) -> None:
    with pytest.raises(OutsideCalendar):
        DeadlineRule.parse(rule).due(datetime(year, 1, 14, tzinfo=UTC), ENGLAND)


@pytest.mark.parametrize(
    ("rule", "anchor", "words"),
    [
        (
            "+5wd after aware_at",
            "2026-12-18T10:00",
            "5 working days after Friday 18 December 2026 (day 0). Not counted: Friday 25 December 2026 "
            "(Christmas Day), Monday 28 December 2026 (Boxing Day, observed), and 2 weekends.",
        ),
        ("+1wd", "2027-01-11T10:00", "1 working day after Monday 11 January 2027 (day 0)."),
        (
            "+7wd after n",
            "2027-01-14T15:00",
            "7 working days after Thursday 14 January 2027 (day 0). Not counted: 2 weekends.",
        ),
        (
            "-7wd before publication",
            "2027-06-04T10:00",
            "7 working days before Friday 4 June 2027 (day 0). "
            "Not counted: Monday 31 May 2027 (Spring Bank Holiday) and 1 weekend.",
        ),
        (
            "+1wd",
            "2027-02-06T10:00",
            "1 working day after Saturday 6 February 2027 (day 0). Not counted: Sunday 7 February 2027.",
        ),
        ("+0wd after n", "2027-01-14T15:00", "On Thursday 14 January 2027 itself (day 0)."),
        ("+8w after x", "2027-09-01T09:00", "8 weeks after Wednesday 1 September 2027."),
        ("-3d before x", "2027-09-01T09:00", "3 days before Wednesday 1 September 2027."),
        (
            "+6m after decision, prevwd",
            "2027-02-01T09:00",
            "6 months after Monday 1 February 2027. "
            "Sunday 1 August 2027 is not a working day, so it moves back to Friday 30 July 2027.",
        ),
        (
            "+3m after course_end, nextwd",
            "2027-02-28T09:00",
            "3 months after Sunday 28 February 2027.",
        ),
        (
            "+3m after course_end, nextwd",
            "2026-11-30T09:00",
            "3 months after Monday 30 November 2026. February 2027 has no day 30, so its last day is taken. "
            "Sunday 28 February 2027 is not a working day, so it moves on to Monday 1 March 2027.",
        ),
        (
            "+2m after x, nextwd",
            "2027-06-30T09:00",
            "2 months after Wednesday 30 June 2027. Monday 30 August 2027 (Late Summer Bank Holiday) "
            "is not a working day, so it moves on to Tuesday 31 August 2027.",
        ),
    ],
)
def test_explanations_in_words(rule: str, anchor: str, words: str) -> None:
    assert DeadlineRule.parse(rule).explain(london(anchor), ENGLAND).words == words


def test_the_explanation_of_a_limit_names_both_dates() -> None:
    explanation = DeadlineRule.parse("+6m after decision").explain(london("2027-02-01T09:00"), ENGLAND, limit=True)
    assert explanation.words == (
        "6 months after Monday 1 February 2027. The legal limit is Sunday 1 August 2027, until midnight "
        "at the end of that day; the inbox shows Friday 30 July 2027, the last working day before it."
    )


def test_the_explanation_of_a_limit_on_a_working_day_names_it_once() -> None:
    words = DeadlineRule.parse("+1wd after n").explain(london("2027-01-11T15:00"), ENGLAND, limit=True).words
    assert words.endswith("The legal limit is Tuesday 12 January 2027, until midnight at the end of that day.")


def test_an_added_day_is_explained_by_its_name() -> None:
    day = date(2027, 1, 20)
    proclaimed = WorkingCalendar(added=frozenset({day}), names={day: "day of mourning"})
    words = DeadlineRule.parse("+4wd after a").explain(london("2027-01-14T15:00"), proclaimed).words
    assert words.endswith("Not counted: Wednesday 20 January 2027 (added: day of mourning) and 1 weekend.")


def test_an_explanation_as_data() -> None:
    explanation = DeadlineRule.parse("+6m after decision, prevwd").explain(london("2027-02-01T09:00"), ENGLAND)
    assert explanation.rule == "+6m after decision, prevwd"
    assert explanation.anchor_day == date(2027, 2, 1)
    assert (explanation.limit_day, explanation.day) == (date(2027, 8, 1), date(2027, 7, 30))
    assert explanation.due == london("2027-07-30T17:00")
    assert explanation.skipped == (
        SkippedDay(date(2027, 7, 31), "Saturday"),
        SkippedDay(date(2027, 8, 1), "Sunday"),
    )


@given(st.dates(date(2019, 1, 1), date(2039, 12, 31)), st.integers(1, 60), st.booleans())
def test_skipped_and_counted_days_fill_the_time_between(anchor_day: date, count: int, back: bool) -> None:
    anchor = datetime.combine(anchor_day, time(10), tzinfo=LONDON)
    rule = DeadlineRule(-count if back else count, Unit.WORKING_DAY, "x")
    explanation = rule.explain(anchor, ENGLAND)
    assert len(explanation.skipped) + count == abs((explanation.day - anchor_day).days)
    assert anchor_day not in [skipped.day for skipped in explanation.skipped]


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        ("2027-01-13T10:00", (0, 15)),
        ("2027-01-14T23:00", (0, 15)),
        ("2027-01-15T00:05", (1, 15)),
        ("2027-01-17T12:00", (1, 15)),
        ("2027-01-21T12:00", (5, 15)),
        ("2027-02-04T12:00", (15, 15)),
        ("2027-02-08T12:00", (17, 15)),
    ],
)
def test_progress_counts_working_days(now: str, progress: tuple[int, int]) -> None:
    explanation = DeadlineRule.parse("+15wd after n").explain(london("2027-01-14T15:00"), ENGLAND)
    assert explanation.progress(london(now)) == progress


def test_progress_of_a_calendar_rule_counts_days() -> None:
    explanation = DeadlineRule.parse("+6m after d").explain(london("2027-02-01T15:00"), ENGLAND)
    assert explanation.progress(london("2027-02-11T10:00")) == (10, 181)


def test_there_is_no_progress_towards_a_date_counted_back() -> None:
    explanation = DeadlineRule.parse("-7wd before publication").explain(london("2027-06-04T10:00"), ENGLAND)
    assert explanation.progress(london("2027-05-20T10:00")) is None


@given(st.datetimes(datetime(2019, 1, 1), datetime(2039, 12, 31)), st.integers(0, 60))  # noqa: DTZ001
def test_due_never_falls_outside_its_london_day(naive: datetime, count: int) -> None:
    anchor = naive.replace(tzinfo=UTC)
    rule = DeadlineRule(count, Unit.WORKING_DAY, None)
    due = rule.due(anchor, ENGLAND).astimezone(LONDON)
    assert (due.date(), due.time()) == (rule.day(anchor, ENGLAND), time(17))
    assert rule.limit_end(anchor, ENGLAND) - due == timedelta(hours=6, minutes=59, seconds=59)
