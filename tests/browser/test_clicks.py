"""The first five minutes: from the start page to a task that is done (UX 5)."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

COUNT = "addEventListener('pointerdown', () => pressed(), {capture: true})"


def test_the_overdue_task_is_done_in_four_clicks(demonstration: Site) -> None:
    page, presses = demonstration.page(), []
    page.expose_function("pressed", lambda: presses.append(page.url))
    page.add_init_script(COUNT)
    page.goto("/")
    overdue = page.locator("tbody tr", has_text="Overdue")
    assert overdue.count() == 1
    overdue.locator("a").click()
    page.get_by_label("Notify: we think the criteria are met").click()
    page.get_by_label("What are your reasons?").click()
    page.keyboard.type("Neglect is suspected, and C.D. has been seriously harmed.")
    page.get_by_role("button", name="Send the view").click()
    expect(page.locator(".govuk-notification-banner--success")).to_contain_text("is done")
    expect(page.locator("tbody tr", has_text="Overdue")).to_have_count(0)
    assert 0 < len(presses) <= 4, presses
