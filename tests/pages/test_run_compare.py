"""The page of a run beside another, and the way there."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.pages.facts_world import text
from tests.support.doors import Api, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    return Api()


def trained(api: Api, hour: int, rate: float, auc: float) -> str:
    """A run that makes a version with a metric, and writes a table."""
    wish = wanted("churn")
    at = {"started_at": f"2026-01-31T{hour:02}:00:00Z"}
    body = started(wish, pipeline="p", parameters={"rate": rate, "seed": 7}, **at)
    api.post("runs/", body)
    load = step("load", outputs=[output(new_version("table", sha256=f"{hour:02}" * 32), name="rows")])
    api.post(f"runs/{body['id']}/", {"status": "completed", "steps": [load]})
    metadata = {"metadata": {"metrics": {"auc": auc}}}
    api.call("PATCH", f"models/churn/versions/@@{wish['id']}/metadata/", metadata)
    run: str = body["id"]
    return run


def test_a_run_leads_to_its_comparison_with_the_one_before(client: Client, api: Api) -> None:
    first, second = trained(api, 10, 0.1, 0.8), trained(api, 11, 0.2, 0.9)
    assert "Compare with" not in text(client, f"/runs/{first}/")
    page = text(client, f"/runs/{second}/")
    link = re.search(r'href="(/runs/[^"]*/compare/[^"]*)">(?:<svg.*?</svg>)?Compare with (\w+)', page)
    assert link
    assert link[2] == first[-4:]
    shown = text(client, unescape(link[1]))
    for told in ("0.1", "0.2", "+0.1", "better", "load writes rows", "101010…", "111111…"):
        assert told in shown, told
    assert ">seed<" not in shown
    assert ">seed<" in text(client, f"/runs/{second}/compare/")


def test_another_run_is_chosen(client: Client, api: Api) -> None:
    first, _, third = (trained(api, hour, hour / 100, 0.8) for hour in (10, 11, 12))
    page = text(client, f"/runs/{third}/compare/?with={first}")
    assert f"Compared with {first[-4:]}" in page
    assert 'aria-current="true"' in page
    text(client, f"/runs/{third}/compare/?with={third}", 400)
    assert "no run" in text(client, f"/runs/{third}/compare/?with=rubbish", 404)


def test_the_first_run_of_a_pipeline_says_that_there_is_nothing_before(client: Client, api: Api) -> None:
    only = trained(api, 10, 0.1, 0.8)
    page = text(client, f"/runs/{only}/compare/")
    assert "first run of its pipeline" in page
    assert 'name="with"' in page
    text(client, "/runs/01890000-0000-7000-8000-000000000000/compare/", 404)


def test_parameters_of_any_shape_are_compared(client: Client, api: Api) -> None:
    deep: dict[str, Any] = {"end": 1}
    for _ in range(30):
        deep = {"x": deep}
    first = started(pipeline="p", started_at="2026-01-31T10:00:00Z", parameters={"a": {"": 1}, "k" * 3000: 2})
    second = started(pipeline="p", parameters={"a": {"": 2}, "deep": deep, "b": None})
    for body in (first, second):
        api.post("runs/", body)
    odd = step("fit", parameters={"": 3, "deep": deep})
    api.post(f"runs/{second['id']}/", {"steps": [odd]})
    assert "deep.x.x" in text(client, f"/runs/{second['id']}/compare/")
    assert "deep.x.x" in text(client, f"/runs/{second['id']}/steps/{odd['id']}/")
    told = api.get(f"runs/{second['id']}/compare/")["parameters"]
    assert {"path": "a.", "values": [1, 2], "same": False} in told
    assert {"path": "b", "values": [None, None], "same": False} in told
    line = re.search(
        r"<tr[^>]*>(?:(?!</tr>).)*?>b<.*?</tr>", text(client, f"/runs/{second['id']}/compare/"), re.DOTALL
    )
    assert line
    assert re.findall(r"–|null", re.sub(r"<[^>]*>", " ", line[0])) == ["–", "null"]
