"""Reminder ladders: the four profiles, when their rungs fall, and what is still to be sent."""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.working_time import (
    DeadlineRule,
    InvalidLadders,
    Ladder,
    Ladders,
    Rung,
    WorkingCalendar,
    parse_ladders,
    plan,
    rung_times,
    sending_moment,
)

ENGLAND = WorkingCalendar()
LONDON = ZoneInfo("Europe/London")
FILE = Path(__file__).parents[2] / "workflows" / "partnerships" / "ladders.json"
LADDERS: Ladders = parse_ladders(json.loads(FILE.read_text(encoding="utf-8")))
PROFILES = st.sampled_from(sorted(LADDERS.profiles))
MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2027, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001


def london(text: str) -> datetime:
    """2027-01-14T15:00 on London's clocks"""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def words(times: list[tuple[Rung, datetime]]) -> list[str]:
    """R1 2027-01-14 09:00, on London's clocks"""
    return [f"{rung.id} {moment.astimezone(LONDON):%Y-%m-%d %H:%M}" for rung, moment in times]


def test_the_four_profiles_are_those_of_the_domain() -> None:
    def table(ladder: Ladder) -> list[tuple[str, int, str, tuple[str, ...], str | None]]:
        return [(rung.id, rung.offset, f"{rung.at:%H:%M}", rung.to, rung.opens) for rung in ladder.rungs]

    late = ("assignee", "business-manager")
    assert table(LADDERS.profiles["standard"]) == [
        ("R1", -3, "09:00", ("assignee",), None),
        ("R2", 0, "09:00", ("assignee",), None),
        ("O1", 1, "09:00", late, None),
        ("O2", 3, "09:00", (*late, "group-chair"), None),
        ("O3", 5, "09:00", (*late, "group-chair", "partner-of-agency"), None),
    ]
    assert table(LADDERS.profiles["rapid"]) == [
        ("R1", -2, "09:00", ("assignee",), None),
        ("R2", 0, "09:00", ("assignee",), None),
        ("O1", 1, "09:00", ("assignee", "agency-member", "business-manager"), None),
        ("O2", 2, "09:00", ("business-manager",), "telephone"),
        ("O3", 3, "09:00", ("review-panel-chair", "partner-of-agency"), None),
    ]
    assert table(LADDERS.profiles["statutory"]) == [
        ("R1", -2, "09:00", ("assignee",), None),
        ("R2", -1, "09:00", ("assignee",), None),
        ("R3", 0, "09:00", ("assignee",), None),
        ("O1", 0, "17:00", ("dcs", "business-manager"), None),
        ("O2", 1, "09:00", ("partners", "independent-scrutineer"), "breach-record"),
    ]
    assert table(LADDERS.profiles["survey"]) == [
        ("R1", 10, "09:00", ("assignee",), None),
        ("R2", 20, "09:00", ("assignee",), None),
        ("C1", 30, "09:00", (), None),
    ]
    assert [rung.id for ladder in LADDERS.profiles.values() for rung in ladder.rungs if rung.closes] == ["C1"]
    assert {ladder.basis for ladder in LADDERS.profiles.values()} == {"chosen"}


def test_s17_rapid_ladder_of_a_return_never_sent() -> None:
    due = DeadlineRule.parse("+7wd after n").due(london("2027-11-08T11:00"), ENGLAND)
    assert words(rung_times(LADDERS.profiles["rapid"], due, ENGLAND)) == [
        "R1 2027-11-15 09:00",
        "R2 2027-11-17 09:00",
        "O1 2027-11-18 09:00",
        "O2 2027-11-19 09:00",
        "O3 2027-11-22 09:00",
    ]
    assert LADDERS.recipients["partner-of-agency"].otherwise == ("partners",)
    assert LADDERS.recipients["agency-member"].otherwise == ("business-manager",)


