"""S01 in a real browser: by the hands of its role holders, from first news to the National Panel."""

import pytest
from sqlalchemy import select

from engine import audit
from engine.model import Message, WorkItem
from engine.scenario import read_scenario
from tests.browser.conftest import Site, problems
from tests.conftest import ROOT
from tests.journeys.hand import Hand

pytestmark = pytest.mark.browser

SCENARIO = next((ROOT / "workflows" / "scenarios").glob("s01-*.yaml"))

# what S01 says of each task's due date (SCENARIOS.md); the page must say the same
DUE = {
    "give-partner-view": "Wednesday 13 January 2027",
    "decide-notification": "Thursday 14 January 2027",
    "submit-notification": "Monday 18 January 2027",
    "request-rapid-review": "Friday 15 January 2027",
    "check-safety": "Monday 18 January 2027",
    "send-return": "Monday 25 January 2027",
    "prepare-panel-pack": "Wednesday 27 January 2027",
    "record-findings": "Thursday 28 January 2027",
    "endorse-recommendation": "Friday 29 January 2027",
    "cast-partner-vote": "Monday 1 February 2027",
    "record-decision": "Monday 1 February 2027",
    "scrutinise-decision": "Wednesday 3 February 2027",
    "check-and-send": "Thursday 4 February 2027",
}


def test_a_serious_incident_goes_to_the_national_panel_by_hand(site: Site) -> None:
    scenario = read_scenario(SCENARIO.read_text("utf-8"), name=SCENARIO.name)
    hand = Hand(site)
    hand.go(scenario, by_hand=lambda step: "refused" not in step)
    assert {e: hand.titles.get(e, "") for e, due in DUE.items() if due not in hand.titles.get(e, "")} == {}
    with site.runtime.transaction() as session:
        assert "cspr-learning" in session.scalars(select(Message.name)).all()
        assert audit.verify(session) is None
        agencies = session.scalars(select(WorkItem.body).where(WorkItem.element == "state-involvement")).all()
        assert len(set(agencies)) == 5
    assert len(hand.people) >= 8
    site.sign_in(hand.page, "Business Manager")
    for part in ("", "?part=papers", "?part=history"):
        hand.page.goto(f"/cases/SOL-2027-001{part}")
        assert problems(hand.page) == []
    assert "Ended" in hand.page.locator(".lscp-title").inner_text()
