"""The page of a promotion plan: what it draws, confirming it, stale and refused plans."""

import html
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.models import Event, ModelVersion, RunVersion, Tenure
from registry.selectors.catalog import find_model, find_version
from registry.services.actors import Actor
from tests.pages.catalog_world import HOSTILE, browser, link, log, made_by_run, make_model, person, promote

pytestmark = pytest.mark.django_db
PLAN = "/models/churn/versions/2/plan/"


@pytest.fixture
def client(admin: Actor) -> Client:
    """A model whose first version is in production, the second in staging; signed in as an administrator."""
    make_model(admin)
    for number in (1, 2):
        made_by_run(admin, "churn", number)
    promote(admin, "churn", 1)
    promote(admin, "churn", 2, "staging")
    return browser(admin)


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content[-2000:]
    return plain(answer.content.decode())


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def form(client: Client, path: str) -> dict[str, str]:
    """What the plan's form would post."""
    page = client.get(path).content.decode()
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    fields = {name: html.unescape(value) for name, value in found}
    assert {"to", "plan", "drawn"} <= set(fields)
    return fields


def stages_now() -> dict[int, Any]:
    return dict(ModelVersion.objects.values_list("number", "stage"))


def test_a_plan_shows_both_sides_and_what_would_happen(client: Client, admin: Actor) -> None:
    run = made_by_run(admin, "churn", 2)
    version = find_version(find_model("churn"), 1)
    RunVersion.objects.create(
        run=run, of_model_id=version.model_id, version=version, asked="production", at=run.started_at
    )
    link(admin, "churn", 2, "rows", sha256="a" * 64, summary={"shape": [120, 4]})
    link(admin, "churn", 1, "rows", sha256="b" * 64, summary={"shape": [100, 5]})
    page = text(client, f"{PLAN}?to=production")
    for words in (
        "Promote churn 2 to production",
        "+0.001 better",
        "1 better",
        "depth",
        "+20 rows, −1 column",
        "2 becomes production, leaves staging",
        "1 is archived",
        "training read churn:production once in 14 days",
        "Card fields missing: license",
        "no gate is set for production",
        "Undo stays possible",
    ):
        assert words in page, words
    assert "python" not in page  # the same on both sides
    assert "Equal rows too" in page
    assert b'role="switch"' not in client.get(f"{PLAN}?to=production").content  # a link takes no space key
    every = text(client, f"{PLAN}?to=production&all=1")
    assert "3.12" in every
    assert "Only differences" in every


def test_a_plan_is_confirmed_with_a_reason_and_can_be_undone(client: Client) -> None:
    fields = form(client, f"{PLAN}?to=production")
    answer = client.post(PLAN, {**fields, "reason": " better on q3 "}, follow=True)
    assert "churn 2 is in production; 1 was archived" in plain(answer.content.decode())
    tenure = Tenure.objects.get(stage="production", valid_to__isnull=True)
    assert (tenure.version.number, tenure.reason) == (2, "better on q3")
    assert f"/models/churn/undo/?tenure={tenure.id}" in answer.content.decode()
    event = Event.objects.filter(action="version.promoted").order_by("-id")[0]
    assert json.loads(event.payload)["plan"] == fields["plan"]


def test_a_stale_plan_is_redrawn_marked_and_keeps_the_reason(client: Client, admin: Actor) -> None:
    fields = form(client, f"{PLAN}?to=production")
    log(admin, "churn", 2, {"metrics": {"auc": 0.7, "f1": 0.5}})
    promote(admin, "churn", 1, "archived")
    before = stages_now()
    answer = client.post(PLAN, {**fields, "reason": "kept words"})
    page = answer.content.decode()
    assert (answer.status_code, stages_now()) == (409, before)
    assert "Nothing was promoted" in page
    assert "kept words" in page
    assert "2 metrics" in page
    assert "the effects" in page
    assert page.count('class="is-changed"') >= 2
    assert "See the old plan" in page
    again = re.search(r'name="plan" value="(\w+)"', page)
    assert again is not None
    assert again[1] != fields["plan"]
    assert client.post(PLAN, {**fields, "plan": again[1]}).status_code == 302
    assert stages_now()[2] == "production"


