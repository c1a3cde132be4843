"""Rows of a group in the browser: where one is after a row is gone, and what is still called wrong."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def test_after_a_row_is_removed_one_stands_at_the_next_and_it_is_no_longer_called_wrong(site: Site) -> None:
    page = site.page()
    site.sign_in(page, "Local Authority notifier")
    page.goto("/start/serious-incident-notification")
    for number in (2, 3):
        page.get_by_role("button", name="Add another child").click()
        expect(page.locator("*:focus")).to_have_text(f"Child {number}")
    page.locator(".lscp-form__end button[value=submit]").click()
    wrong = page.locator(".govuk-error-summary")
    assert "(child 3)" in wrong.inner_text()
    page.get_by_role("button", name="Remove Child 2").click()
    page.get_by_role("group", name="Child 3").wait_for(state="detached")
    expect(page.locator("*:focus")).to_have_text("Child 2")
    assert "(child" not in wrong.inner_text()
    assert "Enter" in wrong.inner_text()  # what is wrong elsewhere stays
    page.get_by_role("button", name="Remove Child 2").click()
    page.get_by_role("group", name="Child 2").wait_for(state="detached")
    expect(page.locator("*:focus")).to_have_text("Child 1")