def test_s19_statutory_ladder_of_a_late_notification() -> None:
    due = DeadlineRule.parse("+5wd after aware_at").due(london("2027-01-11T10:00"), ENGLAND)
    assert words(rung_times(LADDERS.profiles["statutory"], due, ENGLAND)) == [
        "R1 2027-01-14 09:00",
        "R2 2027-01-15 09:00",
        "R3 2027-01-18 09:00",
        "O1 2027-01-18 17:00",
        "O2 2027-01-19 09:00",
    ]


def test_s25_nothing_is_sent_over_christmas_2026() -> None:
    due = DeadlineRule.parse("+5wd after aware_at").due(london("2026-12-18T10:00"), ENGLAND)
    assert words(rung_times(LADDERS.profiles["statutory"], due, ENGLAND)) == [
        "R1 2026-12-23 09:00",
        "R2 2026-12-24 09:00",
        "R3 2026-12-29 09:00",
        "O1 2026-12-29 17:00",
        "O2 2026-12-30 09:00",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-24T18:00",
        "2026-12-24T23:00",
        "2026-12-25T09:00",
        "2026-12-26T10:00",
        "2026-12-27T10:00",
        "2026-12-28T17:59",
    ],
)
def test_s25_moments_over_christmas_wait_for_29_december(text: str) -> None:
    assert sending_moment(london(text), ENGLAND) == london("2026-12-29T08:00")


def test_s25_new_years_day_waits_for_monday() -> None:
    assert sending_moment(london("2027-01-01T09:00"), ENGLAND) == london("2027-01-04T08:00")


def test_s26_moved_due_date_sends_only_the_latest_missed_rung_at_once() -> None:
    statutory = LADDERS.profiles["statutory"]
    rule = DeadlineRule.parse("+5wd after aware_at")
    before = rule.due(london("2027-03-23T10:00"), ENGLAND)
    after = rule.due(london("2027-03-22T10:00"), ENGLAND)
    assert (before, after) == (london("2027-04-01T17:00"), london("2027-03-31T17:00"))
    assert words(rung_times(statutory, before, ENGLAND))[0] == "R1 2027-03-30 09:00"
    now = london("2027-03-30T11:00")
    assert words(plan(statutory, after, ENGLAND, now=now, sent={"R1"})) == [
        "R2 2027-03-30 11:00",
        "R3 2027-03-31 09:00",
        "O1 2027-03-31 17:00",
        "O2 2027-04-01 09:00",
    ]
    assert words(plan(statutory, after, ENGLAND, now=now, sent={"R1", "R2"}))[0] == "R3 2027-03-31 09:00"


def test_of_several_missed_rungs_only_the_latest_is_sent() -> None:
    times = plan(
        LADDERS.profiles["standard"],
        london("2027-01-14T17:00"),
        ENGLAND,
        now=london("2027-01-15T12:00"),
        sent=set(),
    )
    assert words(times) == ["O1 2027-01-15 12:00", "O2 2027-01-19 09:00", "O3 2027-01-21 09:00"]


def test_a_missed_rung_found_at_night_waits_for_the_morning() -> None:
    times = plan(
        LADDERS.profiles["rapid"],
        london("2027-01-14T17:00"),
        ENGLAND,
        now=london("2027-01-15T23:00"),
        sent={"R1", "R2"},
    )
    assert words(times)[0] == "O1 2027-01-18 08:00"


def test_a_dropped_rung_stays_dropped_once_a_higher_one_was_sent() -> None:
    standard, due = LADDERS.profiles["standard"], london("2027-01-14T17:00")
    assert words(plan(standard, due, ENGLAND, now=london("2027-01-14T12:00"), sent={"R2"}))[0] == "O1 2027-01-15 09:00"


def test_a_later_due_date_repeats_nothing() -> None:
    times = plan(
        LADDERS.profiles["standard"],
        london("2027-02-11T17:00"),
        ENGLAND,
        now=london("2027-01-15T12:00"),
        sent={"R1", "R2", "O1"},
    )
    assert words(times) == ["O2 2027-02-16 09:00", "O3 2027-02-18 09:00"]


