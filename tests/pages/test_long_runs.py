"""A run of very many steps and outputs: its page shows a part of them, is light, and leads to the rest."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from registry.selectors.run_page import PARTS, STEP_PARTS, STEPS
from tests.pages.facts_world import Trained, text
from tests.support.doors import Api, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db
LIGHT = 60_000  # bytes of a page


@pytest.fixture
def api() -> Api:
    return Api()


def run_of(api: Api, *steps: dict[str, Any]) -> str:
    """A run that ended with these steps."""
    body = started(pipeline="long")
    api.post("runs/", body)
    status = "failed" if any(one["status"] == "failed" for one in steps) else "completed"
    report = {"status": status, "ended_at": "2026-01-31T12:05:00Z", "steps": list(steps)}
    api.post(f"runs/{body['id']}/", report)
    return str(body["id"])


def names(page: str) -> list[str]:
    """The steps that the table of inputs and outputs shows."""
    return re.findall(r'aria-label="Log and code of (\w+)"', page)


def test_its_page_shows_a_part_of_the_steps_and_is_light(client: Client, api: Api) -> None:
    run = Trained(api, steps=160)
    every = list(run.steps)
    shown: list[str] = []
    address = f"/runs/{run.run}/"
    while address:
        page = text(client, address)
        assert len(page.encode()) < LIGHT
        assert "162 steps" in page
        shown += names(page)
        later = re.search(r'href="([^"]+)" rel="next"', page)
        address = f"/runs/{run.run}/{later[1]}" if later and later[1][0] == "?" else later[1] if later else ""
    assert shown == every
    assert "Steps 161–162 of 162" in page
    assert 'rel="prev"' in page
    assert names(text(client, f"/runs/{run.run}/?from=nonsense&step=none")) == every[:STEPS]


def test_a_step_that_is_asked_for_is_among_those_shown(client: Client, api: Api) -> None:
    run = Trained(api, steps=60)
    page = text(client, f"/runs/{run.run}/?step={run.steps['report_50']}")
    assert "report_50" in names(page)
    assert len(names(page)) == STEPS
    assert names(text(client, f"/runs/{run.run}/?step={uuid.uuid4()}"))[0] == "load"
    assert names(text(client, f"/runs/{run.run}/?from=999999"))[-1] == "report_59"


def test_it_opens_at_the_step_that_failed(client: Client, api: Api) -> None:
    steps = [step(f"s{at}", position=at) for at in range(3 * STEPS)]
    steps[STEPS + 3] |= {"status": "failed", "error": "ValueError: no"}
    for late in steps[-5:]:
        late |= {"status": "failed", "error": "ValueError: late"}
    page = text(client, f"/runs/{run_of(api, *steps)}/")
    assert names(page)[0] == f"s{STEPS}"
    assert page.count("Exception in") == 3
    assert "6 failed" in page


def test_a_step_of_very_many_outputs_lists_them_on_its_own_page(client: Client, api: Api) -> None:
    wish = wanted("churn")
    body = started(wish, pipeline="wide")
    api.post("runs/", body)
    written = [
        output(new_version(f"part_{at:03}"), name=f"part_{at:03}") | {"position": at} for at in range(200)
    ]
    one = step("split", outputs=written)
    api.post(
        f"runs/{body['id']}/", {"status": "completed", "ended_at": "2026-01-31T12:05:00Z", "steps": [one]}
    )
    page = text(client, f"/runs/{body['id']}/")
    assert len(page.encode()) < LIGHT
    assert page.count("/artifacts/part_") == PARTS
    assert f"+ {200 - PARTS} more" in page
    found: list[str] = []
    for begin in range(1, 201, STEP_PARTS):
        own = text(client, f"/runs/{body['id']}/steps/{one['id']}/?from={begin}")
        assert len(own.encode()) < LIGHT
        found += re.findall(r'href="/artifacts/(part_\d+)/1/"', own)
    assert found == [f"part_{at:03}" for at in range(200)]
    assert "Inputs and outputs 181–200 of 200" in own
