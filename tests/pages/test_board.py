"""The boards: which card is in which column, what it says, where its moves lead, what asking again gets."""

import html
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import ModelVersion, StepRun
from registry.rules.ids import new_id
from registry.selectors.board import FIRST
from registry.selectors.catalog import find_model
from registry.services import catalog, versions
from registry.services.actors import Actor
from tests.pages.board_world import ASK, BOARD, card, mark, said
from tests.pages.catalog_world import HOSTILE, browser, log, made_by_run, make_model, person, promote
from tests.pages.facts_world import text

pytestmark = pytest.mark.django_db
QUERIES = 12


def lanes(page: str) -> dict[str, list[int]]:
    """The numbers of the cards by column, in the order that they are shown."""
    parts = re.split(r'data-lane="(\w+)"', page)[1:]
    return {
        name: [int(number) for number in re.findall(r'<li class="vcard"[^>]*data-number="(\d+)"', body)]
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


def many_archived(model: str, count: int, stage: str | None = "archived") -> None:
    """Versions that were put away long ago: written at once, for a promotion each would take minutes."""
    found = find_model(model)
    start = found.last_number + 1
    rows = [
        ModelVersion(model=found, number=number, name=str(number), stage=stage, created_at=timezone.now())
        for number in range(start, start + count)
    ]
    ModelVersion.objects.bulk_create(rows)
    found.last_number = start + count - 1
    found.version_count += count
    found.save()


def test_each_version_is_in_the_column_of_its_stage(client: Client, admin: Actor) -> None:
    make_model(admin, many=6)
    promote(admin, "churn", 1)
    promote(admin, "churn", 2)
    promote(admin, "churn", 3, "staging")
    promote(admin, "churn", 4, "archived")
    page = text(client, BOARD)
    assert lanes(page) == {"new": [6, 5], "staging": [3], "production": [2], "archived": [4, 1]}
    assert "no drop: only undo returns here" in page


def test_a_card_compares_its_metrics_with_the_holder(client: Client, admin: Actor) -> None:
    make_model(admin, many=3)
    for number, loss in ((1, 0.5), (2, 0.4)):
        log(admin, "churn", number, {"metrics": {"loss": loss, "zeta": 4}})
    promote(admin, "churn", 1)
    page = text(client, BOARD)
    told = said(card(page, 2))
    assert "auc 0.902 +0.001 better" in told
    assert "loss 0.4 −0.1 better" in told
    assert "zeta 4 0 same" in told
    assert "auc 0.901 holder" in said(card(page, 1))
    assert "loss missing" in said(card(page, 3))
    assert "auc over 2 versions" in card(page, 2)
    assert "mira" in told


def test_at_most_three_metrics_are_shown_and_can_be_chosen(client: Client, admin: Actor) -> None:
    make_model(admin, many=1)
    log(admin, "churn", 1, {"metrics": {"a": 1, "b": 2, "c": 3, "d": 4}})
    assert len(re.findall("<dt", card(text(client, BOARD), 1))) == 3
    chosen = card(text(client, f"{BOARD}?columns=d&columns=b"), 1)
    assert re.findall(r"<dt[^>]*>(\w)</dt>", chosen) == ["b", "d"]


def test_the_menu_leads_to_the_plan_and_says_what_a_move_does(client: Client, admin: Actor) -> None:
    make_model(admin, many=2)
    promote(admin, "churn", 1)
    menu = card(text(client, BOARD), 2)
    action = re.search(r'<form[^>]* action="([^"]+)"', menu)
    assert action
    assert action[1] == "/models/churn/versions/2/plan/"
    assert re.findall(r'name="to" value="(\w+)"', menu) == ["staging", "production", "archived"]
    assert "1 would be archived" in menu
    plan = text(client, action[1] + "?to=production")
    assert "Promote" in plan
    assert ModelVersion.objects.get(number=2).stage is None


@pytest.mark.parametrize(
    ("role", "refused"),
    [("viewer", {"staging", "production", "archived"}), ("contributor", {"production"}), ("promoter", set())],
)
def test_who_may_not_move_sees_it_disabled_with_the_reason(
    admin: Actor, role: str, refused: set[str]
) -> None:
    make_model(admin, many=1)
    page = text(browser(person("pia", role)), BOARD)
    buttons = re.findall(r'<button[^>]*value="(\w+)"(.*?)</button>', card(page, 1))
    assert {stage for stage, rest in buttons if "disabled" in rest} == refused
    assert all("needs the role" in rest for stage, rest in buttons if stage in refused)
    assert ("is-still" in page) == (role == "viewer")
    assert ("Moving a version needs the role contributor." in page) == (role == "viewer")


def test_asking_again_is_answered_only_when_something_changed(client: Client, admin: Actor) -> None:
    make_model(admin, many=2)
    page = text(client, BOARD)
    again = f"{BOARD}?seen={mark(page)}"
    text(client, again, 204, **ASK)
    promote(admin, "churn", 2, "staging")
    moved = text(client, again, **ASK)
    assert "<html" not in moved
    assert lanes(moved)["staging"] == [2]
    assert 'id="board-holders" hx-swap-oob="true"' in moved
    assert "seen=" not in moved, "the next question asks with the new mark alone"
    text(client, f"{BOARD}?seen={mark(moved)}", 204, **ASK)


@pytest.mark.parametrize("path", [BOARD, "/board/"])
def test_a_run_that_goes_on_is_news_without_an_event(client: Client, admin: Actor, path: str) -> None:
    make_model(admin, many=2)
    made_by_run(admin, "churn", 1)
    run = made_by_run(admin, "churn", 2, "running")
    page = text(client, path)
    assert 'max="2"' in card(page, 2)
    again = f"{path}?seen={mark(page)}"
    text(client, again, 204, **ASK)
    run.steps.filter(name="load").update(status="completed")
    halfway = text(client, again, **ASK)
    assert 'value="1" max="2"' in card(halfway, 2)
    assert "running train" in said(card(halfway, 2))
    run.steps.filter(name="train").update(status="failed")
    type(run).objects.filter(id=run.id).update(status="failed")
    over = text(client, f"{path}?seen={mark(halfway)}", **ASK)
    assert "run failed in train" in said(card(over, 2))


def test_thousands_of_archived_versions_are_a_few_and_a_link(client: Client, admin: Actor) -> None:
    make_model(admin, many=1)
    promote(admin, "churn", 1)
    many_archived("churn", 3000)
    many_archived("churn", 25, None)
    page = text(client, BOARD)
    found = lanes(page)
    assert found["archived"] == list(range(3001, 3001 - FIRST, -1))
    assert found["new"] == list(range(3026, 3026 - FIRST, -1))
    assert "All 3,000 archived" in page
    assert "All 25 new" in page
    assert "/models/churn/versions/?stage=none" in page
    older = text(client, f"{BOARD}?archived={3002 - FIRST}&new=3007")
    assert lanes(older)["archived"] == list(range(3001 - FIRST, 3001 - 2 * FIRST, -1))
    assert lanes(older)["new"] == list(range(3006, 3001, -1))
    assert lanes(older)["production"] == [1]


@pytest.mark.parametrize("place", ["x", "-1", "1" * 30, "１"])
def test_a_place_that_is_no_number_is_refused(client: Client, admin: Actor, place: str) -> None:
    make_model(admin)
    assert "is the number of a version" in html.unescape(text(client, f"{BOARD}?archived={place}", 422))


def test_the_board_of_all_models_shows_each_ones_cards(client: Client, admin: Actor) -> None:
    for name in ("churn", "ltv"):
        make_model(admin, name, many=2)
        promote(admin, name, 1)
    make_model(admin, "gone")
    catalog.delete_model(actor=admin, model="gone", confirm="gone")
    page = text(client, "/board/")
    assert lanes(page) == {"new": [2, 2], "staging": [], "production": [1, 1], "archived": []}
    assert "/models/ltv/versions/2/plan/" in page
    assert "gone" not in page
    again = f"/board/?seen={mark(page)}"
    text(client, again, 204, **ASK)
    promote(admin, "ltv", 2)
    moved = text(client, again, **ASK)
    assert lanes(moved)["archived"] == [1]
    assert 'href="/board/"' in text(client, BOARD), "the sidebar leads to it"


def test_an_empty_board_says_what_it_will_show(client: Client, admin: Actor) -> None:
    assert "Versions show here when they are made." in text(client, "/board/")
    catalog.create_model(actor=admin, name="churn")
    assert "Versions show here when they are made." in text(client, BOARD)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(client: Client, admin: Actor, name: str) -> None:
    make_model(admin, name, many=2)
    log(admin, name, 2, {"metrics": {name: 2}})
    versions.update_version(actor=admin, model=name, version=2, name=f"{name}x")
    for path in (f"/models/{quote(name)}/board/", "/board/"):
        page = text(client, path)
        assert "<script>alert" not in page
        assert lanes(page)["new"] == [2, 1]


def test_unknown_models_and_strangers(client: Client) -> None:
    text(client, "/models/nope/board/", 404)
    text(client, "/models/nope/board/?seen=x", 404, **ASK)
    assert Client().get("/board/").status_code == 302


@pytest.mark.parametrize("path", [BOARD, "/board/"])
def test_queries_are_few_and_dont_grow(client: Client, admin: Actor, path: str) -> None:
    def asked(address: str, **headers: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(address, headers=headers)
        return len(queries)

    make_model(admin)
    promote(admin, "churn", 1)
    asked(path)  # the first page of a session writes the token of its forms
    few = asked(path)
    for number in range(4):
        make_model(admin, f"m{number}", many=3)
        promote(admin, f"m{number}", 1)
    many_archived("churn", 60)
    for number in (2, 3):
        if number == 3:
            versions.create_version(actor=admin, model="m0")
        run = made_by_run(admin, "churn" if number == 2 else "m0", number, "running")
        StepRun.objects.create(id=new_id(), run=run, name="late", position=2, status="running")
    many = asked(path)
    assert many <= few <= QUERIES
    assert asked(f"{path}?seen={mark(text(client, path))}", **ASK) <= 5
