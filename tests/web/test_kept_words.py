"""What somebody typed is not lost, whatever happened meanwhile; and pages say what they are about."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from engine import library
from engine.assembly import make_runtime
from engine.clock import VirtualClock
from engine.commands.complete_work_item import complete_work_item
from engine.commands.start_process import start_process
from engine.model import Base, WorkItem
from engine.runtime import Runtime
from engine.scenario import read_scenario, run_scenario, runner
from engine.types import WorkItemState
from tests.conftest import ROOT, settings
from tests.learned import publish_all
from tests.web.conftest import Visitor
from web.app import create_app

SCENARIOS = ROOT / "workflows" / "scenarios"
Come = Callable[..., Visitor]
OURS = {"Origin": "http://localhost"}
WORDS = "A summary that took a long time to write,\nin two lines & more."


def test_a_form_sent_after_one_was_signed_out_is_offered_again(visitor: Come, app: Flask) -> None:
    sent = {"summary": WORDS, "_action": "submit", "csrf_token": "of the page that was open"}
    path = "/start/arg-input"
    response = app.test_client().post(path, data=sent, headers=OURS)
    page = response.get_data(as_text=True)
    assert response.status_code == 400
    assert "What you typed is not lost" in page
    assert "Sign in (opens in a new tab)" in page
    again = visitor("dcs").client.post(path, data=sent, headers=OURS).get_data(as_text=True)
    assert "If that is you, send it again." in again
    assert 'name="summary" value="A summary that took a long time to write,&#10;in two lines &amp; more."' in again
    assert "of the page that was open" not in again


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
def test_words_of_another_site_are_never_offered_to_be_sent(visitor: Come, origin: str | None) -> None:
    one = visitor("dcs")
    headers = {} if origin is None else {"Origin": origin}
    page = one.client.post("/start/arg-input", data={"summary": WORDS}, headers=headers).get_data(as_text=True)
    assert "A summary that took" not in page


def _input(runtime: Runtime) -> WorkItem:
    with runtime.transaction() as session:
        publish_all(session)
        by = runner.participant_of(session, "business-unit-officer", None, runtime.now())
        process = library.process(library.latest(session, "arg-input"))
        begin = next(event for event in process.starts if event.id == "record-input")
        answers = runner.start_answers(session, process, begin, {}, by=by, now=runtime.now())
        start_process(session, "arg-input", answers, by=by, now=runtime.now(), start_event=begin.id)
        return session.scalars(select(WorkItem).where(WorkItem.element == "triage-input")).one()


def test_what_is_sent_too_late_is_shown_to_be_copied(visitor: Come, web_runtime: Runtime) -> None:
    item = _input(web_runtime)
    one = visitor("business-unit-officer")
    one.get(f"/tasks/{item.id}")
    with web_runtime.transaction() as session:
        by = runner.participant_of(session, "business-manager", None, web_runtime.now())
        answers = runner.whole_answers(session, item, {}, by, web_runtime.now())
        complete_work_item(session, item.id, answers, by=by, now=web_runtime.now())
    late = one.post(f"/tasks/{item.id}", {"complete": "no", "_action": "submit"}, 409)
    assert "What you typed was not sent" in late.get_data(as_text=True)


def test_what_a_void_meeting_recorded_is_filled_in_again(clock: VirtualClock) -> None:
    runtime = make_runtime(settings(demo=True), clock=clock)
    Base.metadata.create_all(runtime.store.engine)
    scenario = read_scenario((SCENARIOS / "quorum-corrected-away.yaml").read_text("utf-8"), name="void")
    opened_again = next(n for n, step in enumerate(scenario.steps) if str(step.get("at", "")).startswith("2027-05-04"))
    cut = replace(scenario, steps=scenario.steps[: opened_again + 1])
    assert run_scenario(cut, runtime, list(library.packages())).passed
    clock.move_to(datetime(2027, 5, 4, 15, 5, tzinfo=UTC))
    one = Visitor(create_app(runtime), runtime)
    one.sign_in("chair-arg")
    with runtime.transaction() as session:
        item = session.scalars(
            select(WorkItem).where(WorkItem.element == "reflect-on-input", WorkItem.state == WorkItemState.READY)
        ).one()
    page = one.get(f"/tasks/{item.id}")
    assert "Nothing further is needed here." in page
    assert 'href="/learning/INP-2027-001"' in page  # the input itself is one click away
    assert "INP-2027-001: Plans after discharge from hospital" in one.get("/tasks?list=team") + one.get("/tasks")
    runtime.store.close()


def test_a_case_about_no_child_says_that_everybody_may_open_it(visitor: Come, web_runtime: Runtime) -> None:
    item = _input(web_runtime)
    page = visitor("lead-member").get("/cases/INP-2027-001")
    assert "Everybody in the partnership: nothing in it is about a child." in page
    assert "access list" not in page
    assert "Input for ARG: Plans after discharge from hospital" in visitor("lead-member").get("/cases")
    page = visitor("business-unit-officer").get(f"/tasks/{item.id}")
    assert "can be read by everybody in the partnership" in page
