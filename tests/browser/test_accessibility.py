"""Every page at two widths: no violation of WCAG 2.2 AA or of best practice, and nothing wider than the screen."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.demonstration import set_up_demonstration
from engine.library import packages
from engine.runtime import Runtime
from engine.scenario import read_scenario, run_scenario
from tests.browser.conftest import WIDTHS, Site, problems, serve
from tests.learned import publish_all, story
from web.app import create_app

pytestmark = pytest.mark.browser

TWICE = """
scenario: The incident of the third case is reported again
source: S21
now: 2027-01-11T09:00
steps:
  - start: serious-incident-notification
    as: la-notifier
    answers: {aware_at: 2027-01-11T08:30, incident_on: 2027-01-08, children: [{date_of_birth: 2011-09-21}]}
"""
INSIDE = """link => {
  const shape = link.querySelector('path')
  const at = (x, y) => new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse())
  return [...link.querySelectorAll('text')].filter(text => {
    const {left, right, top, bottom} = text.getBoundingClientRect(), lower = (bottom - top) * 0.25
    return [[left, top + lower], [right, top + lower], [left, bottom - lower], [right, bottom - lower]]
      .some(corner => !shape.isPointInFill(at(...corner)))
  }).map(text => text.textContent)
}"""
DIRECTOR = "Local Authority - Director of Children Services"
NO_PAGES = {
    "static",
    "home",  # leads to the tasks
    "cases.download",
    "cases.paper_file",
    "oversight.security",
    "oversight.alive",
    "oversight.ready",
}
# endpoint -> who looks, and at what
PAGES: dict[str, list[tuple[str, str]]] = {
    "inbox.tasks": [
        (DIRECTOR, "/tasks"),
        (DIRECTOR, "/tasks?q=nothing"),
        ("Lead Member", "/tasks"),
        (DIRECTOR, "/tasks?list=team"),
        (DIRECTOR, "/tasks?list=done"),
    ],
    "inbox.task": [
        (DIRECTOR, "Cast the partner’s vote"),
        ("Business Manager", "Decide whether it is the same incident"),
    ],
    "cases.every": [(DIRECTOR, "/cases"), ("Lead Member", "/cases?q=nothing")],
    "cases.one": [
        (DIRECTOR, "/cases/SOL-2026-001"),  # the longest: a rapid review at its vote
        (DIRECTOR, "/cases/SOL-2026-001?part=papers"),
        *((DIRECTOR, f"/cases/SOL-2027-001?part={part}") for part in ("dates", "papers", "history")),
    ],
    "cases.paper": [(DIRECTOR, "/cases/SOL-2026-001/papers/panel-submission-pack")],
    "learning.every": [
        (DIRECTOR, "/learning"),
        (DIRECTOR, "/learning?part=points&state=all"),
        (DIRECTOR, "/learning?part=points&q=nothing"),
    ],
    "learning.one": [(DIRECTOR, "/learning/REC-2026-001"), ("Lead Member", "/learning/ACT-2026-001")],
    "processes.library": [(DIRECTOR, "/processes")],
    "processes.one": [(DIRECTOR, "/processes/partner-vote")],
    "processes.begin": [("Local Authority notifier", "/start"), ("Lead Member", "/start")],
    "processes.start": [("Local Authority notifier", "/start/serious-incident-notification")],
    "people.sign_in": [("", "/sign-in")],
    "people.switch": [(DIRECTOR, "/switch")],
    "oversight.mail": [("Business Manager", "/mail?page=2")],
    "oversight.accessibility": [("", "/accessibility-statement")],
    "oversight.privacy": [("", "/privacy")],
    "oversight.cookies": [("", "/cookies")],
}


def reported_twice(runtime: Runtime) -> None:
    set_up_demonstration(runtime)
    report = run_scenario(read_scenario(TWICE, name="twice"), runtime, list(packages()))
    assert report.passed, report.failures
    with runtime.transaction() as session:
        publish_all(session)
        story(session)


@pytest.fixture(scope="module")
def busy(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serve(browser, tmp_path_factory.mktemp("busy"), reported_twice) as one:
        yield one


def test_every_page_has_an_address_here(runtime: Runtime) -> None:
    rules = create_app(runtime).url_map.iter_rules()
    pages = {r.endpoint for r in rules if "GET" in (r.methods or set()) and not r.endpoint.startswith("api.")}
    assert pages - NO_PAGES == set(PAGES)


def wrong_at(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    return [f"{width}: {problem}" for problem in problems(page)]


@pytest.mark.parametrize("who", sorted({who for pages in PAGES.values() for who, _ in pages}))
def test_pages_are_accessible(busy: Site, who: str) -> None:
    page = busy.page()
    if who:
        busy.sign_in(page, who)
    found = {}
    for path in (path for pages in PAGES.values() for one, path in pages if one == who):
        if path.startswith("/"):
            page.goto(path)
        else:
            page.goto("/tasks")
            with page.expect_navigation():
                page.get_by_role("link", name=path).first.click()
        if wrong := [problem for width in WIDTHS for problem in wrong_at(page, width)]:
            found[path] = wrong
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    assert found == {}


def press(page: Page, name: str) -> None:
    """And wait for the page that comes of it."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def nowhere(page: Page) -> None:
    page.goto("/no-such-page")


