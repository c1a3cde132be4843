"""The words that expressions have for the quorum of a meeting, minute by minute (DOMAIN 6.8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import pytest

from engine.bpmn.expression import compile_feel
from engine.feel import to_plain
from engine.vocabulary import World, environment, looking_at

ROWS = (
    {"from": "2027-04-20T11:15", "quorate": False, "reason": "Two organisations"},
    {"from": "2027-04-20T10:40", "quorate": True, "reason": "Three"},
    {"from": "2027-04-20T10:00", "quorate": False, "reason": "Two organisations"},
)
AFTERWARDS = datetime(2027, 4, 21, 9, tzinfo=UTC)


@dataclass
class Meeting:
    rows: Sequence[Mapping[str, object]] = ROWS
    now: datetime = field(default=AFTERWARDS)

    def register(self, name: str) -> Sequence[Mapping[str, object]]:
        assert name == "quorum"
        return self.rows


def said(text: str, meeting: Meeting, **names: object) -> object:
    world = cast("World", meeting)
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
    assert said("quorate at(minute)", Meeting(), minute=minute) is quorate


def test_a_moment_is_read_in_london() -> None:
    moment = datetime(2027, 4, 20, 9, 40, tzinfo=UTC)
    assert said("quorate at(moment)", Meeting(), moment=moment) is True


def test_before_the_attendance_is_recorded_nothing_is_quorate() -> None:
    nobody = Meeting(rows=())
    assert said('quorate at("2027-04-20T10:40")', nobody) is False
    assert said("quorum in words()", nobody) == "The attendance is not recorded yet"
    assert said("usual time of decision()", nobody) is None


def test_the_quorum_is_told_in_words() -> None:
    assert said("quorum in words()", Meeting()) == (
        "From 10:00: not quorate. Two organisations; From 10:40: quorate; From 11:15: not quorate. Two organisations"
    )


def test_a_decision_is_dated_now_while_the_meeting_lasts_and_to_its_first_quorate_minute_afterwards() -> None:
    assert said("usual time of decision()", Meeting()) == "2027-04-20T10:40:00"
    during = datetime(2027, 4, 20, 10, 5, tzinfo=UTC)
    assert said("usual time of decision()", Meeting(now=during)) == "2027-04-20T11:05:00+01:00"
    never = Meeting(rows=ROWS[:1])
    assert said("usual time of decision()", never) is None
