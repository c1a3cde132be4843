"""A scenario by the hands of its role holders, in a real browser."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import library
from engine.model import Person, ProcessInstance
from engine.scenario import Scenario, checks, runner
from engine.scenario.reader import london_moment, plain
from engine.scenario.runner import Stage
from engine.steps import ground
from engine.taking import form_for
from engine.types import SYSTEM
from tests.browser.conftest import Site
from web.forms import fill

DRAFT_SAVED = 4000  # milliseconds, at most
ANOTHER = 700  # and until the next is on its way
SESSION = timedelta(minutes=10)  # that a session of ours lasts for certain


class Hand:
    """One person after another at the same browser."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.page = site.page()
        self.stage = Stage(site.runtime, site.clock)
        self.signed_in: tuple[UUID, datetime] | None = None
        self.people: set[UUID] = set()
        self.titles: dict[str, str] = {}  # what the page of each task said above its questions
        self.refusals: list[str] = []

    def go(self, scenario: Scenario, by_hand: Callable[[Mapping[str, Any]], bool] = lambda _: True) -> None:
        """The whole scenario; what is not done by hand is done as scenarios do it, with what they expect."""
        self.site.move_to(f"{scenario.now:%Y-%m-%dT%H:%M}")
        with self.site.runtime.transaction() as session:
            runner.plan(session, scenario.calendar, now=self.site.runtime.now())
        for step in scenario.steps:
            if {"start", "complete"} & set(step) and by_hand(step):
                self.take(step)
                runner._take(self.stage, {"expect": step.get("expect")})
            else:
                runner._take(self.stage, step)

    def take(self, step: Mapping[str, Any]) -> None:
        if "at" in step:
            self.site.move_to(f"{london_moment(step['at']):%Y-%m-%dT%H:%M}")
        if "in" in step:
            with self.site.runtime.transaction() as session:
                self.stage.case = checks.case_called(session, self.stage, step["in"])
        with self.site.runtime.transaction() as session:
            person, path, raw, element = self._what(session, step)
        self._become(person)
        self.page.goto(path)
        self.titles[element] = self.page.locator(".lscp-title").inner_text()
        fill_in(self.page, raw)
        self._send(refused="refused" in step)
        self.site.drain()
        if "start" in step:
            with self.site.runtime.transaction() as session:
                newest = select(ProcessInstance.case_id).where(ProcessInstance.key == step["start"])
                self.stage.case = session.scalars(newest.order_by(ProcessInstance.started_at.desc())).first()
        if "save_as" in step and self.stage.case is not None:
            self.stage.named[step["save_as"]] = self.stage.case

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
        if (
            self.signed_in is not None
            and self.signed_in[0] == person
            and self.site.clock() - self.signed_in[1] < SESSION
        ):
            return
        with self.site.runtime.transaction() as session:
            name = session.get_one(Person, person).name
        self.site.sign_in(self.page, name)
        self.signed_in = person, self.site.clock()

    def _send(self, *, refused: bool) -> None:
        buttons = "form.lscp-form .lscp-form__end button[value=submit], main form:not(.lscp-form) > button.govuk-button"
        with self.page.expect_navigation():
            self.page.locator(buttons).first.click()
        if self.page.locator("button[value=confirm]").count():
            with self.page.expect_navigation():
                self.page.locator("button[value=confirm]").click()
        summary = self.page.locator(".govuk-error-summary")
        if refused:
            self.refusals.append(summary.inner_text())
            return
        done = self.page.locator(".govuk-notification-banner--success")
        expect(done.or_(summary).first, self.page.url).to_be_visible()
        assert summary.count() == 0, f"{self.page.url} {self.page.title()}: {summary.inner_text()}"


def fill_in(page: Page, raw: Mapping[str, Sequence[str]]) -> None:
    """Type and choose what the answers say, adding rows to groups as a person would."""
    for name, values in raw.items():
        if name.endswith("-rows"):
            group = name.removesuffix("-rows")
            count = page.locator(f"[name={name!r}]")
            while int(before := count.first.input_value()) < int(values[0]):
                page.locator(f"button[value='add:{group}']").click()
                expect(count.first).not_to_have_value(before)
    for once_more in (False, True):  # an answer may reveal another question, when the server has looked at it
        if once_more and page.locator("[data-decides]").count():
            with suppress(AssertionError):  # nothing was changed, so nothing is kept
                expect(page.locator("[data-autosave-status]")).to_contain_text("saved", timeout=DRAFT_SAVED)
            page.wait_for_timeout(ANOTHER)
            page.wait_for_load_state("networkidle")
        for name, values in raw.items():
            boxes = page.locator(f"[name={name!r}]")
            if not name.endswith("-rows") and boxes.count():
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
