"""The page of a pipeline: its last run's graph, its runs, what leads to it, and that it stays true."""

import re
from typing import Any

import pytest
from django.test import Client

from registry.models import Event
from tests.pages.facts_world import Trained, running, text
from tests.support.doors import Api, started

pytestmark = pytest.mark.django_db


def test_a_pipeline_shows_its_last_runs_graph_and_its_own_runs_alone(client: Client) -> None:
    api = Api()
    first, last, other = Trained(api), Trained(api, failed=True), running(api)
    page = text(client, "/pipelines/training/")
    assert f'data-url="/runs/{last.run}/graph/" data-page="/runs/{last.run}/"' in page
    assert page.count("<tr>") == 3  # the head and the two runs
    assert f"/runs/{first.run}/" in page
    assert other not in page
    for leads_there in (f"/runs/{last.run}/", "/runs/?pipeline=training"):
        assert 'href="/pipelines/training/"' in text(client, leads_there)
    assert "/pipelines/" not in text(client, "/runs/?pipeline=contains:train")


def test_no_such_pipeline_and_one_of_later_are_told(client: Client) -> None:
    assert "There is no pipeline" in text(client, "/pipelines/nothing/", 404)
    Trained(Api())
    made = Event.objects.get(action="pipeline.created")
    before = Event.objects.filter(id__lt=made.id).latest("id")
    text(client, f"/pipelines/training/?as_of=event:{before.id}", 404)
    text(client, f"/pipelines/training/?as_of=event:{made.id}")


def test_an_odd_name_is_text_and_an_address(client: Client) -> None:
    Api().post("runs/", started(pipeline="<b>p? 100%"))
    page = text(client, "/pipelines/%3Cb%3Ep%3F%20100%25/")
    assert "&lt;b&gt;p? 100%" in page
    assert "<b>p" not in page


def test_the_page_is_answered_only_when_a_run_began_or_moved(client: Client) -> None:
    api = Api()
    run = running(api)
    seen = re.search(
        r'id="pipeline-live" hx-get="[^"]+" hx-vals=\'{"seen": "(\w+)"}\'',
        text(client, "/pipelines/nightly/"),
    )
    assert seen
    ask: dict[str, Any] = {"HX-Request": "true", "HX-Target": "pipeline-live"}
    text(client, f"/pipelines/nightly/?seen={seen[1]}", 204, **ask)
    api.post(f"runs/{run}/", {"status": "completed", "ended_at": "2026-01-31T12:01:00Z"})
    changed = text(client, f"/pipelines/nightly/?seen={seen[1]}", **ask)
    assert "<html" not in changed
    assert "Done" in changed


def test_its_runs_go_on_older_in_few_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    api = Api()
    for _ in range(45):
        api.post("runs/", started(pipeline="many"))
    text(client, "/runs/")  # the first page of a session writes to it
    with django_assert_max_num_queries(12):
        page = text(client, "/pipelines/many/")
    assert len(page) < 60_000
    older = re.search(r'href="([^"]*cursor=[^"]*)" rel="next"', page)
    assert older
    assert (
        len(
            set(
                re.findall(
                    r'<td><a class="plain fw-medium" href="(/runs/[^"]+)',
                    text(client, "/pipelines/many/" + older[1]),
                )
            )
        )
        == 5
    )
