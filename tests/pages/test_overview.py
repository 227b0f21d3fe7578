"""The overview, and the shell around it: what is in production, what waits, what runs, what changed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from registry.models import Run
from registry.selectors import overview as read
from registry.services.actors import Actor
from registry.services.heartbeats import send_heartbeat
from tests.pages.board_world import mark
from tests.pages.catalog_world import browser, make_model, person, promote
from tests.pages.facts_world import Trained, running, text
from tests.support.doors import Api, started, step, wanted

pytestmark = pytest.mark.django_db
ASK = {"HX-Request": "true", "HX-Target": "overview-live"}


def test_an_empty_registry_shows_three_ways_to_begin(client: Client) -> None:
    page = text(client, "/")
    for way in ("From a training run", "modelcp model register", "/models/new/", "make demo"):
        assert way in page


def test_a_viewer_of_an_empty_registry_is_told_whom_to_ask() -> None:
    page = text(browser(person("vera", "viewer")), "/")
    assert "/models/new/" not in page
    assert "ask an administrator" in page


def test_production_is_shown_with_the_change_against_what_it_displaced(client: Client, admin: Actor) -> None:
    make_model(admin, many=3)
    promote(admin, "churn", 1)
    promote(admin, "churn", 2)
    promote(admin, "churn", 3, "staging")
    page = text(client, "/")
    assert "+0.001 better" in page
    assert "change against the version displaced" in page
    assert "model in production" in page
    assert "/models/churn/versions/3/" in page
    assert "Open plan" in page


def test_nothing_that_waits_is_said(client: Client, admin: Actor) -> None:
    make_model(admin)
    assert "Nothing waits for you." in text(client, "/")
    assert "Nothing waits. " in text(browser(person("vera", "viewer")), "/")
    promote(admin, "churn", 1, "staging")
    assert "Nothing waits" not in text(client, "/")


def test_a_pipeline_that_failed_last_waits_until_a_run_ends_well(client: Client) -> None:
    api = Api()
    run = Trained(api, failed=True)
    Run.objects.filter(id=run.run).update(started_at=timezone.now() - timedelta(hours=2))
    page = text(client, "/")
    assert "failed in" in re.sub(r"\s+", " ", page)
    assert "no convergence" in page
    again = started(pipeline="training", started_at=timezone.now().isoformat())
    api.post("runs/", again)
    assert "no convergence" in text(client, "/"), "the new run hasn't ended yet"
    api.post(f"runs/{again['id']}/", {"status": "completed", "ended_at": timezone.now().isoformat()})
    assert "no convergence" not in text(client, "/")


def test_old_failures_dont_wait_for_ever() -> None:
    run = Trained(Api(), failed=True)
    now = datetime(2026, 2, 10, tzinfo=UTC)
    then = now - timedelta(days=6)
    Run.objects.filter(id=run.run).update(started_at=then, ended_at=then)
    assert len(read.failed_runs(at=now)) == 1
    assert read.failed_runs(at=now + timedelta(days=2)) == []


def test_runs_in_flight_show_how_far_they_are(client: Client, admin: Actor) -> None:
    make_model(admin)
    running(Api())
    page = text(client, "/")
    assert "step 1" in page
    assert "nightly" in page
    assert '<span class="count">1</span>' in page


def test_how_far_runs_were_is_told_by_the_run_that_had_ended_last_then() -> None:
    api, begun = Api(), "2026-01-31T{}:00:00Z"
    runs = ((8, 9, 2), (10, 14, 1), (12, 13, 5))  # hours of beginning and end, steps
    for start, end, count in runs:
        body = started(pipeline="nightly", started_at=begun.format(f"{start:02}"))
        api.post("runs/", body)
        times = {"started_at": body["started_at"], "ended_at": begun.format(end)}
        steps = [step(f"s{at}", position=at) | times for at in range(count)]
        api.post(
            f"runs/{body['id']}/", {"status": "completed", "ended_at": begun.format(end), "steps": steps}
        )
    (then,) = read.in_flight(at=datetime(2026, 1, 31, 11, tzinfo=UTC))
    assert (then["done"], then["step"], then["total"]) == (0, "s0", 2)


def test_the_page_is_answered_again_only_when_something_changed(client: Client, admin: Actor) -> None:
    make_model(admin)
    seen = re.search(r'{"seen": "(\w+)"}', text(client, "/"))
    assert seen
    text(client, f"/?seen={seen[1]}", 204, **ASK)
    promote(admin, "churn", 1)
    again = text(client, f"/?seen={seen[1]}", **ASK)
    assert "promoted" in again
    assert "<html" not in again


def test_it_says_what_serves_each_production(client: Client, admin: Actor) -> None:
    make_model(admin, many=3)
    make_model(admin, "fraud")
    for model in ("churn", "fraud"):
        promote(admin, model, 2)
    assert ">Serving<" not in text(client, "/")
    for pod, version in enumerate((2, 2, 1)):
        send_heartbeat(actor=admin, model="churn", instance=f"pod-{pod}", version=version)
    page = text(client, "/")
    assert ">Serving<" in page
    assert "1 on 1 of 3" in page
    send_heartbeat(actor=admin, model="churn", instance="pod-2", version=2)
    assert "3 of 3" in text(client, f"/?seen={mark(page)}", **ASK)


def test_a_run_in_flight_names_the_model_that_it_trains(client: Client, admin: Actor) -> None:
    make_model(admin)
    Api().post("runs/", started(wanted("churn"), pipeline="nightly"))
    assert "churn · starting" in re.sub(r"<[^>]+>", "", text(client, "/"))


def test_nobody_sees_a_page_without_signing_in() -> None:
    for path in (
        "/",
        "/runs/",
        "/artifacts/",
        "/events/",
        "/tags/",
        "/settings/",
        "/settings/people/",
        "/search/?q=x",
    ):
        answer = Client().get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")
