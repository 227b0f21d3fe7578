"""Uploading a file in a real Chromium over a slow line: its progress, a refusal, one that breaks off."""

import hashlib
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.programs import Server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
# Notes each state of the bar and of the words below it while a file is on its way.
WATCH = """() => {
  const bar = document.querySelector("[data-upload]"), said = document.querySelector("[data-upload-said]");
  window.seen = [];
  new MutationObserver(() => window.seen.push([bar.value / bar.max, said.textContent, bar.checkVisibility()]))
    .observe(said, { childList: true });
}"""


def slow_line(page: Page, speed: int) -> None:
    """From now on the page sends `speed` bytes a second."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": speed}
    line.send("Network.emulateNetworkConditions", limits)


def begin(page: Page, model: str, content: bytes, name: str = "") -> None:
    """Opens the dialog, fills it and sends it."""
    page.goto(f"/models/{model}/versions/1/")
    page.get_by_role("link", name="Upload").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File").set_input_files({"name": "w.bin", "mimeType": "", "buffer": content})
    dialog.get_by_label("Artifact").fill(name)
    page.evaluate(WATCH)
    dialog.get_by_role("button", name="Upload and link").click()


@pytest.fixture
def kept(shared_server: Server, send: Callable[..., Any]) -> Callable[[str, bytes], tuple[int, int]]:
    """How many artifacts a model's version has, and how many files the store has of these bytes or a part."""

    def count(model: str, content: bytes) -> tuple[int, int]:
        store = shared_server.place.home / "artifacts"
        whole = list(store.rglob(f"*{hashlib.sha256(content).hexdigest()}*"))
        parts = [path for path in (store / "incoming").glob("*") if path.stat().st_size]
        linked = send("GET", f"models/{model}/versions/1/artifacts/")["results"]
        return len(linked), len(whole) + len(parts)

    return count


def test_a_bar_follows_what_has_been_sent(
    open_page: Open, make_model: Callable[..., str], kept: Callable[[str, bytes], tuple[int, int]]
) -> None:
    model, content, page = make_model(0.9), uuid.uuid4().bytes * 100_000, open_page()
    slow_line(page, 1_000_000)
    begin(page, model, content, "weights")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("[data-upload-said]")).to_have_text(re.compile(r"^[1-9]\d? % sent$"))
    expect(dialog.locator("progress")).to_be_visible()
    expect(dialog.get_by_role("button", name="Upload and link")).to_be_disabled()  # it is sent once
    seen = page.evaluate("window.seen")
    expect(page.get_by_text("weights is stored and linked")).to_be_visible()
    shares = [share for share, _, _ in seen]
    assert shares == sorted(shares)
    assert all(
        shown and said == f"{round(100 * share)} % sent" for share, said, shown in seen if share < 0.99
    )
    assert kept(model, content) == (1, 1)


def test_a_refusal_is_told_at_its_field_and_keeps_nothing(
    open_page: Open, make_model: Callable[..., str], kept: Callable[[str, bytes], tuple[int, int]]
) -> None:
    model, content, page = make_model(0.9), uuid.uuid4().bytes, open_page()
    begin(page, model, content, "a/b")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Artifact")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_label("Artifact")).to_have_accessible_description(re.compile("It contains '/'"))
    expect(dialog.locator("progress")).to_be_hidden()
    expect(dialog.get_by_role("button", name="Upload and link")).to_be_enabled()
    assert kept(model, content) == (0, 0)
    dialog.get_by_label("Artifact").fill("a b")
    dialog.get_by_role("button", name="Upload and link").click()  # the file is still chosen
    expect(page.get_by_text("a b is stored and linked")).to_be_visible()
    assert kept(model, content) == (1, 1)


def test_an_upload_that_breaks_off_keeps_nothing(
    open_page: Open, make_model: Callable[..., str], kept: Callable[[str, bytes], tuple[int, int]]
) -> None:
    model, content, page = make_model(0.9), uuid.uuid4().bytes * 100_000, open_page()
    slow_line(page, 200_000)
    begin(page, model, content)
    expect(page.locator("[data-upload-said]")).to_have_text(re.compile(r"^[1-9]\d? % sent$"))
    page.reload()
    expect(page.get_by_text("Nothing is linked yet")).to_be_visible()
    assert kept(model, content) == (0, 0)
