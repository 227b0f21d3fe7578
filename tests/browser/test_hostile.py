"""Hostile text wherever people and programs write, in a real Chromium: it neither runs nor breaks a page."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from registry.rules.direction import turns
from tests.browser.hostile_world import LINK, TEXT, TURN, HostileWorld
from tests.browser.support import assert_fits
from tests.support.programs import Server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
TURNED = Path(__file__).with_name("turned.js").read_text()
ACTIVE = "main script, main [onerror], main [onload], a[href^='javascript:' i], [src^='javascript:' i]"
ISOLATE = re.compile("\u2068[^\u2066-\u2069]*\u2069")
# What names things without being text of the page: no element can isolate a part of it.
LABELS = """[...document.querySelectorAll("main :is([title],[aria-label],[alt]), main svg title")].flatMap(
    (one) => [one.getAttribute("title"), one.getAttribute("aria-label"), one.getAttribute("alt"),
              one.matches("svg title") ? one.textContent : null].filter(Boolean))"""
WEIGHT = 60_000  # bytes of a page


@pytest.fixture(scope="module")
def world(shared_server: Server) -> HostileWorld:
    made = HostileWorld(shared_server, shared_server.token("hostile"))
    made.fill()
    return made


def turned_label(label: str, hostile: list[str]) -> bool:
    """Whether a hostile text turns other words of a label round: they follow it, and it isn't isolated."""
    rest = ISOLATE.sub("", label)
    start = next((at for at, sign in enumerate(rest) if turns(sign)), len(rest))
    return not any(all(part in text for part in rest[start:].split("…")) for text in hostile)


def problems_of(page: Page, world: HostileWorld, address: str) -> list[str]:
    """What is wrong with a page; what its console said fails the test by itself."""
    answer = page.goto(address)
    assert answer is not None
    weight, found = len(answer.body()), []
    if answer.status != 200 or (
        weight > WEIGHT and not address.endswith("/edit/")
    ):  # it holds what it changes
        found.append(f"answers {answer.status} with {weight:,} bytes")
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        try:
            assert_fits(page)
        except AssertionError as wide:
            found.append(str(wide)[-60:])
    if page.evaluate("window.ran") is not None or page.locator(ACTIVE).count():
        found.append("runs what was written")
    hostile = [TEXT, TEXT.replace(LINK, "go"), world.long, f"{TURN}{'w' * 1900}"]
    hostile += [text.replace("\u2069", "") for text in hostile]  # as it is put into an isolate
    turned = page.evaluate(f"({TURNED})({json.dumps(hostile)})")
    if turns(ISOLATE.sub("", page.title())):
        found.append(f"turns its title {page.title()!r}")
    found += [f"turns round in {label!r}" for label in page.evaluate(LABELS) if turned_label(label, hostile)]
    return [*found, *(f"turns round {before!r} + {after!r}" for before, after in turned)]


def test_hostile_text_neither_runs_nor_breaks_a_page(open_page: Open, world: HostileWorld) -> None:
    page = open_page("/")
    problems = [f"{at}: {one}" for at in world.pages() for one in problems_of(page, world, at)]
    assert not problems, "\n".join(problems)


def test_an_unending_word_holds_nobody_up(open_page: Open, world: HostileWorld) -> None:
    """Laying the page out again takes no longer than its word has places to break."""
    page = open_page(f"/{world.model}")
    assert page.locator("main .prose wbr").count() > 50
    page.get_by_role("link", name="The whole card").click()
    expect(page.locator("main .prose wbr")).to_have_count(len(TEXT.split()[-1]) // 100 - 1)


def test_a_hostile_gate_is_refused_as_it_was_typed(open_page: Open, world: HostileWorld) -> None:
    page = open_page(f"/{world.model}gates/", width=390)
    page.get_by_label("Gates before staging").fill(TEXT[:1900])
    page.get_by_role("button", name="Save gates before staging").click()
    expect(page.get_by_role("alert")).to_contain_text("is no gate")
    assert page.locator(ACTIVE).count() == 0
    assert page.evaluate("window.ran") is None
    assert_fits(page)
