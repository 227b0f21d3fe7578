"""The list of models: searched, filtered, paged, in chosen columns."""

import re

import pytest
from django.test import Client

from registry.services import catalog
from registry.services.actors import Actor
from tests.pages.catalog_world import (
    HTMX,
    make_model,
    promote,
)
from tests.pages.facts_world import text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"alpha", "beta", "gamma"}),
        ("q=ALPH", {"alpha"}),
        ("q=needle", {"beta"}),
        ("tag=risk", {"alpha"}),
        ("stage=production", {"alpha"}),
        ("stage=not:production", {"beta", "gamma"}),
        ("stage=none", {"beta", "gamma"}),
        ("owner=mira", {"alpha", "beta", "gamma"}),
        ("q=%25", set()),
        ("q=zzz", set()),
    ],
)
def test_the_list_is_searched_and_filtered(
    client: Client, admin: Actor, query: str, expected: set[str]
) -> None:
    make_model(admin, "alpha", tags=["risk"])
    make_model(admin, "beta", card={"description": "holds the needle"})
    make_model(admin, "gamma", many=0)
    promote(admin, "alpha", 1)
    page = text(client, f"/models/?{query}")
    assert {name for name in ("alpha", "beta", "gamma") if f'href="/models/{name}/"' in page} == expected
    if not expected:
        assert "No model matches" in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "22 models"),
        ("q=M0", "22 models, 21 match"),
        ("q=other", "22 models, 1 matches"),
        ("tag=risk", "20 shown"),
        ("tag=rare", "1 matches"),
    ],
)
def test_what_matches_is_counted_beside_all_there_are(
    client: Client, admin: Actor, query: str, said: str
) -> None:
    for number in range(21):
        catalog.create_model(actor=admin, name=f"m{number:03}", tags=["risk"])
    catalog.create_model(actor=admin, name="other", tags=["rare"])
    count = re.search(r'id="models-count"[^>]*>([^<]*)<', text(client, f"/models/?{query}"))
    assert count
    assert count[1].strip() == said


def test_the_list_empty_tells_how_to_fill_it(client: Client) -> None:
    page = text(client, "/models/")
    assert "No models yet" in page
    assert "modelcp model register" in page


def test_a_search_as_you_type_gets_the_table_and_the_count_alone(client: Client, admin: Actor) -> None:
    make_model(admin, "alpha")
    page = text(client, "/models/?q=alp", **{**HTMX, "HX-Target": "models-table"})
    assert "<html" not in page
    assert 'href="/models/alpha/"' in page
    assert 'id="models-count"' in page
    assert 'hx-swap-oob="true"' in page


@pytest.mark.parametrize(
    "query", ["sort=nope", "cursor=%%%", "before=xx", "stage=prod", "cursor=eyJ", "sort=-name&cursor=abc"]
)
def test_a_query_that_isnt_understood_says_so(client: Client, admin: Actor, query: str) -> None:
    make_model(admin)
    assert client.get(f"/models/?{query}").status_code == 400


def test_pages_of_the_list_lead_both_ways_without_a_gap(client: Client, admin: Actor) -> None:
    for number in range(60):
        catalog.create_model(actor=admin, name=f"m{number:03}")
    seen: list[str] = []
    path = "/models/?sort=name"
    for _ in range(3):
        page = text(client, path)
        names = re.findall(r'href="/models/(m\d+)/"', page)
        seen += names
        older = re.search(r'href="([^"]+)" rel="next"', page)
        path = older.group(1).replace("&amp;", "&") if older else ""
    assert seen == [f"m{number:03}" for number in range(60)]
    assert not path
    newer = re.search(r'href="([^"]+)" rel="prev"', page)
    assert newer
    back = text(client, newer.group(1).replace("&amp;", "&"))
    assert re.findall(r'href="/models/(m\d+)/"', back) == [f"m{number:03}" for number in range(20, 40)]
    first = re.search(r'href="([^"]+)" rel="prev"', back)
    assert first
    start = text(client, first.group(1).replace("&amp;", "&"))
    assert re.findall(r'href="/models/(m\d+)/"', start)[0] == "m000"
    assert 'rel="prev"' not in start


def test_chosen_columns_are_shown_and_kept_in_links(client: Client, admin: Actor) -> None:
    make_model(admin)
    page = text(client, "/models/?columns=owner&columns=created")
    assert ">Owner</th>" in page
    assert "Key metric</th>" not in page
    assert "columns=owner&amp;columns=created" in page


def test_a_model_that_is_not_there_is_told_with_the_command_as_code(client: Client) -> None:
    told = client.get("/models/nope/", HTTP_ACCEPT="text/html")
    assert told.status_code == 404
    assert "<code>modelcp model list</code> shows the models there are." in told.content.decode()
