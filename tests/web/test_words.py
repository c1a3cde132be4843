"""Rules, rungs and sources as people read them: no ids, no signs, no names of ours."""

from collections.abc import Callable

import pytest

from engine.library import packages
from tests.web.conftest import Visitor
from web.words import due_words, rule_words, rung_words, source_words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("+7wd after notification_sent", "7 working days after notification sent"),
        ("+1wd", "1 working day after the task opens"),
        ("+0wd", "On the day the task opens"),
        ("+0wd after awareness at 09:00", "On the day of awareness, at 9am"),
        ("-5wd before meeting", "5 working days before meeting"),
        ("+6m after decision, prevwd", "6 months after decision, or the last working day before it"),
        ("+15wd after notification_sent at 12:00", "15 working days after notification sent, at midday"),
        ('=deadline("D04")', "Worked out for each case"),
    ],
)
def test_a_rule_is_told_in_words(rule: str, words: str) -> None:
    assert rule_words(rule) == words


def test_a_step_is_due_by_the_name_of_its_deadline() -> None:
    names = {"D06": "Rapid review requested"}
    assert due_words("D06", names) == "Rapid review requested"
    assert due_words("+2wd", names) == "2 working days after the task opens"
    assert due_words("D99", names) == "By a date of another process"
    assert due_words(None, names) is None


def test_rungs_and_notices_have_names() -> None:
    assert rung_words("R1") == "First reminder"
    assert rung_words("O2") == "Second notice that it is overdue"
    assert rung_words("panel-convened") == "Panel convened"


def test_a_source_is_what_its_readers_know() -> None:
    assert source_words("§8 L525; DOMAIN 5.3 step 3") == "§8 L525"
    assert source_words("DOMAIN 2.2") is None


def test_no_page_of_a_process_shows_signs_of_ours(visitor: Callable[..., Visitor]) -> None:
    one = visitor("process-owner")
    for package in packages():
        page = one.get(f"/processes/{package.key}")
        words = page.split("<h2", 1)[1]
        assert "DOMAIN" not in words
        assert "wd after" not in words
        assert f"{package.key}</span>" not in page
