"""A newcomer's way among 10,000 models in a real Chromium: by mouse, by keyboard, without JavaScript."""

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser import newcomers
from tests.browser.keyboard import Keyboard
from tests.support.programs import Server
from tests.support.waiting import until

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
ROWS: FilePayload = {"name": "rows.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}


@pytest.fixture(scope="module")
def trained(shared_server: Server) -> str:
    """A prefix: its model's version 2 is in production, and `…_scores` was predicted with its weights."""
    prefix = f"walk_{uuid.uuid4().hex[:8]}"
    shared_server.place.python(
        f"""
        from typing import Annotated
        from modelcp import ArtifactConfig, Client, ModelVersion, get_pipeline_context, pipeline, step

        @step
        def load() -> Annotated[list, "{prefix}_rows"]:
            return [1, 2, 3]

        @step
        def fit(rows: list, depth: int) -> Annotated[
            dict, ArtifactConfig(name="{prefix}_weights", is_model_artifact=True)
        ]:
            return {{"depth": depth}}

        @step
        def score(weights: dict) -> Annotated[list, "{prefix}_scores"]:
            return [weights["depth"]]

        @pipeline(model_version=ModelVersion("{prefix}_model"))
        def training(depth: int):
            fit(load(), depth=depth)

        @pipeline(model_version=ModelVersion("{prefix}_model", version="production"))
        def predicting():
            score(get_pipeline_context().model_version.get_artifact("{prefix}_weights"))

        client = Client()
        for depth in (1, 2, 3):
            training(depth=depth)
            client.log_metadata("{prefix}_model", depth, {{"metrics": {{"auc": depth / 10}}}})
        client.promote("{prefix}_model", 2, "production")
        predicting()
        """
    )
    return prefix


@pytest.fixture(scope="module")
def links(shared_server: Server) -> Iterator[list[str]]:
    """Links as an administrator hands them over, each good for one newcomer; there are 10,000 models more."""
    yield newcomers.arrive(shared_server, 3)
    newcomers.leave(shared_server)


def click_node(page: Page, name: str) -> None:
    """Clicks the node of the graph whose name ends so, again where it was drawn anew just then."""
    label = page.locator(".node-words b", has_text=re.compile(f"{name}$"))
    facts = page.locator("#lineage-facts .fw-semi").first

    def chosen() -> bool:
        box = label.bounding_box()
        if box is None:
            return False
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(100)
        return name in (facts.text_content() or "")

    until(chosen, f"no node {name}")


def test_a_newcomer_by_the_mouse(open_page: Open, trained: str, links: list[str]) -> None:
    page = open_page(links.pop(), signed_in=False)
    menu, dialog = page.get_by_role("navigation", name="Main"), page.get_by_role("dialog")
    menu.get_by_role("link", name="Models").click()
    expect(page.locator("#models-count")).to_contain_text("10,0")
    page.get_by_role("link", name="Register model").click()
    dialog.get_by_label("Name").fill(f"{trained}_mine")
    dialog.get_by_role("button", name="Register model").click()
    page.get_by_role("link", name="New version").click()
    dialog.get_by_role("button", name="Make version").click()
    page.get_by_role("link", name="Upload").click()
    dialog.get_by_label("File").set_input_files(ROWS)
    dialog.get_by_role("button", name="Upload and link").click()
    expect(page.get_by_role("row", name="rows.csv")).to_be_visible()

    menu.get_by_role("link", name="Models").click()
    page.get_by_role("searchbox", name="Search models by name").fill(f"{trained}_model")
    expect(page.locator("#models-table tbody tr")).to_have_count(1)
    page.get_by_role("link", name=f"{trained}_model").click()
    expect(page.locator(".holder", has_text="Production").locator(".val")).to_have_text("2")
    for number in (1, 2, 3):
        page.get_by_label(f"Select version {number}").check()
    page.get_by_role("button", name="Compare selected").click()
    expect(page.get_by_role("table").locator("thead a.fs-3")).to_have_count(3)

    menu.get_by_role("link", name="Artifacts").click()
    page.get_by_role("searchbox", name=re.compile("artifact")).fill(f"{trained}_scores")
    page.get_by_role("main").get_by_role("link", name=f"{trained}_scores").first.click()
    page.get_by_role("main").get_by_role("link", name="1", exact=True).first.click()
    page.get_by_role("link", name="Lineage", exact=True).click()
    facts = page.locator("#lineage-facts .fw-semi").first
    expect(page.locator("#graph[data-ready]")).to_be_visible()
    click_node(page, "_weights")
    expect(facts).to_have_text(f"{trained}_weights 2")
    page.get_by_role("button", name="Expand one hop").click()
    click_node(page, "_rows")
    expect(facts).to_have_text(re.compile(f"{trained}_rows"))
    page.locator("#lineage-facts").get_by_role("link", name="Preview").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{trained}_rows")


def test_a_newcomer_by_the_keyboard_alone(open_page: Open, trained: str, links: list[str]) -> None:
    page = open_page(links.pop(), signed_in=False)
    keys, dialog, name = Keyboard(page), page.get_by_role("dialog"), f"keys_{uuid.uuid4().hex[:8]}"
    page.on("filechooser", lambda chooser: chooser.set_files(ROWS))
    keys.go_to("Skip to content")
    keys.press("Enter")
    keys.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")

    page.goto("/models/")
    keys.open("Register model")
    keys.press("Escape")
    keys.is_at("Register model")
    keys.press("Enter")
    keys.is_at("Name")
    keys.type("a/b")
    keys.go_to("Register model", "BUTTON")
    keys.press("Enter")
    expect(dialog.get_by_text("It contains '/'")).to_be_visible()
    keys.is_at("Name")
    keys.press("Control+a")
    keys.type(name)
    keys.go_to("Tags")
    keys.type("one,two words,")
    keys.follow("Register model", f"**/models/{name}/", "BUTTON")
    expect(page.locator(".page-title .tag")).to_have_text(["one", "two words"])
    keys.open("New version")
    keys.follow("Make version", f"**/models/{name}/versions/1/")

    keys.open("Upload")
    keys.is_at("File")
    keys.press("Space")
    expect(dialog.get_by_label("File")).to_have_value(re.compile("rows.csv"))
    keys.go_to("Artifact")
    keys.type("a/b")
    keys.go_to("Upload and link")
    keys.press("Enter")
    expect(dialog.get_by_text("It contains '/'")).to_be_visible()
    keys.is_at("Artifact")
    keys.press("Control+a")
    keys.press("Delete")
    keys.go_to("Upload and link")  # the file is still chosen
    keys.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("rows.csv is stored and linked")
    assert page.evaluate("document.activeElement === document.body")  # the toast takes no focus
    keys.go_to("More")
    keys.press("Enter")
    keys.is_at("Edit name and description")
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.is_at("Alias")
    keys.press("Escape")
    keys.is_at("More")

    page.goto("/models/")
    keys.go_to("Search models by name")
    keys.type(f"{trained}_model")
    expect(page.locator("#models-table tbody tr")).to_have_count(1)
    keys.follow(f"{trained}_model", f"**/models/{trained}_model/")
    for number in (3, 2, 1):
        keys.go_to(f"Select version {number}")
        keys.press("Space")
    keys.press("Enter")
    expect(page.get_by_role("table").locator("thead a.fs-3")).to_have_text(["3", "2", "1"])

    page.goto(f"/artifacts/{trained}_scores/1/")
    keys.follow("Lineage", "**/lineage/")
    expect(page.locator("#graph[data-ready]")).to_be_visible()
    keys.go_to("Lineage of")
    facts = page.locator("#lineage-facts .fw-semi").first
    for found in ("score", f"{trained}_weights 2", "fit", re.compile(f"{trained}_rows")):
        keys.press("+")
        keys.press("ArrowLeft")
        expect(facts).to_have_text(found)
    keys.go_to("Expand one hop")
    keys.press("Enter")
    keys.is_at("Expand one hop")
    keys.follow("Preview", f"**/artifacts/{trained}_rows/*/")


def test_a_newcomer_without_javascript(open_page: Open, trained: str, links: list[str]) -> None:
    page = open_page(links.pop(), signed_in=False, javascript=False)
    name = f"plain_{uuid.uuid4().hex[:8]}"
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Models").click()
    page.get_by_role("link", name="Register model").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Description").fill("It **scores**.")
    page.get_by_label("Tags").fill("one, two words")
    page.get_by_label("License").fill("x" * 300)
    page.get_by_role("button", name="Register model").click()
    expect(page.get_by_label("License")).to_be_focused()
    expect(page.get_by_label("License")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Description")).to_have_value("It **scores**.")
    page.get_by_label("License").fill("MIT")
    page.get_by_role("button", name="Register model").click()
    expect(page.locator(".prose strong")).to_have_text("scores")
    page.get_by_role("link", name="New version").click()
    page.get_by_role("button", name="Make version").click()
    page.get_by_role("link", name="Upload").click()
    page.get_by_label("File").set_input_files(ROWS)
    page.get_by_role("button", name="Upload and link").click()
    expect(page.get_by_role("link", name="rows.csv", exact=True)).to_be_visible()
    page.get_by_role("link", name="Link artifact").click()
    page.get_by_label("Artifact").fill("far")
    page.get_by_label("Its version").fill("2")
    page.get_by_label("URI").fill("s3://bucket/far")
    page.get_by_role("button", name="Link artifact").click()
    expect(page.get_by_text("Leave this empty with a URI")).to_be_visible()
    page.get_by_label("Its version").fill("")
    page.get_by_role("button", name="Link artifact").click()
    expect(page.get_by_text("far is linked")).to_be_visible()
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Delete model").click()
    page.get_by_label("Its name, to confirm").fill(name)
    page.get_by_role("button", name="Delete model").click()
    page.goto("/models/?deleted=1")
    page.get_by_role("row", name=name).get_by_role("button", name="Restore").click()
    expect(page.get_by_text(f"{name} is restored")).to_be_visible()

    page.goto("/models/")
    page.get_by_role("searchbox", name="Search models by name").fill(f"{trained}_model")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("row", name=f"{trained}_model").get_by_role("link", name=f"{trained}_model").click()
    expect(page.locator(".holder", has_text="Production").locator(".val")).to_have_text("2")
    for number in (1, 2, 3):
        page.get_by_label(f"Select version {number}").check()
    page.get_by_role("button", name="Compare selected").click()
    expect(page.get_by_role("table").locator("thead a.fs-3")).to_have_count(3)

    page.goto(f"/artifacts/{trained}_scores/1/")
    page.get_by_role("link", name="Lineage", exact=True).click()
    page.get_by_role("link", name="One hop more").click()
    page.get_by_role("link", name="One hop more").click()
    page.get_by_role("table", name="Lineage").get_by_role("link", name=f"{trained}_rows").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{trained}_rows")
