"""On a phone and on a small screen what belongs together stands on one line, in a real Chromium."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

# How many lines the words of an element take: the tops of their boxes, near ones counted once.
LINES = """element => {
  const range = document.createRange(), tops = [];
  range.selectNodeContents(element);
  for (const box of range.getClientRects())
    if (box.width && !tops.some(top => Math.abs(top - box.top) < 12)) tops.push(box.top);
  return tops.length;
}"""


@pytest.fixture
def model(make_model: Callable[..., str], send: Callable[..., Any]) -> str:
    """A model with tags, a holder of production, a staged candidate with an alias, a gate of approvals."""
    name = make_model(0.91, 0.92)
    send("POST", f"models/{name}/versions/1/stage/", {"stage": "production", "reason": "the first one"})
    send("POST", f"models/{name}/versions/2/stage/", {"stage": "staging", "reason": "to try it"})
    send("PATCH", f"models/{name}/versions/2/", {"add_tags": ["classification", "medical", "tabular"]})
    send("PUT", f"models/{name}/aliases/challenger/", {"version": 2})
    send("PUT", f"models/{name}/gates/", {"gates": {"production": ["approvals >= 1"]}})
    return name


def lines(part: Locator) -> int:
    return int(part.evaluate(LINES))


def middle(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"] / 2


def test_the_overview_says_what_there_is_in_two_lines(open_page: Open, model: str) -> None:
    page = open_page("/", width=390)
    assert lines(page.locator(".page-sub")) <= 2


def test_a_plans_buttons_and_moves_break_nowhere(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/versions/2/plan/?to=production", width=390)
    asks = page.locator(".page-actions").get_by_role("link", name="Ask for approval")
    assert lines(asks) == 1
    moves = page.locator(".move-to")
    assert moves.count() == 2
    assert [lines(move) for move in moves.all()] == [1, 1]


def test_the_button_of_the_tags_stays_beside_the_last_of_them(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/versions/2/", width=390)
    button = page.get_by_role("button", name="Change tags")
    assert abs(middle(button) - middle(page.locator(".page-title .tag").last)) < 4


def test_the_open_tab_is_in_sight(open_page: Open, model: str) -> None:
    for tab in ("artifacts", "history"):
        page = open_page(f"/models/{model}/{tab}/", width=390)
        place = page.locator(".nav-tabs .active").bounding_box()
        assert place is not None
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= 390


def test_a_charts_values_stay_beside_it_while_it_is_scrolled(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/", width=390)
    wrap, axis = page.locator(".chart-wrap"), page.locator(".chart-axis text").first
    for end in ("-9999", "9999"):
        wrap.evaluate(f"one => {{ one.scrollLeft = {end}; }}")
        place, within = axis.bounding_box(), wrap.bounding_box()
        assert place is not None
        assert within is not None
        assert within["x"] <= place["x"] < within["x"] + 60


@pytest.mark.parametrize("path", ["", "board/", "versions/2/", "versions/2/plan/?to=production"])
def test_numbers_break_nowhere_on_a_small_screen(open_page: Open, model: str, path: str) -> None:
    page = open_page(f"/models/{model}/{path}", width=1024)
    numbers = page.locator("main td.num:not(:has(.row-actions)), main .vcard dd")
    assert numbers.count() >= 3
    assert {lines(number) for number in numbers.all()} <= {0, 1}
    outside = page.locator(".vcard").evaluate_all(
        """all => all.filter(one => [...one.querySelectorAll("dd")].some(
            part => part.getBoundingClientRect().right > one.getBoundingClientRect().right)).length"""
    )
    assert outside == 0


def test_the_filters_of_the_history_are_of_one_size(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/history/", width=390)
    filters = page.locator("form.bar > :is(.form-select, .chip)")
    looks = "all => all.map(one => [one.offsetHeight, getComputedStyle(one).fontSize])"
    assert filters.count() == 5
    assert len({tuple(look) for look in filters.evaluate_all(looks)}) == 1


def test_a_number_in_the_breadcrumb_gives_no_way_to_a_long_name(
    open_page: Open, send: Callable[..., Any], model: str
) -> None:
    long = f"{model}-that-somebody-named-after-the-whole-configuration"
    send("POST", "models/", {"name": long})
    send("POST", f"models/{long}/versions/", {})
    page = open_page(f"/models/{long}/versions/1/lineage/", width=390)
    whole = "one => one.scrollWidth <= one.clientWidth"
    steps = page.locator(".breadcrumb-item").filter(visible=True).all()
    seen = {step.inner_text(): step.evaluate(whole) for step in steps}
    assert seen["1"]
    assert seen["Lineage"]
