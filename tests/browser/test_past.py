"""The past in a real Chromium: the control, the bar, links that keep the moment, the way back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import assert_accessible, assert_fits

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def model(make_model: Callable[..., str], send: Callable[..., Any]) -> tuple[str, str]:
    """A model whose version 1 was in production until version 2 was; and the event in between."""
    name = make_model(0.91, 0.92)
    send("POST", f"models/{name}/versions/1/stage/", {"stage": "production"})
    event = send("GET", f"events/?model={name}&action=version.promoted")["results"][0]["id"]
    send("POST", f"models/{name}/versions/2/stage/", {"stage": "production"})
    return name, f"event:{event}"


def holder(page: Page) -> str:
    return page.locator(".holder", has_text="Production").locator(".val").inner_text().strip()


@pytest.mark.parametrize(("javascript", "width", "dark"), [(True, 1440, False), (False, 390, True)])
def test_into_the_past_and_back(
    open_page: Open, model: tuple[str, str], javascript: bool, width: int, dark: bool
) -> None:
    name, event = model
    page = open_page(f"/models/{name}/", javascript=javascript, width=width, dark=dark)
    assert holder(page) == "2"
    page.get_by_role("button", name="As of now").click()
    page.get_by_label("Show the registry as of").fill(event)
    if javascript:
        assert_accessible(page)
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url(re.compile("as_of=event"))
    bar = page.locator(".asof")
    expect(bar).to_contain_text("Nothing can be changed here")
    assert holder(page) == "1"
    assert_fits(page)
    off = page.get_by_role("link", name="New version")
    expect(off).to_have_attribute("aria-disabled", "true")
    off.click(force=True)
    expect(page.locator("dialog[open]")).to_have_count(0)
    for where in ("Versions", "Board", "History"):
        page.get_by_role("navigation", name="Sections").get_by_role("link", name=where).click()
        page.wait_for_url(re.compile("as_of=event"))
        expect(bar).to_be_visible()
        assert_fits(page)
        if javascript:
            assert_accessible(page)
    page.goto(f"/search/?as_of={event}")
    expect(bar).to_contain_text("always now")
    page.go_back()
    bar.get_by_role("link", name="Back to now").click()
    page.wait_for_url(re.compile(r"/history/$"))
    expect(bar).to_have_count(0)
    page.goto(f"/models/{name}/")
    assert holder(page) == "2"


def test_a_bad_moment_is_told_and_mended(open_page: Open, model: tuple[str, str]) -> None:
    name, event = model
    for width, dark in ((1440, False), (390, True)):
        page = open_page(f"/models/{name}/?as_of=yesterdy", width=width, dark=dark)
        alert = page.get_by_role("alert").filter(has_text="No such moment")
        expect(alert).to_contain_text("yesterdy")
        assert_accessible(page)
        assert_fits(page)
        page.get_by_role("textbox", name="Moment").fill(event)
        page.get_by_role("button", name="Show", exact=True).first.click()
        page.wait_for_url(re.compile("as_of=event"))
        assert holder(page) == "1"


def test_an_undo_is_a_decision_of_one_of_two_browsers(open_page: Open, model: tuple[str, str]) -> None:
    """Both draw the plan of the last promotion's undo; who confirms second sees a fresh one."""
    name, _ = model
    mine, other = (open_page(f"/models/{name}/history/?what=stages", width=wide) for wide in (1440, 390))
    mine.get_by_role("link", name="Undo").first.click()
    expect(mine.get_by_role("heading", name="What will move")).to_be_visible()
    other.goto(mine.url)
    assert_accessible(mine)
    assert_accessible(other)
    assert_fits(other)
    mine.get_by_label("Reason").fill("too early")
    mine.get_by_role("button", name="Restore these stages").click()
    expect(mine.get_by_text("Undone: 1 is production, 2 is in no stage again")).to_be_visible()
    other.get_by_label("Reason").fill("kept")
    other.get_by_role("button", name="Restore these stages").click()
    expect(other.get_by_text("Nothing was restored")).to_be_visible()
    expect(other.get_by_label("Reason")).to_have_value("kept")
    expect(other.get_by_role("button", name="Restore these stages")).to_be_disabled()
    mine.goto(f"/models/{name}/history/")
    mine.get_by_label("What", exact=True).select_option("stages")
    mine.wait_for_url(re.compile("what=stages"))
    expect(mine.get_by_role("table")).to_contain_text("too early")
    expect(mine.get_by_role("table")).not_to_contain_text("registered")


def test_the_past_stands_still(open_page: Open, model: tuple[str, str]) -> None:
    """No page of the past asks again: the board doesn't poll, and its cards can't be moved."""
    name, event = model
    page = open_page(f"/models/{name}/board/?as_of={event}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.locator('[data-lane="production"] .vcard')).to_have_attribute("data-number", "1")
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 2000)))")
    assert [url for url in asked if "/board/" in url] == []
    page.locator(".vcard").first.get_by_role("button").first.click()
    for move in page.locator(".dropdown-menu:popover-open button").all():
        expect(move).to_be_disabled()
