"""The pages of runs: the list, a run's graph and timeline, its failure, a step, and that they stay true."""

import json
import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from registry.models import ModelVersion, RunVersion
from registry.selectors.run_page import ROWS
from registry.services.actors import Actor
from registry.services.runs import update_run
from tests.pages.catalog_world import browser, make_model, person
from tests.pages.facts_world import Trained, running, text
from tests.support.doors import Api, started, step

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    return Api()


def test_without_runs_the_list_shows_how_to_make_one(client: Client) -> None:
    assert "@pipeline" in text(client, "/runs/")


def test_the_list_is_filtered_by_status_pipeline_and_words(client: Client, api: Api) -> None:
    good, bad = Trained(api), Trained(api, failed=True)
    everything = text(client, "/runs/")
    assert f"/runs/{good.run}/" in everything
    assert f"/runs/{bad.run}/" in everything
    failed = text(client, "/runs/?status=failed")
    assert f"/runs/{bad.run}/" in failed
    assert f"/runs/{good.run}/" not in failed
    assert "No run fits" in text(client, "/runs/?pipeline=other")
    assert f"/runs/{good.run}/" in text(client, "/runs/?q=TRAIN")
    assert "No run fits" in text(client, "/runs/?q=nothing")


@pytest.mark.parametrize("asked", ["batch", "eq:batch"])
def test_a_tag_is_a_chip_that_a_search_keeps(client: Client, admin: Actor, api: Api, asked: str) -> None:
    one, other = Trained(api), Trained(api)
    update_run(actor=admin, run=uuid.UUID(one.run), add_tags=["batch"])
    page = text(client, f"/runs/?tag={asked}&status=completed")
    assert f"/runs/{one.run}/" in page
    assert f"/runs/{other.run}/" not in page
    assert f'<input type="hidden" name="tag" value="{asked}">' in page
    chip = re.search(r'<span class="k">Tag</span> batch <a class="x" href="([^"]*)"', page)
    assert chip
    assert unescape(chip[1]) == "?status=completed"


def test_how_a_version_was_asked_for_is_told_in_the_same_words(
    client: Client, admin: Actor, api: Api
) -> None:
    make_model(admin, many=1)
    version, run = ModelVersion.objects.get(number=1), running(api)
    RunVersion.objects.create(
        run_id=run, of_model_id=version.model_id, version=version, asked="production", at=timezone.now()
    )
    for path in ("/runs/", f"/runs/{run}/", "/models/churn/runs/"):
        page = re.sub(r"<[^>]+>", "", text(client, path))
        assert re.search(r"1\s+as production\s", page), path


def test_a_wrong_filter_is_told_not_failed(client: Client) -> None:
    assert "status" in text(client, "/runs/?status=sleeping", 400)
    text(client, "/runs/?cursor=rubbish", 400)


def test_the_list_goes_on_older_and_newer(client: Client, api: Api) -> None:
    for _ in range(ROWS + 5):
        api.post("runs/", started(pipeline="many"))
    first = text(client, "/runs/")
    older = re.search(r'href="([^"]*cursor=[^"]*)" rel="next"', first)
    assert older
    second = text(client, "/runs/" + unescape(older[1]))
    shown = [set(re.findall(r'href="/runs/([0-9a-f-]{36})/"', page)) for page in (first, second)]
    assert len(shown[0]) == ROWS
    assert len(shown[1]) == 5
    assert not shown[0] & shown[1]
    newer = re.search(r'href="([^"]*before=[^"]*)" rel="prev"', second)
    assert newer
    assert (
        set(re.findall(r'href="/runs/([0-9a-f-]{36})/"', text(client, "/runs/" + unescape(newer[1]))))
        == shown[0]
    )


def test_a_run_shows_its_steps_times_parts_and_facts(client: Client, api: Api) -> None:
    run = Trained(api)
    page = text(client, f"/runs/{run.run}/")
    for shown in (
        "load",
        "fit",
        "report_0",
        "/artifacts/train/1/",
        "/artifacts/classifier/1/",
        "churn 1",
        "e41c7a9",
        "dirty",
        "gpu-03",
        "nested.rate",
        "1.0 s",
        "/models/churn/versions/1/",
    ):
        assert shown in page, shown
    assert 'class="bar-ok"' in page
    assert "hx-trigger" not in page[page.index('id="run-live"') :].split(">", 1)[0]