def test_nothing_is_left_when_all_is_sent() -> None:
    due = london("2027-01-14T17:00")
    assert plan(LADDERS.profiles["rapid"], due, ENGLAND, now=due, sent={"R1", "R2", "O1", "O2", "O3"}) == []


def test_rungs_that_would_leave_together_are_one() -> None:
    sunday = london("2027-08-01T17:00")
    times = plan(LADDERS.profiles["statutory"], sunday, ENGLAND, now=london("2027-07-30T20:00"), sent={"R1", "R2"})
    assert words(times) == ["O1 2027-08-02 08:00", "O2 2027-08-02 09:00"]


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        ("2027-01-14T07:59", "2027-01-14T08:00"),
        ("2027-01-14T08:00", "2027-01-14T08:00"),
        ("2027-01-14T17:59:59", "2027-01-14T17:59:59"),
        ("2027-01-14T18:00", "2027-01-15T08:00"),
        ("2027-01-15T18:30", "2027-01-18T08:00"),
        ("2027-01-16T07:00", "2027-01-18T08:00"),
        ("2027-03-25T19:00", "2027-03-30T08:00"),  # over Easter and the change of clocks
    ],
)
def test_sending_moments(moment: str, sent: str) -> None:
    result = sending_moment(london(moment), ENGLAND)
    assert (result, result.tzinfo) == (london(sent), UTC)


def test_rungs_keep_londons_wall_time_over_the_change_of_clocks() -> None:
    spring = rung_times(LADDERS.profiles["standard"], london("2027-03-30T17:00"), ENGLAND)
    assert [moment.hour for _, moment in spring] == [9, 8, 8, 8, 8]
    autumn = rung_times(LADDERS.profiles["standard"], london("2027-11-01T17:00"), ENGLAND)
    assert [moment.hour for _, moment in autumn] == [8, 9, 9, 9, 9]


def test_the_day_of_the_rungs_is_londons() -> None:
    due = datetime(2027, 6, 7, 23, 30, tzinfo=UTC)  # 00:30 on Tuesday 8 June
    assert words(rung_times(LADDERS.profiles["rapid"], due, ENGLAND))[1] == "R2 2027-06-08 09:00"


@given(PROFILES, MOMENTS, MOMENTS, st.data())
def test_plans_are_ordered_and_within_sending_hours(
    profile: str, due: datetime, now: datetime, data: st.DataObject
) -> None:
    ladder = LADDERS.profiles[profile]
    ids = [rung.id for rung in ladder.rungs]
    sent = data.draw(st.sets(st.sampled_from(ids)))
    planned = plan(ladder, due, ENGLAND, now=now, sent=sent)
    moments = [moment for _, moment in planned]
    assert moments == sorted(set(moments))
    assert [rung.id for rung, _ in planned] == [i for i in ids if i in {rung.id for rung, _ in planned}]
    assert not sent & {rung.id for rung, _ in planned}
    for moment in moments:
        wall = moment.astimezone(LONDON)
        assert moment >= now
        assert ENGLAND.is_working_day(wall.date())
        assert time(8) <= wall.time() < time(18)


@given(PROFILES, MOMENTS, st.integers(-40 * 24, 10 * 24))
def test_planning_again_at_each_sending_sends_what_was_planned_at_first(
    profile: str, due: datetime, hours: int
) -> None:
    ladder, now = LADDERS.profiles[profile], due + timedelta(hours=hours)
    first = plan(ladder, due, ENGLAND, now=now, sent=set())
    sent: dict[str, datetime] = {}
    while left := plan(ladder, due, ENGLAND, now=now, sent=sent.keys()):
        rung, now = left[0]
        sent[rung.id] = now
    assert list(sent.items()) == [(rung.id, moment) for rung, moment in first]


