"""Every page at two widths: no violation of WCAG 2.2 AA or of best practice, and nothing wider than the screen."""

import pytest

from tests.browser.conftest import WIDTHS, Site, problems

pytestmark = pytest.mark.browser

PAGES = (
    "/sign-in",
    "/tasks",
    "/tasks?list=team",
    "/tasks?list=done",
    "/cases",
    "/start",
    "/start/serious-incident-notification",
    "/processes",
    "/processes/rapid-review",
    "/mail",
    "/cookies",
    "/privacy",
    "/accessibility-statement",
    "/no-such-page",
)


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_accessible(site: Site, width: int) -> None:
    page = site.page(width)
    site.sign_in(page, "Local Authority notifier")
    found = {}
    for path in PAGES:
        page.goto(path)
        if wrong := problems(page):
            found[path] = wrong
    assert found == {}