def test_a_failed_run_shows_the_exception_and_what_was_skipped(client: Client, api: Api) -> None:
    run = Trained(api, failed=True)
    page = text(client, f"/runs/{run.run}/")
    for shown in (
        "Step fit failed: ValueError: no convergence",
        "Traceback (most recent call last)",
        "2 attempts",
        "1 step after it was skipped",
        "is kept and shows that its run failed",
        "bar-bad",
        "bar-skip",
    ):
        assert shown in page, shown


def test_parameters_are_compared_with_the_run_before(client: Client, api: Api) -> None:
    one = started(
        pipeline="p", started_at="2026-01-31T10:00:00Z", parameters={"depth": 6, "old": 1, "same": 2}
    )
    two = started(
        pipeline="p", started_at="2026-01-31T11:00:00Z", parameters={"depth": 7, "same": 2, "new": 3}
    )
    api.post("runs/", one)
    api.post("runs/", two)
    page = text(client, f"/runs/{two['id']}/")
    assert "was 6 in run" in page
    assert "was not given in run" in page
    assert "was 1 in run" in page
    assert "was 2" not in page


def test_a_step_shows_its_log_and_code(client: Client, api: Api) -> None:
    run = Trained(api)
    page = text(client, f"/runs/{run.run}/steps/{run.steps['fit']}/")
    assert "epoch 2" in page
    assert "2 lines" in page
    assert "def fit(): ..." in page
    text(client, f"/runs/{run.run}/steps/{uuid.uuid4()}/", 404)


def test_a_parameter_of_nothing_is_shown_and_compared(client: Client, api: Api) -> None:
    one = started(
        pipeline="p", started_at="2026-01-31T10:00:00Z", parameters={"limit": 5, "word": "", "k": None}
    )
    two = started(pipeline="p", parameters={"limit": None, "word": "", "k": None})
    for body in (one, two):
        api.post("runs/", body)
    page = unescape(text(client, f"/runs/{two['id']}/"))
    rows = re.findall(r"<dt>(limit|word|k)</dt><dd>(.*?)</dd>", page)
    shown = {name: re.sub("<[^>]*>", "", value).strip() for name, value in rows}
    assert shown["limit"].startswith("null")
    assert "was 5 in run" in shown["limit"]
    assert (shown["word"], shown["k"]) == ('""', "null")
    assert page.count("was 5") == 1


def test_a_step_shows_what_it_was_given_and_what_it_waited_for(client: Client, api: Api) -> None:
    body = started(pipeline="p")
    api.post("runs/", body)
    given = {
        "settings": {"C": 0.5, "kernel": "rbf"},
        "words": ["a", "b"],
        "limit": None,
        "quick": True,
        "rows": 1204118,
    }
    fit = step("fit", upstream=["load", "split"], parameters=given, cache_key="")
    api.post(f"runs/{body['id']}/", {"steps": [fit]})
    page = unescape(text(client, f"/runs/{body['id']}/steps/{fit['id']}/"))
    facts = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)
    shown = {re.sub("<[^>]*>", "", name): re.sub("<[^>]*>", "", value) for name, value in facts}
    assert shown["settings.C"] == "0.5"
    assert shown["settings.kernel"] == "rbf"
    assert shown["words"] == '["a", "b"]'
    assert shown["quick"] == "true"
    assert shown["rows"] == "1204118"
    assert shown["limit"] == "null"
    assert shown["After"] == "load, split"
    assert shown["Started"] == "31 Jan 2026, 12:00 UTC"
    assert shown["Cache key"] == "never cached"


def test_a_run_that_goes_on_asks_again_and_is_answered_only_when_it_changed(client: Client, api: Api) -> None:
    run = running(api)
    page = text(client, f"/runs/{run}/")
    seen = re.search(r'id="run-live" hx-get="[^"]+" hx-vals=\'{"seen": "(\w+)"}\'', page)
    assert seen
    ask = {"HX-Request": "true", "HX-Target": "run-live"}
    assert text(client, f"/runs/{run}/?seen={seen[1]}", 204, **ask) == ""
    api.post(f"runs/{run}/", {"status": "completed", "ended_at": "2026-01-31T12:01:00Z"})
    changed = text(client, f"/runs/{run}/?seen={seen[1]}", **ask)
    assert changed.startswith('\n<div id="run-live"') or '<div id="run-live">' in changed
    assert 'id="run-facts" hx-swap-oob="true"' in changed
    assert "<html" not in changed


