"""Overview, runs, artifacts, lineage, history, search in a real Chromium: graphs, live pages, both themes."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from registry.rules.ids import new_id
from tests.browser.facts_world import World
from tests.browser.support import assert_accessible, assert_fits
from tests.support.programs import Server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def world(shared_server: Server) -> World:
    made = World(shared_server, shared_server.token(f"browser-{uuid.uuid4().hex[:6]}"))
    made.train()
    return made


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_fits(open_page: Open, world: World, width: int, dark: bool) -> None:
    page = open_page("/", width=width, dark=dark)
    for path in world.pages():
        page.goto(path)
        if page.locator("#graph").count():
            expect(page.locator("#graph[data-ready]")).to_be_visible()
        assert_accessible(page, touch=True)
        assert_fits(page)


def test_the_graph_is_walked_by_keys_and_shows_facts(open_page: Open, world: World) -> None:
    page = open_page(f"/models/{world.model}/versions/1/lineage/")
    expect(page.locator("#graph[data-ready]")).to_be_visible()
    facts = page.locator("#lineage-facts")
    expect(facts.get_by_role("link", name=f"{world.model} 1").first).to_be_visible()
    page.locator("#graph").focus()
    page.keyboard.press("ArrowLeft")
    expect(facts.locator("[data-node]").first).not_to_have_text(re.compile("Its own lineage"))
    page.keyboard.press("ArrowLeft")
    expect(facts.locator(".fw-semi").first).to_have_text("fit")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{world.run}/"))


def test_the_graph_is_searched_and_expanded(open_page: Open, world: World) -> None:
    page = open_page(f"/artifacts/{world.weights}/1/lineage/?hops=1&direction=upstream")
    graph = page.locator("#graph[data-ready]")
    expect(graph).to_have_attribute(
        "data-ready", "3 0"
    )  # the weights, the step that wrote them, what it read
    page.get_by_label("Find in graph").fill(world.data)
    expect(page.locator("#graph-state")).to_have_text("1 of 3 match")
    page.get_by_label("Find in graph").press("Enter")
    expect(page.locator("#lineage-facts .fw-semi").first).to_contain_text("train_")
    page.get_by_role("button", name="Expand one hop").click()
    expect(graph).not_to_have_attribute("data-ready", "3 0")


def test_the_graph_follows_the_theme(open_page: Open, world: World) -> None:
    page = open_page(f"/models/{world.model}/versions/1/lineage/")
    expect(page.locator("#graph[data-ready]")).to_be_visible()

    def picture() -> str:
        shot: str = page.evaluate(
            "[...document.querySelectorAll('#graph canvas')].map(c => c.toDataURL()).join()"
        )
        return shot

    light = picture()
    page.get_by_role("button", name="Theme").first.click()
    page.get_by_role("button", name="Dark").first.click()
    page.wait_for_timeout(300)
    assert picture() != light


def test_the_table_stands_in_without_javascript(open_page: Open, world: World) -> None:
    page = open_page(f"/models/{world.model}/versions/1/lineage/", javascript=False)
    expect(page.get_by_role("link", name="fit")).to_be_visible()
    expect(page.locator("#graph")).to_be_hidden()


def test_a_phone_shows_the_timeline_without_scrolling(open_page: Open, world: World) -> None:
    page = open_page(f"/runs/{world.run}/", width=390)
    bars = page.locator(".spans rect:not(.track)")
    sides = "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.right])"
    assert bars.count() == page.locator(".spans th[scope=row]").count() > 0
    assert all(0 <= left < right <= 390 for left, right in bars.evaluate_all(sides))
    expect(page.get_by_role("region", name="Timeline of the steps")).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 1000})
    expect(page.get_by_role("region", name="Timeline of the steps")).to_be_visible()
    expect(page.locator(".spans")).to_be_hidden()


def test_a_running_run_is_told_without_a_reload(open_page: Open, world: World) -> None:
    page = open_page(f"/runs/{world.live}/")
    expect(page.locator("#run-facts")).to_contain_text("Running")
    page.evaluate("window.stayed = true")
    world.report("completed")
    expect(page.locator("#run-facts")).to_contain_text("Done", timeout=15_000)
    assert page.evaluate("window.stayed")
    expect(page.locator("#run-live")).not_to_have_attribute("hx-trigger", re.compile("every"))


def test_a_stored_page_is_shown_but_runs_nothing(open_page: Open, world: World) -> None:
    page = open_page("/").context.new_page()  # unwatched: Chromium reports each script that it refused
    page.goto(f"/artifacts/{world.page}/1/")
    frame = page.frame_locator("iframe.preview-frame")
    expect(frame.get_by_role("heading", name="Report")).to_be_visible()
    page.wait_for_timeout(500)
    assert "run" not in page.title().split()
    assert page.evaluate("window.ran") is None


def test_an_event_opens_in_its_place(open_page: Open, world: World) -> None:
    page = open_page(f"/models/{world.model}/history/")
    page.get_by_role("link", name=re.compile("Open event")).first.click()
    expect(page.get_by_text("Hash", exact=True)).to_be_visible()
    page.get_by_role("link", name=re.compile("Close event")).first.click()
    expect(page.get_by_text("Hash", exact=True)).to_be_hidden()


def test_search_jumps_by_the_keyboard(open_page: Open, world: World) -> None:
    page = open_page("/runs/")
    hits, box = page.locator("#jump-hits").get_by_role("link"), page.locator("[data-search]")
    page.get_by_label("Find a run or pipeline").focus()
    page.keyboard.press("Control+k")
    page.keyboard.type(world.model)
    expect(hits.nth(1)).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("ArrowDown")
    expect(hits.nth(1)).to_be_focused()  # the first was chosen already
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#jump-hits")).to_be_hidden()
    expect(box).to_have_value("")
    expect(page.get_by_label("Find a run or pipeline")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type(f"{world.model} 1")
    page.keyboard.press("Enter")  # before the answer: the hit opens as soon as it is known
    expect(page).to_have_url(re.compile(f"/models/{world.model}/versions/1/$"))
    page.keyboard.press("Control+k")
    page.keyboard.type("nothing is called so")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=nothing"))
    plain = open_page("/runs/", javascript=False)
    plain.locator("[data-search]").fill(world.model)
    plain.keyboard.press("Enter")
    expect(plain).to_have_url(re.compile(rf"/search/\?q={world.model}"))
    expect(plain.locator("#hits").get_by_role("link", name=world.model).first).to_be_visible()


def test_what_asks_again_logs_nothing(open_page: Open, world: World) -> None:
    running = str(new_id())  # of its own: the world's may have ended
    world.send("POST", "runs/", {"id": running, "pipeline": "nightly"})
    for path in ("/", f"/runs/{running}/"):
        page, said = open_page(), list[str]()
        page.clock.install()
        page.goto(path)
        page.on("console", lambda message, said=said: said.append(message.text))
        for _ in range(2):
            with page.expect_response(lambda answer: "seen=" in answer.url):
                page.clock.fast_forward("00:30")
        page.evaluate("1")
        assert said == []


def test_a_filter_keeps_its_words_in_the_address(open_page: Open, world: World) -> None:
    page = open_page("/runs/")
    page.get_by_label("Find a run or pipeline").fill("nightly")
    expect(page).to_have_url(re.compile("q=nightly"))
    expect(page.locator("#runs-table").get_by_text("training")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Find a run or pipeline")).to_have_value("nightly")


def test_a_tag_is_made_in_a_dialog(open_page: Open) -> None:
    page = open_page("/tags/")
    name = f"t_{uuid.uuid4().hex[:6]}"
    page.get_by_role("link", name="New tag").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_text("Violet").click()
    dialog.get_by_role("button", name="Make tag").click()
    expect(page.get_by_text(f"The tag {name} is made")).to_be_visible()
    expect(page.locator(".tag-6", has_text=name)).to_be_visible()