@pytest.mark.parametrize(
    "drawn",
    ["", "x", "[]", '{"metrics":[1]}', '{"metrics":[[]]}', '{"gates":[[1]]}', '{"artifacts":[["a","b"]]}',
     '{"metrics":{"a":1}}', '{"metrics":[[{}]]}', "[" * 5000],
)  # fmt: skip
def test_what_a_form_says_was_drawn_is_only_a_help(client: Client, drawn: str) -> None:
    answer = client.post(PLAN, {"to": "production", "plan": "0" * 64, "drawn": drawn})
    assert answer.status_code == 409
    assert "Nothing was promoted" in answer.content.decode()


def test_a_form_without_a_plan_confirms_nothing(client: Client) -> None:
    assert client.post(PLAN, {"to": "production"}).status_code == 409
    assert stages_now()[2] == "staging"


def test_the_plain_form_still_promotes(client: Client) -> None:
    client.post("/models/churn/versions/2/stage/", {"stage": "production", "reason": "by hand"})
    assert stages_now() == {1: "archived", 2: "production"}


def test_the_controls_of_the_dashboard_lead_through_the_plan(client: Client) -> None:
    page = client.get("/models/churn/versions/2/").content.decode()
    assert f'href="{PLAN}?to=production"' in page
    assert f'href="{PLAN}?to=archived"' in page
    assert f'<form method="get" action="{PLAN}">' in page
    assert (
        f'href="{PLAN}?to=production"' in client.get("/models/churn/compare/?versions=1,2").content.decode()
    )


def test_who_may_not_promote_sees_the_plan_locked(client: Client) -> None:
    other = browser(person("leila", "contributor"))
    page = text(other, f"{PLAN}?to=production")
    assert "It needs the role promoter" in page
    fields = form(client, f"{PLAN}?to=production")
    answer = other.post(PLAN, fields)
    assert (answer.status_code, stages_now()[2]) == (403, "staging")
    assert "Nothing was promoted" in answer.content.decode()


def test_a_plan_for_the_stage_held_is_locked(client: Client) -> None:
    page = text(client, f"{PLAN}?to=staging")
    assert "2 is in staging already" in page


@pytest.mark.parametrize(("query", "status"), [("?to=latest", 422), ("?to=live", 422)])
def test_no_plan_for_what_is_no_stage(client: Client, query: str, status: int) -> None:
    assert client.get(PLAN + query).status_code == status
    assert client.get("/models/churn/versions/9/plan/").status_code == 404


def test_the_first_promotion_has_nothing_to_compare_with(admin: Actor) -> None:
    make_model(admin, "fresh")
    page = text(browser(admin), "/models/fresh/versions/1/plan/?to=staging&reason=why%20now")
    assert "nothing holds staging to compare with" in page
    assert "Move fresh 1 to staging" in page
    assert "why now" in page
    assert "Holder" not in page


def test_a_plan_to_archive_compares_with_nothing_and_asks_no_gate(client: Client) -> None:
    page = text(client, f"{PLAN}?to=archived")
    assert "Archive churn 2" in page
    assert "What will happen" in page
    for beside in ("Holder", "What changed", "Gates", "/ Promote"):
        assert beside not in page


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_they_are(admin: Actor, name: str) -> None:
    make_model(admin, name)
    log(admin, name, 2, {"metrics": {name: 1, "<b>x</b>": 2}, "p": name})
    promote(admin, name, 1)
    from django.urls import reverse

    client = browser(admin)
    answer = client.get(reverse("promotion-plan", args=[name, 2]))
    assert answer.status_code == 200
    assert b"<b>x</b>" not in answer.content
    assert b"<script>alert" not in answer.content


def test_a_plan_of_many_metrics_stays_small(client: Client, admin: Actor) -> None:
    client.get(f"{PLAN}?to=production")  # the first page of a session writes the token of its forms
    with CaptureQueriesContext(connection) as few:
        client.get(f"{PLAN}?to=production")
    log(admin, "churn", 2, {"metrics": {f"m{number}": number for number in range(60)}})
    with CaptureQueriesContext(connection) as many:
        page = client.get(f"{PLAN}?to=production").content
    assert len(many) <= len(few) <= 12
    assert len(page) < 60_000
    assert b"All 61" in page
    assert b"m59" in client.get(f"{PLAN}?to=production&all=1").content