def document(**rung: object) -> dict[str, Any]:
    return {
        "recipients": {"assignee": {"meaning": "the people asked"}},
        "ladders": {
            "audit": {
                "name": "Audit",
                "basis": "chosen",
                "rungs": [{"id": "R1", "offset": -15, "to": ["assignee"], **rung}],
            }
        },
    }


def test_a_partnership_may_write_its_own_ladder() -> None:
    """S36: the school's rungs on both sides of 30 November 2027."""
    own = document()
    own["ladders"]["audit"]["rungs"] = [
        {"id": f"R{n}", "offset": offset, "to": ["assignee"]} for n, offset in enumerate((-15, -5, 5, 10, 15), 1)
    ]
    ladder = parse_ladders(own).profiles["audit"]
    assert words(rung_times(ladder, london("2027-11-30T17:00"), ENGLAND)) == [
        "R1 2027-11-09 09:00",
        "R2 2027-11-23 09:00",
        "R3 2027-12-07 09:00",
        "R4 2027-12-14 09:00",
        "R5 2027-12-21 09:00",
    ]


def test_s37_the_survey_ladder_chases_twice_and_closes() -> None:
    sent = DeadlineRule.parse("+3m after course_end, nextwd").due(london("2026-11-30T16:00"), ENGLAND)
    days = [moment.date() for _, moment in rung_times(LADDERS.profiles["survey"], sent, ENGLAND)]
    assert days == [date(2027, 3, 15), date(2027, 3, 31), date(2027, 4, 14)]


@pytest.mark.parametrize(
    ("rung", "problem"),
    [
        ({"offset": "3"}, 'audit, rung 1, "offset": must be a whole number'),
        ({"offset": True}, 'audit, rung 1, "offset": must be a whole number'),
        ({"offset": 251}, "at most 250"),
        ({"at": "9"}, 'audit, rung 1, "at": must be a time from 08:00 to before 18:00'),
        ({"at": "18:00"}, "before 18:00"),
        ({"at": None}, "before 18:00"),
        ({"to": "assignee"}, "must be a list of texts"),
        ({"to": ["asignee"]}, '"asignee" is not one of the recipients'),
        ({"to": []}, "tells nobody, opens nothing and closes nothing"),
        ({"open": "x"}, 'audit, rung 1, "open": is not known'),
        ({"opens": 1}, "must be text"),
        ({"closes": "yes"}, "must be true or false"),
        ({"id": ""}, 'audit, rung 1, "id": must be text'),
    ],
)
def test_a_wrong_rung_is_refused_with_its_place(rung: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidLadders) as refused:
        parse_ladders(document(**rung))
    assert problem in refused.value.message


def test_rungs_out_of_order_and_repeated_ids_are_refused_together() -> None:
    wrong = document()
    wrong["ladders"]["audit"]["rungs"] *= 2
    with pytest.raises(InvalidLadders) as refused:
        parse_ladders(wrong)
    assert refused.value.details["problems"] == (
        'audit: the id "R1" is used twice.',
        'audit: "R1" must come later than the rung above it.',
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        None,
        {"recipients": [], "ladders": "x"},
        {"recipients": {"a": None}, "ladders": {"standard": None}},
        {"recipients": {"a": {"meaning": "x", "otherwise": ["b"]}}, "ladders": {}},
        {"recipients": {}, "ladders": {"standard": {"name": "x", "basis": "law", "rungs": [None]}}},
        {"recipients": {}, "ladders": {"standard": {"name": "x", "basis": "whim", "rungs": []}}},
    ],
)
def test_a_file_of_the_wrong_shape_is_refused_in_words(wrong: object) -> None:
    with pytest.raises(InvalidLadders):
        parse_ladders(wrong)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"recipients": JSON, "ladders": JSON}), JSON)
def test_any_json_is_read_or_refused(anything: dict[str, Any], rung: object) -> None:
    with pytest.raises(InvalidLadders):
        parse_ladders(document(at=rung, nonsense=rung))
    try:
        parse_ladders(anything)
    except InvalidLadders:
        return
