"""Webhooks in a real Chromium: made, tested, paused, deleted; both themes, on a phone, without scripts."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import assert_accessible, assert_fits

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.mark.parametrize(
    ("width", "dark", "javascript"),
    [(1440, False, True), (390, True, True), (390, False, False)],
    ids=["wide-light", "phone-dark", "no-javascript"],
)
def test_one_is_made_tested_and_deleted(open_page: Open, width: int, dark: bool, javascript: bool) -> None:
    def fine() -> None:
        if javascript:  # axe is a script
            assert_accessible(page)
            assert_fits(page)

    name = f"ops {uuid.uuid4().hex[:6]}"
    page = open_page("/settings/webhooks/", width=width, dark=dark, javascript=javascript)
    fine()
    page.get_by_role("link", name="New webhook").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("URL").fill("http://127.0.0.1:1/")
    page.get_by_label("run.failed").uncheck()
    page.get_by_role("button", name="Make webhook").click()
    expect(page.get_by_text("127.0.0.1 is a loopback address.")).to_be_visible()
    expect(page.get_by_label("run.failed")).not_to_be_checked()
    fine()
    page.get_by_label("URL").fill("https://nowhere.invalid/hooks")
    page.get_by_role("button", name="Make webhook").click()
    expect(page.get_by_label("Secret", exact=True)).to_contain_text("whsec_")
    fine()
    page.get_by_role("button", name="Send a test").click()
    if javascript:  # the table looks again by itself
        expect(page.get_by_text("The name nowhere.invalid can't be resolved.")).to_be_visible(timeout=20_000)
        row = page.locator("#deliveries-table tbody tr").bounding_box()
        assert row is not None
        assert width == 390 or row["height"] < 56, "a row takes three lines"
    page.get_by_role("link", name="webhook.ping").click()
    expect(page.get_by_role("heading", name="Attempts")).to_be_visible()
    fine()
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    fine()
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete webhook").click()
    expect(page.get_by_role("link", name="New webhook")).to_be_visible()
    expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
