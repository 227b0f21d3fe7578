"""The graph of a run's steps in a real Chromium: keys, clicks, states in place, and without JavaScript."""

import re
import uuid
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from registry.rules.ids import new_id
from registry.selectors.run_page import STEPS
from tests.browser.facts_world import World
from tests.browser.support import assert_accessible
from tests.support.programs import Server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
WHERE = "document.querySelector('.node-layer').style.transform"


@pytest.fixture(scope="module")
def world(shared_server: Server) -> World:
    made = World(shared_server, shared_server.token(f"steps-{uuid.uuid4().hex[:6]}"))
    made.train()
    return made


def test_the_steps_are_walked_by_keys_and_lead_to_their_parts(open_page: Open, world: World) -> None:
    page = open_page(f"/runs/{world.run}/")
    expect(page.locator("#graph[data-ready='3 0']")).to_be_visible()
    expect(page.locator(".node-words .g-bad")).to_have_count(1)
    expect(page.get_by_role("button", name="Zoom in")).to_be_hidden()  # all of it is in sight
    page.locator("#graph").focus()
    page.keyboard.press("ArrowLeft")  # from the step that failed
    expect(page.locator("#graph-said")).to_have_text("fit: done, 8.0 s")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"#step-[0-9a-f-]{36}$"))
    expect(page.locator("tbody:target")).to_contain_text("fit")


def test_a_step_of_a_pipeline_leads_to_its_last_run(open_page: Open, world: World) -> None:
    page = open_page(f"/runs/{world.live}/", width=390)
    page.get_by_role("link", name="nightly").click()
    expect(page.locator("#graph[data-ready='1 0']")).to_be_visible()
    page.locator("#graph").click()  # the one step stands in the middle
    expect(page).to_have_url(re.compile(rf"/runs/{world.live}/\?step=[0-9a-f-]{{36}}#step-"))


def test_a_step_that_isnt_shown_leads_to_where_it_is(open_page: Open, world: World) -> None:
    steps = [
        {"id": str(new_id()), "name": f"s{at}", "position": at, "status": "completed"}
        for at in range(STEPS + 5)
    ]
    for before, after in pairwise(steps):
        after["upstream"] = [before["name"]]
    ended, run = "2026-01-31T13:00:00Z", str(new_id())
    world.send("POST", "runs/", {"id": run, "pipeline": "long", "started_at": "2026-01-31T12:00:00Z"})
    world.send("POST", f"runs/{run}/", {"status": "completed", "ended_at": ended, "steps": steps})
    page = open_page(f"/runs/{run}/")
    expect(page.locator(f"#graph[data-ready='{len(steps)} 0']")).to_be_visible()
    page.locator("#graph").focus()
    for _ in range(len(steps)):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#graph-said")).to_contain_text(f"s{STEPS + 4}: done")
    page.keyboard.press("Enter")
    expect(page.locator("tbody:target")).to_contain_text(f"s{STEPS + 4}")
    assert_accessible(page)
    page.get_by_role("link", name="Before").first.click()
    expect(page.get_by_text(f"Steps 1–{STEPS} of {len(steps)}").first).to_be_visible()


def test_states_change_in_their_place_while_the_run_goes_on(open_page: Open, world: World) -> None:
    page = open_page(f"/runs/{world.live}/")
    expect(page.locator(".node-words .g-run")).to_be_visible()
    page.locator("#graph").focus()
    page.evaluate("window.drawn = document.querySelector('#graph canvas')")
    before = page.evaluate(WHERE)
    world.report("completed")
    expect(page.locator(".node-words .g-good")).to_be_visible(timeout=15_000)
    assert page.evaluate("window.drawn === document.querySelector('#graph canvas')")
    assert page.evaluate(WHERE) == before
    expect(page.locator("#graph")).to_be_focused()
    expect(page.locator("#graph-state")).to_be_empty()


def test_without_javascript_the_table_says_what_each_step_waits_for(open_page: Open, world: World) -> None:
    page = open_page(f"/runs/{world.run}/", javascript=False)
    expect(page.get_by_text("after load")).to_be_visible()
    expect(page.locator("#graph")).to_be_hidden()
    page.goto("/pipelines/training/")
    expect(page.get_by_role("link", name="The page of the last run")).to_be_visible()