def unanswered(page: Page) -> None:
    page.goto("/tasks")
    page.get_by_role("link", name="Cast the partner’s vote").click()
    press(page, "Continue")
    expect(page).to_have_title(re.compile("^Error: "))


def checked(page: Page) -> None:
    page.goto("/tasks")
    page.get_by_role("link", name="Cast the partner’s vote").click()
    page.get_by_label("Abstain").check()
    page.get_by_label("What are your reasons?").fill("The recommendation was sent on the very day of the vote. " * 2)
    press(page, "Continue")
    expect(page).to_have_title(re.compile("^Check your answers"))


def stale(page: Page) -> None:
    """A form without the token of its session."""
    page.goto("/tasks")
    page.get_by_role("link", name="Give the partner’s view").first.click()
    page.evaluate("document.querySelectorAll('[name=csrf_token]').forEach(e => e.remove())")
    press(page, "Send the view")


def answered_elsewhere(page: Page) -> None:
    """The same task open twice, answered once already."""
    page.goto("/tasks")
    page.get_by_role("link", name="Give the partner’s view").last.click()
    other = page.context.new_page()
    for one in (other, page):
        if one is other:
            one.goto(page.url)
        one.get_by_label("We need more information").check()
        one.get_by_label("What are your reasons?").fill("The report of the hospital is not there yet.")
        press(one, "Send the view")
    other.close()
    expect(page.locator("main")).to_contain_text("Completed by")
    expect(page.locator("main")).to_contain_text("What you typed was not sent")


def no_reason(page: Page) -> None:
    page.goto("/cases/SOL-2027-001")
    page.get_by_text("I have a conflict of interest").click()
    page.get_by_label("Why you should not deal with this case").fill("niece")
    press(page, "Declare and leave this case")
    expect(page).to_have_title(re.compile("^Error: "))
    assert page.get_by_label("Why you should not deal with this case").input_value() == "niece"


@pytest.mark.parametrize("how", [nowhere, unanswered, checked, stale, answered_elsewhere, no_reason])
def test_pages_of_trouble_are_accessible_and_have_a_way_on(busy: Site, how: Callable[[Page], None]) -> None:
    page = busy.page()
    busy.sign_in(page, DIRECTOR)
    how(page)
    assert [problem for width in WIDTHS for problem in wrong_at(page, width)] == []
    assert page.locator("main a, main button").count() > 0


def test_both_reports_stand_beside_each_other_or_one_after_the_other(busy: Site) -> None:
    page = busy.page()
    busy.sign_in(page, "Business Manager")
    with page.expect_navigation():
        page.get_by_role("link", name="Decide whether it is the same incident").click()
    cells = page.locator(".lscp-beside tbody tr").first.locator("td")
    left, right = cells.nth(0).bounding_box(), cells.nth(1).bounding_box()
    assert left
    assert right
    assert left["y"] == right["y"]
    page.set_viewport_size({"width": 390, "height": 900})
    above, below = cells.nth(0).bounding_box(), cells.nth(1).bounding_box()
    assert above
    assert below
    assert above["x"] == below["x"]
    assert above["y"] < below["y"]


def test_signing_in_with_a_password_is_accessible(browser: Browser, tmp_path: Path) -> None:
    with serve(browser, tmp_path, passwords=True) as site:
        page = site.page()
        page.goto("/tasks")
        assert [problem for width in WIDTHS for problem in wrong_at(page, width)] == []
        page.get_by_label("Email address").fill("nobody@solihull.example")
        page.get_by_label("Password").fill("not the one")
        press(page, "Sign in")
        expect(page).to_have_title(re.compile("^Error: "))
        assert [problem for width in WIDTHS for problem in wrong_at(page, width)] == []


def test_an_empty_learning_cycle_is_accessible(site: Site) -> None:
    page = site.page()
    site.sign_in(page, "Lead Member")
    for path in ("/learning", "/learning?part=points"):
        page.goto(path)
        assert [problem for width in WIDTHS for problem in wrong_at(page, width)] == []


def test_the_words_of_the_wheel_stay_inside_their_quarters_and_apart(busy: Site) -> None:
    page = busy.page()
    busy.sign_in(page, "Lead Member")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/learning")
        for quarter in page.locator(".lscp-wheel__link").all():
            assert quarter.evaluate(INSIDE) == []
