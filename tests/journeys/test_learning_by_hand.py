"""The learning cycle and a publication in a real browser: those who chair, vote, plan, deliver and publish."""

import pytest

from engine.scenario import read_scenario
from tests.browser.conftest import Site, problems
from tests.conftest import ROOT
from tests.journeys.hand import Hand

pytestmark = pytest.mark.browser


def go(site: Site, scenario: str, *tasks: str) -> Hand:
    """The scenario, these tasks of it by hand; refused by hand is what the form itself refuses."""
    (file,) = (ROOT / "workflows" / "scenarios").glob(f"{scenario}-*.yaml")
    hand = Hand(site)
    hand.go(
        read_scenario(file.read_text("utf-8"), name=file.name),
        by_hand=lambda step: (
            step.get("complete") in tasks and step.get("refused", "answers-invalid") == "answers-invalid"
        ),
    )
    return hand


def test_from_the_chair_of_arg_to_the_evidence_of_an_action(site: Site) -> None:
    chairs = ("reflect-on-input", "name-patterns", "draft-recommendation", "standing-items", "write-highlight-report")
    hand = go(site, "s32", *chairs, "approve-plan", "do-action", "accept-evidence", "delivery-report")
    assert {*chairs, "approve-plan", "do-action", "accept-evidence", "delivery-report"} <= set(hand.titles)
    assert "Thursday 3 June 2027" in hand.titles["write-highlight-report"]
    site.sign_in(hand.page, "Business Manager")
    hand.page.goto("/learning/INP-2027-002")
    assert problems(hand.page) == []
    for link in ("INP-2027-001", "REC-2027-001", "DEC-2027-001", "PLAN-2027-001", "ACT-2027-001", "TEST-2027-001"):
        assert hand.page.get_by_text(link).count() > 0, link


def test_two_to_one_by_three_ballots_and_a_dissent_in_words(site: Site) -> None:
    hand = go(site, "s12", "decide-recommendation", "cast-partner-vote", "give-dissent")
    assert {"decide-recommendation", "cast-partner-vote", "give-dissent"} <= set(hand.titles)
    assert len(hand.refusals) == 1
    assert len(hand.people) == 4


def test_a_report_is_not_published_too_early(site: Site) -> None:
    hand = go(site, "s28", "choose-publication-date")
    assert len(hand.refusals) == 2
    assert "seven working days" in hand.refusals[0]
    assert "working day" in hand.refusals[1]
