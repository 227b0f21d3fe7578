"""`as_of` over HTTP and by the client: what the lists and details answer of the past."""

from typing import Any

import pytest

from registry.models import Event
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> tuple[Api, int]:
    """A model that changed in every way after an event; the event's number."""
    api = Api()
    api.post("models/", {"name": "churn", "license": "MIT", "tags": ["old"]})
    for _ in range(2):
        api.post("models/churn/versions/", {"tags": ["old"]})
    api.post("models/churn/versions/1/stage/", {"stage": "production"})
    api.call("PUT", "models/churn/aliases/champion/", {"version": 1})
    api.call("PATCH", "models/churn/versions/1/metadata/", {"metadata": {"metrics": {"auc": 0.8}, "a": 1}})
    link = api.post(
        "models/churn/versions/1/artifacts/", {"uri": "s3://b/x", "artifact": "x", "kind": "model"}
    )
    event = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    api.call("PATCH", "models/churn/", {"license": "BSD", "add_tags": ["new"], "remove_tags": ["old"]})
    api.post("models/churn/versions/", {})
    api.post("models/churn/versions/2/stage/", {"stage": "production"})
    api.call("PUT", "models/churn/aliases/champion/", {"version": 2})
    api.call(
        "PATCH", "models/churn/versions/1/metadata/", {"metadata": {"metrics": {"auc": 0.9}}, "remove": ["a"]}
    )
    api.call("PATCH", "models/churn/versions/1/", {"add_tags": ["new"], "remove_tags": ["old"]})
    api.call("DELETE", f"models/churn/versions/1/artifacts/{link['link']}/")
    api.post("models/", {"name": "later"})
    return api, event


def results(api: Api, path: str) -> Any:
    return api.get(path)["results"]


def test_lists_and_details_answer_of_a_moment(world: tuple[Api, int]) -> None:
    api, event = world
    then = f"as_of=event:{event}"
    (row,) = results(api, f"models/?{then}")
    assert (row["name"], row["license"], row["tags"], row["versions"]) == ("churn", "MIT", ["old"], 2)
    assert (row["latest"], row["production"], row["staging"]) == (2, 1, None)
    assert api.get(f"models/churn/?{then}") == row
    rows = results(api, f"models/churn/versions/?{then}")
    assert [(r["number"], r["stage"], r["tags"], r["aliases"]) for r in rows] == [
        (2, None, ["old"], []),
        (1, "production", ["old"], ["champion"]),
    ]
    assert rows[1]["metrics"] == {"auc": 0.8}
    assert results(api, f"versions/?{then}") == rows
    for reference, row in (("1", 1), ("production", 1), ("@champion", 1), ("latest", 0)):
        alone = api.get(f"models/churn/versions/{reference}/?{then}")
        del alone["digest"], alone["artifacts"]  # of one version alone
        assert alone == rows[row]
    told = api.get(f"models/churn/versions/1/metadata/?{then}")
    assert told["metadata"] == {
        "metrics": {"auc": 0.8},
        "a": 1,
    }
    assert [r["name"] for r in results(api, f"models/churn/versions/1/artifacts/?{then}")] == ["x"]
    assert results(api, "models/churn/versions/1/artifacts/") == []
    assert [r["version"] for r in results(api, f"models/churn/aliases/?{then}")] == [1]
    assert api.get(f"models/churn/aliases/champion/?{then}")["version"] == 1
    told = api.get(f"models/churn/compare/?versions=1,2&{then}")
    assert [line["values"] for line in told["metadata"] if line["path"] == "metrics.auc"] == [[0.8, None]]
    assert [r["production"] for r in results(api, "models/?name=churn")] == [2]


