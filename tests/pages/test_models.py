"""The pages of models: the list, registering, the model's page, its card, tags, aliases, deletion."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from registry.models import Model
from registry.selectors.catalog import alive_models
from registry.selectors.catalog_rows import model_rows
from registry.services import metadata, versions
from registry.services.actors import Actor
from tests.pages.catalog_world import (
    HOSTILE,
    HTMX,
    browser,
    link,
    log,
    made_by_run,
    make_model,
    person,
    promote,
)
from tests.pages.facts_world import text

pytestmark = pytest.mark.django_db


def test_nobody_sees_a_page_without_signing_in() -> None:
    for path in ("/models/", "/models/new/", "/models/x/", "/models/x/versions/1/", "/complete/tags/"):
        answer = Client().get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")


def test_a_license_that_is_too_long_is_refused_at_its_field(client: Client, admin: Actor) -> None:
    answer = client.post("/models/new/", {"name": "long", "license": "x" * 256})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "at most 255 characters, not 256" in page
    assert page.index('name="license"') < page.index("at most 255 characters")
    assert not Model.objects.filter(name="long").exists()
    make_model(admin, "short")
    assert client.post("/models/short/edit/", {"name": "short", "license": "x" * 256}).status_code == 422


def test_a_model_registered_by_form_has_all_that_was_typed(client: Client, admin: Actor) -> None:
    typed = {
        "name": "by_hand",
        "license": "MIT",
        "description": "Made in the **browser**.",
        "audience": "Everyone",
        "ethics": "None harmed",
        "tags": "risk, tabular,",
        "tag": "a, comma",
    }
    answer = client.post("/models/new/", typed)
    assert answer["Location"] == "/models/by_hand/"
    page = text(client, "/models/by_hand/")
    assert "<strong>browser</strong>" in page
    assert "by_hand is registered" in page
    row = model_rows(alive_models().filter(name="by_hand"))[0]
    assert (row["license"], row["audience"], row["ethics"]) == ("MIT", "Everyone", "None harmed")
    assert row["tags"] == ["a, comma", "risk", "tabular"]
    assert row["owner"] == admin.name


@pytest.mark.parametrize("name", ["a/b", "new", "", " x", "x" * 256, ".."])
def test_a_name_that_isnt_allowed_is_refused_at_its_field_and_kept(client: Client, name: str) -> None:
    answer = client.post(
        "/models/new/", {"name": name, "license": "MIT", "description": "kept", "tags": "t1"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(r'<input[^>]+name="name"[^>]*is-invalid', page)
    assert 'id="id_name_error"' in page
    assert "kept" in page
    assert "t1" in page
    assert not Model.objects.exists()


def test_a_refused_name_comes_with_one_that_is_allowed(client: Client) -> None:
    page = client.post("/models/new/", {"name": "churn/gbm v2"}).content.decode()
    assert "churn_gbm_v2" in page


def test_a_taken_name_is_told_at_the_field(client: Client, admin: Actor) -> None:
    make_model(admin, "churn")
    answer = client.post("/models/new/", {"name": "churn"})
    assert answer.status_code == 422
    assert "taken" in answer.content.decode()


def test_a_license_too_long_or_with_nul_is_refused_and_nothing_breaks(client: Client) -> None:
    for typed in ("x" * 256, "a\0b"):
        answer = client.post("/models/new/", {"name": "x", "license": typed})
        assert answer.status_code == 422
        assert 'id="id_license_error"' in answer.content.decode()


def test_a_dialog_gets_the_form_alone_and_goes_on_by_a_header(client: Client) -> None:
    dialog = {**HTMX, "HX-Target": "dialog"}
    form = text(client, "/models/new/", **dialog)
    assert "<html" not in form
    assert 'id="dialog_name"' in form
    refused = client.post("/models/new/", {"name": "a/b"}, headers=dialog)
    assert refused.status_code == 422
    assert "<html" not in refused.content.decode()
    done = client.post("/models/new/", {"name": "ok"}, headers=dialog)
    assert done.status_code == 204
    assert done["HX-Redirect"] == "/models/ok/"


def test_a_viewer_is_refused_with_the_role_it_needs(admin: Actor) -> None:
    make_model(admin, "churn")
    viewer = browser(person("vera", "viewer"))
    for form in ("/models/new/", "/models/churn/edit/", "/models/churn/versions/1/link/", "/tags/new/"):
        assert "it needs the role contributor to change anything" in text(viewer, form, 403)
    answer = viewer.post("/models/new/", {"name": "x"})
    assert answer.status_code == 422
    assert "contributor" in answer.content.decode()
    page = text(viewer, "/models/churn/")
    assert "New version" not in page
    assert viewer.post("/models/churn/tags/", {"tags": "x"}).status_code == 403
    assert viewer.post("/models/churn/delete/", {"confirm": "churn"}).status_code == 422


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_text_and_their_links_work(
    client: Client, admin: Actor, name: str
) -> None:
    make_model(admin, name, many=2, card={"description": f"# {name}\n<b>raw</b>"}, tags=[name])
    promote(admin, name, 1)
    link(admin, name, 1, name)
    log(admin, name, 1, {"metrics": {name: 1.5}, name: {"<i>": "<u>"}})
    base = f"/models/{quote(name)}/"
    for path in (
        "",
        "versions/",
        "versions/1/",
        "versions/1/metadata/",
        "versions/1/artifacts/",
        "runs/",
        "artifacts/",
        "edit/",
        "delete/",
        "alias/",
        "new-version/",
        "compare/?versions=1,2",
        "versions/1/edit/",
    ):
        page = text(client, base + path)
        assert "<script>alert" not in page
        assert "<b>raw</b>" not in page
        assert "<u>" not in page
    listed = text(client, "/models/")
    assert reverse("model", args=[name]) in listed.replace("&amp;", "&").replace("&#x27;", "'")
    assert "<script>alert" not in listed


def test_a_card_without_end_shows_its_beginnings_and_all_of_it_when_asked(
    client: Client, admin: Actor
) -> None:
    fields = ("description", "audience", "use_cases", "limitations", "trade_offs", "ethics")
    make_model(admin, "long", card={field: f"{field} {'|a' * 20_000} end of {field}" for field in fields})
    versions.update_version(actor=admin, model="long", version=1, description="word " * 10_000 + "end of it")
    for path, ask in (("/models/long/", "card"), ("/models/long/versions/1/", "about")):
        page = text(client, path)
        assert len(page.encode()) < 60_000
        assert "end of" not in page
        assert f'"?{ask}=whole#' in page
        whole = text(client, f"{path}?{ask}=whole")
        assert f'"?{ask}=whole#' not in whole
        for field in fields if ask == "card" else ("it",):
            assert f"end of {field}" in whole
    make_model(admin, "short", card={field: f"It is {field}. " * 30 for field in fields})
    assert "The whole card" not in text(client, "/models/short/")


def test_what_was_done_is_told_without_being_turned_round(client: Client, admin: Actor) -> None:
    client.post("/models/new/", {"name": "a\u202eb"})
    assert "\u2068a\u202eb\u2069 is registered" in text(client, "/models/")


def test_an_unknown_model_is_404_and_names_those_near(client: Client, admin: Actor) -> None:
    make_model(admin, "churn_gbm")
    page = text(client, "/models/churn/", 404)
    assert "churn_gbm" in page


QUERIES = 12


@pytest.mark.parametrize(
    "path",
    [
        "/models/",
        "/models/?q=m&tag=t&stage=production",
        "/models/m1/",
        "/models/m1/versions/",
        "/models/m1/runs/",
        "/models/m1/artifacts/",
        "/models/m1/compare/?versions=1,2,production",
        "/models/m1/versions/1/",
        "/models/m1/versions/1/metadata/",
        "/models/m1/versions/1/artifacts/",
        "/models/m1/edit/",
    ],
)
def test_queries_are_few_and_dont_grow(
    client: Client, admin: Actor, path: str, django_assert_max_num_queries: Any
) -> None:
    def grow(start: int, end: int) -> None:
        for number in range(start, end):
            name = make_model(admin, f"m{number}", many=3, tags=["t", f"t{number}"])
            promote(admin, name, 2)
            for version in range(1, 4):
                link(admin, name, version, f"data{version}")
                made_by_run(admin, name, version)

    grow(1, 2)
    text(client, path)  # a session's first page also stores the token of its forms
    with django_assert_max_num_queries(QUERIES) as few:
        text(client, path)
    grow(2, 6)
    for _ in range(8):
        made = versions.create_version(actor=admin, model="m1")[0].number
        log(admin, "m1", made, {"metrics": {f"x{made}": 1.0}})
        link(admin, "m1", 1, f"more{made}")
        made_by_run(admin, "m1", made)
        metadata.log_version_metadata(actor=admin, model="m1", version=1, metadata={f"k{made}": made})
    with django_assert_max_num_queries(QUERIES) as many:
        text(client, path)
    assert len(many) <= len(few)


def test_the_preview_is_what_the_page_will_show(client: Client) -> None:
    answer = client.post("/models/new/preview/", {"description": "**b** <script>x</script>"}).content.decode()
    assert "<strong>b</strong>" in answer
    assert "<script>" not in answer


def test_completion_offers_what_holds_the_words(client: Client, admin: Actor) -> None:
    make_model(admin, "churn", tags=["monthly", "monitoring", "risk"])
    page = text(client, "/complete/tags/?as=chips&q=risk,%20mon")
    assert 'data-tag="monthly"' in page
    assert 'data-tag="risk"' not in page
    assert '<option value="mira">' in text(client, "/complete/people/?q=a")
    link(admin, "churn", 1, "weights")
    assert '<option value="weights">' in text(
        client, "/complete/artifacts/?artifact=wei", **{**HTMX, "HX-Trigger-Name": "artifact"}
    )
    assert client.get("/complete/secrets/").status_code == 404


def test_the_chart_shows_the_metric_asked_for_as_chart_and_as_table(client: Client, admin: Actor) -> None:
    make_model(admin, "churn", many=3)
    log(admin, "churn", 2, {"metrics": {"loss": 0.3}})
    promote(admin, "churn", 2)
    page = text(client, "/models/churn/")
    assert "auc by version" in page
    assert 'aria-label="Version 2: 0.902, production"' in page
    assert "loss by version" in text(client, "/models/churn/?metric=loss")
    table = text(client, "/models/churn/?as=table")
    assert "<polyline" not in table
    assert "0.902" in table
    assert "auc by version" in text(client, "/models/churn/?metric=nope")


def test_the_versions_stand_against_the_holder_with_words(client: Client, admin: Actor) -> None:
    make_model(admin, "churn", many=3)
    promote(admin, "churn", 2)
    page = text(client, "/models/churn/")
    assert "against 2" in page
    assert "+0.001 better" in page
    assert "−0.001 worse" in page
    assert ">holder<" in page
