"""Batches: in order, each as a whole, each once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from registry.models import Event, Operation
from registry.services import operations, versions
from tests.support.chains import assert_chains_whole
from tests.support.doors import DIGEST, Api, database, ident, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db


def op(path: str, body: Any = None, method: str = "POST", **more: Any) -> dict[str, Any]:
    """One operation."""
    return {"id": ident(), "method": method, "path": f"/api/v1/{path}", "body": body, **more}


def send(api: Api, *ops: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of a batch."""
    answer: list[dict[str, Any]] = api.post("batch/", {"operations": list(ops)})["results"]
    assert [result["id"] for result in answer] == [one["id"] for one in ops]
    return answer


def test_operations_are_applied_in_order_each_with_its_answer(api: Api) -> None:
    run = started(wanted())
    resolution = run["versions"][0]["id"]
    fit = step(outputs=[output(new_version("w"), resolution=resolution)])
    ops = [
        op("runs/", run, door="sdk"),
        op(f"runs/{run['id']}/", {"steps": [fit]}),
        op(f"models/churn/versions/@@{resolution}/metadata/", {"metadata": {"a": 1}}, "PATCH", run=run["id"]),
        op(f"models/churn/versions/@@{resolution}/stage/", {"stage": "production"}),
        op("models/churn/versions/1/artifacts/" + ident() + "/", None, "DELETE"),
    ]
    results = send(api, *ops)
    assert [result["status"] for result in results] == [201, 200, 200, 200, 404]
    assert results[0]["body"]["run"]["id"] == run["id"]
    assert results[4]["body"]["error"]["code"] == "no_such_link"
    assert api.get("models/churn/versions/production/")["number"] == 1
    assert str(Event.objects.get(action="version.metadata").run_id) == run["id"]
    assert Event.objects.get(action="run.started").door == "sdk"
    assert_chains_whole()


def test_a_repeated_batch_changes_nothing_and_answers_the_same(api: Api) -> None:
    ops = [
        op("models/", {"name": "churn"}),
        op("models/churn/versions/", {}),
        op("models/churn/versions/", {}),
    ]
    first = send(api, *ops)
    before = database()
    assert send(api, *ops) == first
    assert database() == before
    assert api.get("models/churn/")["versions"] == 2


def test_an_id_with_another_content_or_of_somebody_else(api: Api) -> None:
    one = op("models/", {"name": "churn"})
    send(api, one)
    other = send(api, {**one, "body": {"name": "other"}})[0]
    assert (other["status"], other["body"]["error"]["code"]) == (409, "id_taken")
    Operation.objects.update(actor_id=10_000)
    assert send(api, one)[0]["status"] == 409


def test_a_refusal_is_not_kept_and_does_not_stop_the_rest(api: Api) -> None:
    wrong, right = op("models/none/versions/", {}), op("models/", {"name": "none"})
    assert [result["status"] for result in send(api, wrong, right)] == [404, 201]
    assert Operation.objects.count() == 1
    assert send(api, wrong)[0]["status"] == 201, "tried again, now it can be done"


def test_what_is_refused_leaves_nothing_behind(api: Api) -> None:
    before = database()
    run = started(wanted("made first"), wanted("second", create_new=False))
    assert send(api, op("runs/", run))[0]["status"] == 404
    assert database() == before


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [(OperationalError("locked"), 503, "unavailable"), (ZeroDivisionError("a bug"), 500, "failed")],
)
def test_a_failure_stops_the_rest(
    api: Api, monkeypatch: pytest.MonkeyPatch, raised: Exception, status: int, code: str
) -> None:
    def fail(**given: Any) -> None:
        raise raised

    monkeypatch.setattr(versions, "create_version", fail)
    ops = [
        op("models/", {"name": "churn"}),
        op("models/churn/versions/", {}),
        op("models/", {"name": "later"}),
    ]
    results = send(api, *ops)
    assert [result["status"] for result in results] == [201, status, 424]
    assert results[1]["body"]["error"]["code"] == code
    assert results[2]["body"]["error"]["code"] == "not_tried"
    monkeypatch.undo()
    assert [result["status"] for result in send(api, *ops)] == [201, 201, 201]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/api/v1/batch/", "POST", 400),
        (f"/api/v1/contents/{DIGEST}/", "PUT", 400),
        ("/api/v1/artifacts/a/versions/1/content/", "PUT", 400),
        ("/api/v1/schema/", "POST", 404),
        ("/api/v1/nothing/", "POST", 404),
        ("/models/", "POST", 400),
        ("https://elsewhere.example/api/v1/models/", "POST", 400),
        ("/api/v1/../models/", "POST", 404),
        ("/api/v1/info/", "POST", 405),
    ],
)
def test_what_does_not_go_into_a_batch(api: Api, path: str, method: str, status: int) -> None:
    if path.startswith("https"):
        status = 201  # only the path counts: it never leaves this process
    one = {"id": ident(), "method": method, "path": path, "body": {"name": "x"}}
    result = send(api, one)[0]
    assert result["status"] == status, result
    if status >= 400:
        assert result["body"]["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"operations": 1},
        {"operations": [{}]},
        {"operations": [{"id": "x"}]},
        {"operations": [], "x": 1},
        {"operations": [{"id": "1", "method": "GET", "path": "/api/v1/models/"}]},
    ],
)
def test_what_is_no_batch(api: Api, body: Any) -> None:
    api.refused("POST", "batch/", body, 400)


def test_a_batch_acts_as_its_sender() -> None:
    admin, viewer = Api(), Api("viewer")
    assert send(viewer, op("models/", {"name": "x"}))[0]["status"] == 403
    assert send(admin, op("models/", {"name": "x"}))[0]["status"] == 201
    anonymous = admin.client.__class__()
    answer = anonymous.post("/api/v1/batch/", {"operations": []}, content_type="application/json")
    assert answer.status_code == 401


def test_names_in_paths_are_decoded(api: Api) -> None:
    api.post("models/", {"name": "größe 100% ?"})
    results = send(api, op("models/gr%C3%B6%C3%9Fe%20100%25%20%3F/versions/", {}))
    assert results[0]["body"]["model"] == "größe 100% ?"


def test_old_operations_are_forgotten(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    send(api, op("models/", {"name": "old"}))
    Operation.objects.update(at=timezone.now() - timedelta(days=31))
    send(api, op("models/", {"name": "newer"}))
    monkeypatch.setattr(operations, "chance", lambda: 0.0)
    operations.prune_operations()
    assert Operation.objects.count() == 1
