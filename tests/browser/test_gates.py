"""Gates in a real Chromium: tried, saved, and what they do to a plan; both themes, on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import assert_accessible, assert_fits
from tests.browser.test_plans import address, model

__all__ = ["model"]  # the fixture

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["wide-light", "phone-dark"])
def test_gates_are_tried_saved_and_stop_a_promotion(
    open_page: Open,
    model: str,
    width: int,
    dark: bool,
) -> None:
    page = open_page(f"/models/{model}/gates/", width=width, dark=dark)
    assert_accessible(page)
    assert_fits(page)
    page.get_by_label("Gates before production").fill("metrics.auc >= 0.95\napprovals >= 1\nrun is good")
    page.get_by_role("button", name="Back-test production gates").click()
    expect(page.get_by_role("alert")).to_contain_text("'run is good' is no gate")
    page.get_by_label("Gates before production").fill("metrics.auc >= 0.95\napprovals >= 1")
    page.get_by_role("button", name="Back-test production gates").click()
    expect(page.get_by_text("would have blocked 1 of the last 1 promotion")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Save gates before production").click()
    expect(page.get_by_text("The gates before production of")).to_be_visible()
    page.goto(address(model))
    expect(page.get_by_text("This promotion is refused: 1 gate fails, 1 waits")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.get_by_label("Go past 2 gates").check()
    page.get_by_role("button", name="Promote 2 to production by force").first.click()
    expect(page.get_by_text(f"{model} 2 is in production")).to_be_visible()
    page.goto(f"/models/{model}/history/")
    expect(page.get_by_text("forced", exact=True).first).to_be_visible()
