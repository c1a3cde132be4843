"""The words that expressions have for the quorum of a meeting, minute by minute (DOMAIN 6.8)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from engine.bpmn.expression import compile_feel
from engine.feel import to_plain
from engine.partnership import load_partnership
from engine.vocabulary import environment, looking_at
from tests.factories import FakeWorld

ROWS = (
    {"from": "2027-04-20T11:15", "quorate": False, "reason": "Two organisations"},
    {"from": "2027-04-20T10:40", "quorate": True, "reason": "Three"},
    {"from": "2027-04-20T10:00", "quorate": False, "reason": "Two organisations"},
)
AFTERWARDS = datetime(2027, 4, 21, 9, tzinfo=UTC)


def said(
    text: str, *, rows: Sequence[Mapping[str, object]] = ROWS, now: datetime = AFTERWARDS, **names: object
) -> object:
    world = FakeWorld(now)
    world.registers["quorum"] = list(rows)
    with looking_at(world):
        return to_plain(compile_feel(text, frozenset(names)).evaluate(names, env=environment(world)))


@pytest.mark.parametrize(
    ("minute", "quorate"),
    [
        ("2027-04-20T09:59", False),
        ("2027-04-20T10:00", False),
        ("2027-04-20T10:39:59", False),
        ("2027-04-20T10:40", True),
        ("2027-04-20T11:14", True),
        ("2027-04-20T11:15", False),
        ("2027-04-21T10:50", False),  # another day
        (None, None),
    ],
)
def test_a_decision_is_looked_at_by_its_minute(minute: str | None, quorate: bool | None) -> None:
    assert said("quorate at(minute)", minute=minute) is quorate


def test_a_moment_is_read_in_london() -> None:
    moment = datetime(2027, 4, 20, 9, 40, tzinfo=UTC)
    assert said("quorate at(moment)", moment=moment) is True


def test_before_the_attendance_is_recorded_nothing_is_quorate() -> None:
    assert said('quorate at("2027-04-20T10:40")', rows=()) is False
    assert said("quorum in words()", rows=()) == "The attendance is not recorded yet"
    assert said("usual time of decision()", rows=()) is None


def test_the_quorum_is_told_in_words() -> None:
    assert said("quorum in words()") == (
        "From 10:00: not quorate. Two organisations; From 10:40: quorate; From 11:15: not quorate. Two organisations"
    )


def test_a_decision_is_dated_now_while_the_meeting_lasts_and_to_its_first_quorate_minute_afterwards() -> None:
    assert said("usual time of decision()") == "2027-04-20T10:40:00"
    during = datetime(2027, 4, 20, 10, 5, tzinfo=UTC)
    assert said("usual time of decision()", now=during) == "2027-04-20T11:05:00@Europe/London"
    assert said("usual time of decision()", rows=ROWS[:1]) is None


def test_one_organisation_under_two_names_is_one() -> None:
    """Heart of England was dissolved into University Hospitals Birmingham (A25)."""
    partnership = load_partnership("solihull")
    assert partnership.same_organisation("uhb", "heft")
    assert not partnership.same_organisation("uhb", "wmp")
    assert partnership.same_organisation("unknown", "unknown")
