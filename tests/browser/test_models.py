"""The pages of models and versions in a real Chromium: dialogs, search, charts, phones, both themes."""

import itertools
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.support import assert_accessible, assert_fits, assert_tables_fit

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def model(make_model: Callable[..., str], send: Callable[..., Any]) -> str:
    """A model with three versions: metrics, an artifact, a stage."""
    about = "Scores every **subscriber**.\n\nSee the [note](/models/)."
    name = make_model(0.91, 0.92, 0.905, description=about, tags=["risk", "tabular"])
    rows = {"artifact": f"rows_{name}", "uri": "s3://bucket/rows.csv", "size": 12}
    send("POST", f"models/{name}/versions/2/artifacts/", rows)
    for stage in ("staging", "production"):
        send("POST", f"models/{name}/versions/2/stage/", {"stage": stage, "reason": "the best so far"})
    for number, alias in enumerate(("challenger", "champion"), start=1):  # one below the other on a phone
        send("PUT", f"models/{name}/aliases/{alias}/", {"version": number})
    return name


def pages_of(name: str) -> list[str]:
    base = f"/models/{name}"
    version = f"{base}/versions/2"
    return [
        *(
            "/models/",
            "/models/?q=nothing_like_it",
            "/models/?deleted=1",
            "/models/new/",
            f"{base}/",
            f"{base}/?as=table",
        ),
        *(
            f"{base}/versions/",
            f"{base}/runs/",
            f"{base}/artifacts/",
            f"{base}/compare/",
            f"{base}/compare/?versions=1,2,3",
        ),
        *(
            f"{version}/",
            f"{version}/artifacts/",
            f"{version}/metadata/",
            f"{version}/link/",
            f"{base}/delete/",
        ),
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_fits(open_page: Open, model: str, width: int, dark: bool) -> None:
    page = open_page("/models/", width=width, dark=dark)
    for path in pages_of(model):
        page.goto(path)
        assert_accessible(page, touch=True)
        assert_fits(page)


def test_registering_in_the_dialog_keeps_what_was_typed_when_it_is_refused(open_page: Open) -> None:
    page = open_page("/models/")
    page.get_by_role("link", name="Register model").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("a/b")
    dialog.get_by_role("button", name="Side by side").click()
    dialog.get_by_label("Description").fill("It is **bold**.")
    expect(dialog.locator(".editor-preview strong")).to_have_text("bold")
    dialog.get_by_label("Tags").press_sequentially("one,two words,")
    dialog.get_by_role("button", name="Register model").click()
    expect(dialog.get_by_text("It contains '/'")).to_be_visible()
    expect(dialog.get_by_label("Description")).to_have_value("It is **bold**.")
    expect(dialog.locator(".tag-input .tag")).to_have_count(2)
    assert_accessible(page)
    name = f"dialog_{uuid.uuid4().hex[:8]}"
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Register model").click()
    page.wait_for_url(f"**/models/{name}/")
    expect(page.get_by_text(f"{name} is registered")).to_be_visible()
    expect(page.locator(".page-title .tag")).to_have_text(["one", "two words"])


def test_without_javascript_a_button_previews_and_enter_still_saves(open_page: Open) -> None:
    name = f"plain_{uuid.uuid4().hex[:8]}"
    page = open_page("/models/new/", javascript=False)
    page.get_by_label("Description").fill("It is **bold**.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".editor-preview strong")).to_have_text("bold")
    expect(page.get_by_label("Description")).to_have_value("It is **bold**.")
    assert_fits(page)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Name").press("Enter")
    page.wait_for_url(f"**/models/{name}/")


def test_a_dialog_closes_by_escape_and_by_cancel(open_page: Open) -> None:
    page = open_page("/models/")
    for close in ("Escape", "Cancel"):
        page.get_by_role("link", name="Register model").first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        if close == "Escape":
            page.keyboard.press("Escape")
        else:
            page.get_by_role("dialog").get_by_role("link", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_be_hidden()
        assert page.url.endswith("/models/")


def test_the_list_answers_while_one_types_and_the_address_holds_it(open_page: Open, model: str) -> None:
    page = open_page("/models/")
    page.get_by_role("searchbox", name="Search models by name or description").press_sequentially(
        model[:12], delay=20
    )
    expect(page.locator("#models-count")).to_have_text(re.compile(r", 1 matches\s*$"))
    expect(page.locator("#models-table tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(f"q={model[:12]}$"))
    page.reload()
    expect(page.locator("#models-table tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    expect(page.get_by_role("searchbox", name="Search models by name or description")).to_have_value("")


def test_typing_on_before_the_answer_is_no_error_on_the_console(open_page: Open, model: str) -> None:
    page, asked = open_page("/models/"), "**/models/?q=*"
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    page.route(asked, hold_the_first)
    find = page.get_by_role("searchbox", name="Search models by name or description")
    with page.expect_request(asked):
        find.fill("nobody")
    find.fill(model)  # gives the first up; the console is looked at when this test ends
    expect(page.locator("#models-count")).to_have_text(re.compile(r", 1 matches\s*$"))


def test_filters_and_columns_stay_in_the_address(open_page: Open, model: str) -> None:
    page = open_page("/models/")
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Stage", exact=True).select_option("production")
    page.get_by_label("Tag", exact=True).fill("risk")
    page.get_by_role("button", name="Show these models").click()
    expect(page.get_by_role("link", name=model)).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Owner", exact=True).last.uncheck()
    page.get_by_role("button", name="Show these columns").click()
    expect(page.get_by_role("columnheader", name="Owner")).to_have_count(0)
    assert "stage=production" in page.url
    assert "tag=risk" in page.url
    page.get_by_role("link", name="Remove the filter Tag").click()
    assert "tag=" not in page.url
    expect(page.get_by_role("columnheader", name="Owner")).to_have_count(0)


def test_the_chart_changes_in_place_and_back_returns(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/")
    card = page.locator("#model-chart")
    expect(card.get_by_role("link", name=re.compile("^Version 2: 0.92, production"))).to_be_visible()
    card.get_by_role("link", name="As table").click()
    expect(card.get_by_role("cell", name="0.92", exact=True)).to_be_visible()
    page.go_back()
    expect(card.locator("polyline")).to_be_visible()


def test_an_upload_in_the_dialog_ends_with_the_artifact_on_the_page(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/versions/3/")
    page.get_by_role("link", name="Upload").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File").set_input_files(
        {"name": "w.bin", "mimeType": "", "buffer": b"\0" * 3_000_000}
    )
    dialog.get_by_label("Kind").select_option("model")
    dialog.get_by_role("button", name="Upload and link").click()
    expect(page.get_by_text("w.bin is stored and linked")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("w.bin.*3.0 MB"))).to_be_visible()


def test_a_promotion_is_undone_from_its_toast(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/versions/3/")
    page.get_by_role("button", name="Move to staging").click()
    page.get_by_role("button", name="Move 3 to staging").first.click()
    expect(page.locator(".page-title").get_by_text("Staging")).to_be_visible()
    page.locator("#toasts").get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Restore these stages").click()
    expect(page.locator("#toasts")).to_contain_text("3 is in no stage again")
    page.goto(f"/models/{model}/versions/3/")
    expect(page.locator(".page-title .badge")).to_have_text("New")


def test_versions_are_selected_and_compared(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/")
    page.get_by_label("Select version 1").check()
    page.get_by_label("Select version 2").check()
    page.get_by_role("button", name="Compare selected").click()
    expect(page.get_by_text("Baseline 2")).to_be_visible()
    expect(page.get_by_text("−0.01 worse")).to_be_visible()
    page.get_by_role("switch", name="Only differences").click()
    expect(page).to_have_url(re.compile("differences=1"))
    expect(page.get_by_role("switch", name="Only differences")).to_be_checked()
    expect(page.get_by_role("switch", name="Only differences")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("switch", name="Only differences")).not_to_be_checked()


def test_only_differences_without_javascript(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/compare/?versions=1,2", javascript=False)
    page.get_by_role("switch", name="Only differences").check()
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("differences=1"))
    expect(page.get_by_role("switch", name="Only differences")).to_be_checked()
    expect(page.get_by_text("hidden")).to_be_visible()


def test_five_versions_are_compared_without_scrolling_sideways(
    open_page: Open, make_model: Callable[..., str], send: Callable[..., Any]
) -> None:
    model = make_model(0.91, 0.92, 0.905, -16216.25, 0.93)
    send("PATCH", f"models/{model}/versions/5/metadata/", {"metadata": {"k" * 200: "v" * 900}})
    page = open_page("/models/")
    for width in (1440, 1000, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/models/{model}/compare/?versions=1,2,3,4,5")
        assert_tables_fit(page)
        assert_fits(page)
        hidden = page.locator(".compare-t :is(th,td)").evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"
        )
        assert not hidden, f"at {width}: {hidden}"
    line = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile("^auc")))
    boxes = [cell.bounding_box() or {} for cell in line.get_by_role("cell").all()]
    assert len(boxes) == 5  # a fact is a block with its values below each other, and still a row of a table
    assert all(above["y"] < below["y"] for above, below in itertools.pairwise(boxes))
    assert_accessible(page)


def test_the_code_to_load_changes_its_language_by_the_keyboard(open_page: Open, model: str) -> None:
    page = open_page(f"/models/{model}/versions/2/", javascript=False)
    expect(page.get_by_text(f'ModelVersion("{model}", "production")')).to_be_visible()
    page.get_by_label("Python", exact=True).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text(f"modelcp model version describe {model} production")).to_be_visible()


def test_words_without_a_space_stay_within_the_page(open_page: Open) -> None:
    name, word = f"long_{uuid.uuid4().hex[:8]}{'W' * 100}", "W" * 200
    page = open_page("/models/new/", javascript=False, width=390)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Tags").fill(word)
    page.get_by_role("button", name="Register model").click()
    page.goto(f"/models/{name}/new-version/")
    page.get_by_label("Name").fill(word)
    page.get_by_role("button", name="Make version").click()
    page.goto(f"/models/{name}/versions/1/metadata/add/")
    page.get_by_label("Key").fill(word)
    page.get_by_label("Value").fill(word * 50)
    page.get_by_role("button", name="Log value").click()
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        version = f"/models/{name}/versions/1/"
        for path in (f"/models/{name}/", version, f"{version}plan/?to=production", f"/search/?q={word}"):
            page.goto(path)
            assert_fits(page)
        for path in (f"/models/?q={name}", f"/tags/?q={word}", "/settings/people/"):
            page.goto(path)
            assert_tables_fit(page)


def test_marks_of_direction_turn_no_words_around_a_name(open_page: Open) -> None:
    name = f"turned_{uuid.uuid4().hex[:8]}\u202e"
    page = open_page("/models/new/", javascript=False)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Register model").click()
    page.goto("/events/")
    sentence = page.locator(".what", has_text=name).first
    assert sentence.locator("b,a").first.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"
