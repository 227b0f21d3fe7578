"""The boards in a real Chromium: dragging, keys, menus, two people at once, no JavaScript, phones."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.support import assert_accessible, assert_fits

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
Send = Callable[..., Any]


@pytest.fixture
def model(make_model: Callable[..., str], send: Send) -> str:
    """A model with four versions: 1 in production, 2 in staging, 3 and 4 new."""
    name = make_model(0.91, 0.92, 0.905, 0.93)
    for number, stage in ((1, "production"), (2, "staging")):
        send("POST", f"models/{name}/versions/{number}/stage/", {"stage": stage})
    return name


def move(page: Page, name: str, number: int, stage: str, confirm: str) -> None:
    """Puts a version into a stage by its plan."""
    page.goto(f"/models/{name}/versions/{number}/plan/?to={stage}")
    page.get_by_role("button", name=confirm).first.click()
    page.wait_for_url(f"**/models/{name}/versions/{number}/")


def lane(page: Page, name: str) -> Locator:
    return page.locator(f'[data-lane="{name}"]')


def card(page: Page, number: int) -> Locator:
    return page.locator(f'.vcard[data-number="{number}"]:not(.is-drag)')


def drag(page: Page, number: int, to: str) -> None:
    """Takes a card by its foot and holds it over a column."""
    source, target = card(page, number).bounding_box(), lane(page, to).bounding_box()
    assert source
    assert target
    page.mouse.move(source["x"] + 60, source["y"] + source["height"] - 12)
    page.mouse.down()
    page.mouse.move(source["x"] + 90, source["y"] + source["height"] + 10, steps=4)
    page.mouse.move(target["x"] + target["width"] / 2, target["y"] + 260, steps=8)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_boards_are_accessible_and_fit(open_page: Open, model: str, width: int, dark: bool) -> None:
    page = open_page(f"/models/{model}/board/", width=width, dark=dark)
    assert_accessible(page)
    assert_fits(page)
    card(page, 3).get_by_role("button", name="Move version 3").click()
    expect(page.get_by_role("button", name="Promote to production")).to_be_visible()
    assert_accessible(page)
    page.goto("/board/")
    assert_accessible(page)
    assert_fits(page)


def test_a_drop_opens_the_plan_and_the_card_is_back_in_its_slot(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/board/")
    drag(page, 3, "production")
    expect(lane(page, "production")).to_have_class(re.compile("is-target"))
    held = card(page, 3)
    expect(held).to_have_attribute("data-drop", "3 to production; 1 would be archived")
    page.mouse.up()
    page.wait_for_url(f"**/models/{model}/versions/3/plan/?to=production")
    page.go_back()
    expect(lane(page, "new").locator(".vcard")).to_have_count(2)
    expect(lane(page, "production").locator(".vcard")).to_have_attribute("data-number", "1")
    expect(page.locator(".is-drag,.is-target")).to_have_count(0)


def test_a_confirmed_drop_moves_the_card(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/board/")
    drag(page, 2, "production")
    page.mouse.up()
    page.wait_for_url("**/plan/**")
    page.get_by_role("button", name="Promote 2 to production").first.click()
    expect(page.get_by_text(f"{model} 2 is in production; 1 was archived")).to_be_visible()
    page.goto(f"/models/{model}/board/")
    expect(lane(page, "production").locator(".vcard")).to_have_attribute("data-number", "2")
    expect(lane(page, "archived").locator(".vcard")).to_have_attribute("data-number", "1")


def test_the_first_column_takes_no_drop(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/board/")
    drag(page, 2, "new")
    expect(lane(page, "new")).to_have_class(re.compile("is-closed"))
    expect(lane(page, "new")).to_contain_text("no drop: only undo returns here")
    page.mouse.up()
    expect(lane(page, "new")).not_to_have_class(re.compile("is-closed"))
    expect(lane(page, "staging").locator(".vcard")).to_have_attribute("data-number", "2")
    assert page.url.endswith(f"/models/{model}/board/")


def test_keys_go_from_card_to_card_and_open_the_plan(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/board/")
    card(page, 4).get_by_role("link").first.focus()
    for key, number in (
        ("ArrowDown", 3),
        ("ArrowRight", 2),
        ("ArrowRight", 1),
        ("ArrowLeft", 2),
        ("ArrowLeft", 4),
    ):
        page.keyboard.press(key)
        expect(card(page, number).locator(".vcard-name")).to_be_focused()
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Move to staging")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card(page, 4).get_by_role("button", name="Move version 4")).to_be_focused()
    page.keyboard.press("M")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Promote to production")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/models/{model}/versions/4/plan/?to=production")


def test_anothers_move_is_seen_within_two_seconds_and_focus_and_menu_stay(
    open_page: Open, model: str
) -> None:
    mine, theirs = open_page(f"/models/{model}/board/"), open_page()
    card(mine, 4).get_by_role("link").first.focus()
    mine.keyboard.press("m")
    mine.keyboard.press("ArrowDown")
    theirs.goto(f"/models/{model}/versions/3/plan/?to=staging")
    theirs.get_by_role("button", name="Move 3 to staging").first.click()
    theirs.wait_for_url(f"**/models/{model}/versions/3/")
    expect(mine.locator("#board-live")).to_have_attribute("hx-trigger", "every 1500ms")
    expect(lane(mine, "staging").locator(".vcard")).to_have_attribute("data-number", "3")
    expect(lane(mine, "archived").locator(".vcard")).to_have_attribute("data-number", "2")
    expect(mine.locator("#board-holders .holder").nth(1)).to_contain_text("3")
    expect(mine.locator("#announce")).to_contain_text("3 is in staging")
    opened = card(mine, 4).get_by_role("button", name="Promote to production")
    expect(opened).to_be_visible()
    expect(opened).to_be_focused()
    drag_again(mine)


def drag_again(page: Page) -> None:
    """What was drawn anew can be dragged too."""
    page.keyboard.press("Escape")
    drag(page, 4, "archived")
    page.mouse.up()
    page.wait_for_url("**/versions/4/plan/?to=archived")


def test_focus_on_a_card_stays_when_others_move(open_page: Open, model: str) -> None:
    mine, theirs = open_page("/board/"), open_page()
    cards = mine.locator(f'.vcard[data-model="{model}"]')
    link = cards.and_(mine.locator('[data-number="4"]')).locator(".vcard-name")
    link.focus()
    move(theirs, model, 3, "archived", "Archive 3")
    archived = lane(mine, "archived").locator(f'.vcard[data-model="{model}"]')
    expect(archived).to_have_attribute("data-number", "3", timeout=4000)
    expect(link).to_be_focused()


def test_a_move_while_one_drags_waits_for_the_drop(open_page: Open, model: str) -> None:
    mine, theirs = open_page(f"/models/{model}/board/"), open_page()
    drag(mine, 4, "archived")
    move(theirs, model, 3, "archived", "Archive 3")
    mine.wait_for_timeout(2000)
    expect(mine.locator(".vcard.is-drag")).to_be_visible()
    new = lane(mine, "new").bounding_box()
    assert new
    mine.mouse.move(new["x"] + 80, new["y"] + 80, steps=6)
    expect(lane(mine, "archived")).not_to_have_class(re.compile("is-target"))
    mine.mouse.up()
    expect(lane(mine, "archived").locator(".vcard")).to_have_attribute("data-number", "3", timeout=4000)
    expect(lane(mine, "new").locator(".vcard")).to_have_attribute("data-number", "4")


def test_without_javascript_the_menu_is_a_plain_form(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/board/", javascript=False)
    expect(page.get_by_text("Use a card's menu.")).to_be_visible()
    card(page, 3).get_by_role("button", name="Move version 3").click()
    page.get_by_role("button", name="Move to staging").click()
    page.wait_for_url("**/versions/3/plan/?to=staging")
    page.get_by_role("button", name="Move 3 to staging").first.click()
    page.goto(f"/models/{model}/board/")
    expect(lane(page, "staging").locator(".vcard")).to_have_attribute("data-number", "3")


def test_the_metrics_on_the_cards_are_chosen_and_stay_in_the_address(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/versions/4/metadata/add/", javascript=False)
    page.get_by_label("Key").fill("metrics.recall")
    page.get_by_label("Value").fill("0.5")
    page.get_by_role("button", name="Log value").click()
    page = open_page(f"/models/{model}/board/")
    page.get_by_role("button", name="auc, recall").click()
    page.get_by_label("auc", exact=True).uncheck()
    page.get_by_role("button", name="Show these metrics").click()
    expect(card(page, 4).locator("dt")).to_have_text(["recall"])
    assert "columns=recall" in page.url
