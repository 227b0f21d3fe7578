"""A promotion plan in a real Chromium: both themes, on a phone, by keyboard, stale, without JavaScript."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import assert_accessible, assert_fits

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def model(make_model: Callable[..., str], send: Callable[..., Any]) -> str:
    """A model with two versions and a metric on each, the first in production."""
    name = make_model(0.91, 0.92)
    send("POST", f"models/{name}/versions/1/stage/", {"stage": "production", "reason": "the first one"})
    return name


def log(page: Page, name: str, number: int, key: str, value: str) -> None:
    page.goto(f"/models/{name}/versions/{number}/metadata/add/")
    page.get_by_label("Key").fill(key)
    page.get_by_label("Value").fill(value)
    page.get_by_role("button", name="Log value").click()


def address(name: str) -> str:
    return f"/models/{name}/versions/2/plan/?to=production"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_plan_is_accessible_fits_and_is_confirmed_in_sight(
    open_page: Open, model: str, width: int, dark: bool
) -> None:
    page = open_page(address(model), width=width, height=900, dark=dark)
    assert_accessible(page)
    assert_fits(page)
    confirm = page.get_by_role("button", name="Promote 2 to production")
    seen = [button for button in confirm.all() if button.is_visible()]
    boxes = [button.bounding_box() for button in seen]
    assert any(box is not None and box["y"] + box["height"] <= 900 for box in boxes)
    if width == 390:
        page.locator(".plan-foot").get_by_role("button").click()
        expect(page.get_by_text(f"{model} 2 is in production; 1 was archived")).to_be_visible()


def test_a_plan_is_confirmed_by_keyboard_and_undone(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/versions/2/")
    page.locator(".page-actions").get_by_role("link", name="Promote to staging").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/plan/?to=staging")
    page.goto(address(model))
    page.get_by_label("Reason").focus()
    page.keyboard.type("better")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/models/{model}/versions/2/")
    page.get_by_role("link", name="Undo").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/undo/?tenure=*")
    page.get_by_label("Reason").focus()
    page.keyboard.type("worse")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Undone")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_a_plan_that_went_stale_is_refused_and_redrawn(open_page: Open, model: str, javascript: bool) -> None:
    page = open_page(address(model), javascript=javascript)
    page.get_by_label("Reason").fill("kept")
    log(open_page(javascript=False), model, 2, "metrics.auc", "0.5")
    page.get_by_role("button", name="Promote 2 to production").first.click()
    expect(page.get_by_text("The plan changed while you read it. Nothing was promoted.")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("kept")
    expect(page.locator("tr.is-changed")).to_contain_text("−0.41 worse")
    page.get_by_text("See the old plan").click()
    expect(page.get_by_role("region", name="The old plan")).to_contain_text("0.92")
    if javascript:
        assert_accessible(page)
        assert_fits(page)
    page.get_by_role("button", name="Promote 2 to production").first.click()
    expect(page.get_by_text(f"{model} 2 is in production")).to_be_visible()
