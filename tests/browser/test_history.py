"""The history in a browser: words of a reason, and a kept checkpoint held against it."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from modelcp.checkpoints import make_key, sign
from modelcp.client import Client
from modelcp.config import Config
from modelcp.connection import Connection
from tests.browser.support import assert_accessible, assert_fits
from tests.support.programs import Server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def client(shared_server: Server) -> Client:
    return Client(connection=Connection(Config(shared_server.url, shared_server.token("history"))))


@pytest.mark.parametrize(
    ("width", "dark", "javascript"), [(1440, False, True), (390, True, True), (390, False, False)]
)
def test_a_reason_is_found_and_a_checkpoint_checked(
    open_page: Open, client: Client, tmp_path: Path, width: int, dark: bool, javascript: bool
) -> None:
    name = f"history-{uuid.uuid4().hex[:8]}"
    client.create_model(name)
    client.create_model_version(name)
    client.promote(name, 1, "production", reason=f"Because of {name}")
    make_key(tmp_path / "key")
    file = tmp_path / "kept.json"
    file.write_text(sign(client.checkpoint_events(), tmp_path / "key"))
    client.promote(name, 1, "archived")

    page = open_page(width=width, dark=dark, javascript=javascript)
    page.goto("/events/")
    page.get_by_label("Words of the reason").fill(f"because of {name}")
    page.get_by_label("Words of the reason").press("Enter")
    expect(page.locator("td.what")).to_have_count(1)
    assert_fits(page)
    page.get_by_role("link", name="Check a checkpoint").click()
    check(page, file)
    expect(page.get_by_text("The history agrees to event")).to_be_visible()
    assert_fits(page)
    if javascript:
        assert_accessible(page)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_whatever_a_checkpoint_is_told_is_accessible(
    open_page: Open, client: Client, tmp_path: Path, width: int, dark: bool
) -> None:
    make_key(tmp_path / "key")
    told = client.checkpoint_events()
    other = {**told, "heads": [{**head, "hash": "0" * 64} for head in told["heads"]]}
    kept, forged, none = (tmp_path / name for name in ("kept.json", "forged.json", "none.json"))
    kept.write_text(sign(told, tmp_path / "key"))
    forged.write_text(sign(other, tmp_path / "key"))
    none.write_text("[]")
    page = open_page("/events/checkpoint/", width=width, dark=dark)
    for file, said in (
        (none, "no checkpoint"),
        (forged, "isn't what the checkpoint holds"),
        (kept, "The history agrees to event"),
    ):
        check(page, file)
        expect(page.locator("form").get_by_text(said)).to_be_visible()
        assert_accessible(page)
        assert_fits(page)


def check(page: Page, file: Path) -> None:
    """Holds a file against the history."""
    page.get_by_label("Checkpoint", exact=True).set_input_files(file)
    page.get_by_role("button", name="Check", exact=True).click()