def test_the_list_answers_an_unchanged_question_with_nothing(client: Client, api: Api) -> None:
    running(api)
    seen = re.search(r'{"seen": "(\w+)"}', text(client, "/runs/"))
    assert seen
    ask = {"HX-Request": "true", "HX-Target": "runs-table"}
    text(client, f"/runs/?seen={seen[1]}", 204, **ask)
    running(api)
    assert "<html" not in text(client, f"/runs/?seen={seen[1]}", **ask)


def test_an_unknown_run_is_a_page_that_says_so(client: Client) -> None:
    assert "There is no run" in text(client, f"/runs/{uuid.uuid4()}/", 404)


def test_what_programs_send_is_shown_as_text(client: Client, api: Api) -> None:
    evil = "</pre><script>alert(1)</script>{{ x }}" + "W" * 300
    body = started(
        pipeline="<b>p", parameters={evil: evil}, code={evil[:50]: evil}, environment={"host": evil}
    )
    api.post("runs/", body)
    trouble = {
        "status": "failed",
        "error": evil,
        "steps": [
            {
                "id": str(uuid.uuid4()),
                "name": "<i>s",
                "status": "failed",
                "error": evil,
                "logs": evil,
                "parameters": {evil: evil},
                "upstream": ["<i>s", evil[:90]],
                "code": {"source": evil},
            }
        ],
    }
    api.post(f"runs/{body['id']}/", trouble)
    for path in (
        "/",
        "/runs/",
        f"/runs/{body['id']}/",
        f"/runs/{body['id']}/steps/{trouble['steps'][0]['id']}/",
    ):
        page = text(client, path)
        assert "<script>alert" not in page
        assert "<b>p" not in page
        assert "<i>s" not in page


def test_the_graph_is_sent_to_be_drawn_in_few_queries(
    client: Client, api: Api, django_assert_max_num_queries: Any
) -> None:
    run = Trained(api, failed=True, steps=20)
    page = text(client, f"/runs/{run.run}/")
    assert f'data-url="/runs/{run.run}/graph/"' in page
    assert f'id="graph-{run.run}" hx-preserve' in page
    assert "after load" in page, "without JavaScript the table tells what each step waits for"
    with django_assert_max_num_queries(5):
        graph = json.loads(text(client, f"/runs/{run.run}/graph/"))
    assert [node["id"] for node in graph["nodes"]] == list(run.steps.values())
    assert len(graph["edges"]) == 21
    text(client, f"/runs/{uuid.uuid4()}/graph/", 404)


def test_the_timeline_has_its_numbers_in_a_table(client: Client, api: Api) -> None:
    page = text(client, f"/runs/{Trained(api, failed=True).run}/")
    table = page[page.index("spans") : page.index("</table>")]
    rows = re.findall(r'<bdi>(\w+)</bdi>.*num">([^<]+)<.*num">([^<]+)<', table)
    assert rows == [
        ("load", "1.0 s", "1.0 s"),
        ("fit", "1.0 s", "1.0 s, 2 attempts"),
        ("report_0", "–", "skipped"),
    ]


def test_the_pages_ask_few_queries_however_many_steps(api: Api, django_assert_max_num_queries: Any) -> None:
    viewer = browser(person("vera", "viewer"))
    text(viewer, "/runs/")  # the first page of a session writes to it
    for steps in (1, 40):
        made = Trained(api, steps=steps)
        for path in (f"/runs/{made.run}/", "/runs/", f"/runs/{made.run}/steps/{made.steps['fit']}/"):
            with django_assert_max_num_queries(12):
                text(viewer, path)
        for path in ("/artifacts/", "/artifacts/train/", "/artifacts/train/1/", "/artifacts/train/1/impact/"):
            with django_assert_max_num_queries(12):
                text(viewer, path)