def test_lineage_and_impact_answer_of_a_moment(world: tuple[Api, int]) -> None:
    api, event = world
    then = f"as_of=event:{event}"

    def names(path: str) -> list[str]:
        return sorted(node["name"] for node in api.get(path)["nodes"])

    where = "models/churn/versions/1/lineage/"
    assert names(f"{where}?{then}") == ["churn 1", "x"]
    assert names(where) == ["churn 1"], "its link has ended since"
    assert names(f"artifacts/x/versions/1/lineage/?{then}") == ["churn 1", "x"]
    assert names("artifacts/x/versions/1/lineage/") == ["x"]
    (row,) = api.get(f"artifacts/x/versions/1/impact/?{then}")["versions"]
    assert (row["number"], row["stage"]) == (1, "production")
    assert api.get("artifacts/x/versions/1/impact/")["versions"] == []
    api.refused("GET", f"{where}?as_of=event:x", None, 400, "bad_moment")
    api.refused("GET", f"artifacts/x/versions/1/impact/?as_of=event:{event - 3}", None, 404)
    api.refused("GET", f"models/churn/versions/3/lineage/?{then}", None, 404, "no_such_version")


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("stage=production", [1]),
        ("stage=none", [2]),
        ("stage=not:production", [2]),
        ("stage=in:production,none", [2, 1]),
        ("tag=old", [2, 1]),
        ("tag=new", []),
        ("alias=champion", [1]),
        ("metric.auc=lt:0.85", [1]),
        ("metric.auc=gt:0.85", []),
        ("sort=number", [1, 2]),
        ("limit=1&sort=number", [1]),
    ],
)
def test_filters_ask_the_same_moment(world: tuple[Api, int], question: str, numbers: list[int]) -> None:
    api, event = world
    rows = results(api, f"models/churn/versions/?{question}&as_of=event:{event}")
    assert [row["number"] for row in rows] == numbers


@pytest.mark.parametrize(
    ("question", "count"),
    [("license=MIT", 1), ("license=BSD", 0), ("tag=old", 1), ("stage=production", 1), ("stage=staging", 0),
     ("stage=none", 0)],
)  # fmt: skip
def test_filters_of_models_ask_the_same_moment(world: tuple[Api, int], question: str, count: int) -> None:
    api, event = world
    assert len(results(api, f"models/?{question}&as_of=event:{event}")) == count


@pytest.mark.parametrize(
    ("as_of", "status", "code"),
    [
        ("", 400, "bad_filter"),
        ("yesterday", 400, "bad_filter"),
        ("event:", 400, "bad_moment"),
        ("event:x", 400, "bad_moment"),
        ("event:99999999999999999999999", 400, "bad_moment"),
        ("event:999999999", 404, "no_such_event"),
        ("2001-01-01", 400, "bad_moment"),
        ("2999-01-01T00:00:00Z", 400, "bad_moment"),
    ],
)
def test_what_is_no_moment_is_refused(world: tuple[Api, int], as_of: str, status: int, code: str) -> None:
    api, _ = world
    for path in ("models/", "models/churn/versions/", "models/churn/aliases/"):
        api.refused("GET", f"{path}?as_of={as_of}", None, status, code)


def test_what_hangs_on_today_isnt_asked_of_the_past(world: tuple[Api, int]) -> None:
    api, _ = world
    for question in ("sort=changed", "changed=gte:2020-01-01", "sort=versions"):
        api.refused("GET", f"models/?as_of=2026-01-01&{question}", None, 400)
    api.refused("GET", "artifacts/?as_of=2026-01-01", None, 400)


def test_a_model_that_was_deleted_and_restored_wasnt_there_between(world: tuple[Api, int]) -> None:
    api, _ = world
    api.call("DELETE", "models/churn/?confirm=churn&force=true")
    gone = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    api.post("models/churn/restore/", {})
    assert [row["name"] for row in results(api, f"models/?as_of=event:{gone}")] == ["later"]
    assert results(api, f"versions/?as_of=event:{gone}") == []
    api.refused("GET", f"models/churn/?as_of=event:{gone}", None, 404, "no_such_model")
    assert len(results(api, f"models/?as_of=event:{gone - 1}")) == 2
    assert len(results(api, "models/")) == 2
