"""S01 in a real browser: by the hands of its role holders, from first news to the National Panel."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, library
from engine.model import Message, Person, ProcessInstance, WorkItem
from engine.scenario import read_scenario, runner
from engine.scenario.reader import london_moment, plain
from engine.scenario.runner import Stage
from engine.steps import ground
from engine.taking import form_for
from engine.types import SYSTEM
from tests.browser.conftest import Site, problems
from tests.conftest import ROOT
from web.forms import fill

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


class Hand:
    """One person after another at the same browser."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.page = site.page()
        self.stage = Stage(site.runtime, site.clock)
        self.signed_in_as: UUID | None = None
        self.people: set[UUID] = set()
        self.seen_due: dict[str, str] = {}

    def take(self, step: Mapping[str, Any]) -> None:
        if "at" in step:
            self.signed_in_as = None  # a session does not outlive the night
            self.site.move_to(f"{london_moment(step['at']):%Y-%m-%dT%H:%M}")
        if "refused" in step or not {"start", "complete"} & set(step):
            return
        with self.site.runtime.transaction() as session:
            person, path, raw, element = self._what(session, step)
        self._become(person)
        self.page.goto(path)
        if element in DUE:
            words = self.page.locator(".lscp-title").inner_text()
            self.seen_due[element] = DUE[element] if DUE[element] in words else words
        fill_in(self.page, raw)
        self._send()
        self.site.drain()
        if "start" in step:
            with self.site.runtime.transaction() as session:
                self.stage.case = session.scalars(select(ProcessInstance.case_id)).first()

    def _what(self, session: Session, step: Mapping[str, Any]) -> tuple[UUID, str, Mapping[str, Sequence[str]], str]:
        now, answers = self.site.runtime.now(), plain(step.get("answers") or {})
        partnership = self.site.runtime.partnership
        if "start" in step:
            by = runner.participant_of(session, step["as"], step.get("body"), now)
            process = library.process(library.latest(session, step["start"]))
            begin = next(e for e in process.starts if step["as"] in e.listed("role"))
            whole = runner.start_answers(session, process, begin, answers, by=by, now=now)
            form = library.form_of({process.key: process}, process.key, begin.attributes["form"], partnership)
            assert by.person_id is not None
            return by.person_id, f"/start/{process.key}?event={begin.id}", fill(form, whole), begin.id
        item = runner.find_item(session, self.stage, step["complete"], step)
        by = runner.actor(session, step, item, now)
        whole = runner.whole_answers(session, item, answers, by, now)
        instance = session.get_one(ProcessInstance, item.instance_id)
        found = form_for(session, ground(session, instance, by=SYSTEM, now=now), item)
        assert by.person_id is not None
        return by.person_id, f"/tasks/{item.id}", fill(found, whole) if found else {}, item.element

    def _become(self, person: UUID) -> None:
        self.people.add(person)
        if self.signed_in_as == person:
            return
        with self.site.runtime.transaction() as session:
            name = session.get_one(Person, person).name
        self.site.sign_in(self.page, name)
        self.signed_in_as = person

    def _send(self) -> None:
        buttons = "form.lscp-form .lscp-form__end button[value=submit], main form:not(.lscp-form) > button.govuk-button"
        with self.page.expect_navigation():
            self.page.locator(buttons).first.click()
        if self.page.locator("button[value=confirm]").count():
            with self.page.expect_navigation():
                self.page.locator("button[value=confirm]").click()
        summary = self.page.locator(".govuk-error-summary")
        assert summary.count() == 0, summary.inner_text()
        assert self.page.locator(".govuk-notification-banner--success").count() == 1, self.page.url


def fill_in(page: Page, raw: Mapping[str, Sequence[str]]) -> None:
    """Type and choose what the answers say, adding rows to groups as a person would."""
    for name, values in raw.items():
        if name.endswith("-rows"):
            group = name.removesuffix("-rows")
            count = page.locator(f"[name={name!r}]")
            while (before := count.first.input_value()) < values[0]:
                page.locator(f"button[value='add:{group}']").click()
                expect(count.first).not_to_have_value(before)
    for name, values in raw.items():
        if name.endswith("-rows"):
            continue
        boxes = page.locator(f"[name={name!r}]")
        if boxes.count():
            _answer(boxes, values)


def _answer(boxes: Locator, values: Sequence[str]) -> None:
    kind = boxes.first.get_attribute("type")
    tag = boxes.first.evaluate("e => e.tagName")
    if kind in ("radio", "checkbox"):
        for box in boxes.all():
            wanted = box.get_attribute("value") in values
            if wanted != box.is_checked() and (wanted or kind == "checkbox"):
                box.set_checked(wanted, force=True)
    elif kind == "file":
        boxes.first.set_input_files(
            {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 receipt"}
        )
    elif kind == "hidden":
        return
    elif tag == "SELECT":
        boxes.first.select_option(values[0])
    elif boxes.first.is_visible():
        boxes.first.fill(values[0])


def test_a_serious_incident_goes_to_the_national_panel_by_hand(site: Site) -> None:
    scenario = read_scenario(SCENARIO.read_text("utf-8"), name=SCENARIO.name)
    hand = Hand(site)
    for step in scenario.steps:
        hand.take(step)
    assert {e: w for e, w in hand.seen_due.items() if w != DUE[e]} == {}
    assert set(hand.seen_due) == set(DUE)
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
