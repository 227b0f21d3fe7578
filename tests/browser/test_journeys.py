"""A newcomer's way in a real Chromium: by the keyboard alone, without JavaScript."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.support.programs import Server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
ROWS: FilePayload = {"name": "rows.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
# Where the focus is: its name, whether one sees it and its ring (a box may carry the ring of its field).
FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const ringed = [at, at.closest(".jump"), at.closest(".tag-input")].filter(Boolean);
  return {
    name: (at.ariaLabel || at.labels?.[0]?.innerText || at.innerText || "").trim(),
    tag: at.tagName,
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    ring: ringed.some((one) => getComputedStyle(one).outlineStyle !== "none"),
  };
}"""


class Keyboard:
    """Someone who has no mouse: what they reach, they reach by Tab, and they see where they are."""

    def __init__(self, page: Page) -> None:
        self.page, self.press, self.type = page, page.keyboard.press, page.keyboard.type

    def is_at(self, name: str) -> None:
        """The focus is, or soon will be, on what has this name (a pattern)."""
        expect(self.page.locator(":focus")).to_have_accessible_name(re.compile(name))

    def go_to(self, name: str, tag: str = "", key: str = "Tab") -> None:
        """Tab to what has this name (a pattern for its beginning); each stop is seen and has a ring."""
        passed = []
        for _ in range(70):
            self.press(key)
            at = self.page.evaluate(FOCUS)
            if at["tag"] == "BODY":  # round by way of the browser's own controls
                continue
            assert (at["seen"], at["ring"]) == (True, True), at
            if re.match(name, at["name"]) and tag in ("", at["tag"]):
                return
            passed.append(at["name"])
        pytest.fail(f"nothing called {name!r} is reached by {key}, but {passed}")

    def open(self, name: str, key: str = "Enter") -> None:
        """Tab to it and press: its dialog opens, with the focus in it."""
        self.go_to(name)
        self.press(key)
        expect(self.page.locator("dialog[open] :focus")).to_be_visible()

    def follow(self, name: str, to: str, tag: str = "") -> None:
        """Tab to it, press Enter, and be at an address."""
        self.go_to(name, tag)
        self.press("Enter")
        self.page.wait_for_url(to)


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
        for number in range(30):
            client.create_model(f"{prefix}_other_{{number}}")
        for depth in (1, 2, 3):
            training(depth=depth)
            client.log_metadata("{prefix}_model", depth, {{"metrics": {{"auc": depth / 10}}}})
        client.promote("{prefix}_model", 2, "production")
        predicting()
        """
    )
    return prefix


def test_a_newcomer_by_the_keyboard_alone(open_page: Open, trained: str) -> None:
    page = open_page("/")
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


def test_a_newcomer_without_javascript(open_page: Open, trained: str) -> None:
    page, name = open_page("/models/", javascript=False), f"plain_{uuid.uuid4().hex[:8]}"
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
