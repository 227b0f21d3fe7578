"""Approvals in a real Chromium: asked without JavaScript, answered by another on a phone, seen on a board."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import assert_accessible, assert_fits
from tests.browser.test_plans import address, model
from tests.support.programs import Server

__all__ = ["model"]  # the fixture

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def promoter(open_page: Open, shared_server: Server) -> Page:
    """A phone in the dark that a promoter of their own is signed in at."""
    name = f"jo_{uuid.uuid4().hex[:8]}"
    shared_server.place.python(
        f"""
        from modelcp import Client
        Client().create_person("{name}", role="promoter", password="correct horse battery")
        """
    )
    page = open_page("/sign-in/", signed_in=False, width=390, dark=True)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def test_one_asks_another_answers_and_a_board_lights_up(open_page: Open, model: str, promoter: Page) -> None:
    plain = open_page(f"/models/{model}/gates/", javascript=False)
    plain.get_by_label("Gates before staging").fill("approvals >= 1\nmetrics.auc >= 0.9")
    plain.get_by_role("button", name="Save gates before staging").click()
    board = open_page(f"/models/{model}/board/")
    card = board.locator("[data-number='2']")
    expect(card.get_by_text("1 of 2")).to_be_visible()
    expect(card.get_by_role("img", name="1 approval, not by its author: waits")).to_be_visible()
    assert_accessible(board)

    plain.goto(address(model).replace("production", "staging"))
    plain.get_by_label("What should they know?").fill("to try it on live traffic")
    plain.get_by_role("button", name="Ask for approval").click()
    expect(plain.get_by_text("asks for approval to go into staging")).to_be_visible()
    assert_fits(plain)

    promoter.goto("/")
    promoter.get_by_role("listitem").filter(has_text=model).get_by_role("link", name="Review plan").click()
    expect(promoter.get_by_text("“to try it on live traffic”")).to_be_visible()
    assert_accessible(promoter)
    assert_fits(promoter)
    promoter.get_by_role("button", name="Decline 2").click()
    expect(promoter.get_by_text("A decline says why.")).to_be_in_viewport()
    expect(promoter.get_by_label("Comment")).to_be_focused()
    assert_accessible(promoter)
    promoter.get_by_label("Comment").fill("looks right")
    promoter.get_by_role("button", name="Approve 2 for staging").click()
    expect(promoter.get_by_text("“looks right”")).to_be_visible()
    expect(promoter.locator(".plan-foot")).to_contain_text("2 of 2 gates pass")
    assert_accessible(promoter)
    assert_fits(promoter)

    expect(card.get_by_text("2 of 2")).to_be_visible()
    promoter.locator(".plan-foot").get_by_role("button").click()
    expect(board.locator("[data-lane='staging'] [data-number='2']")).to_be_visible()
