"""A run beside another: the one before of its pipeline, or one that is named."""

from typing import Any

import pytest

from tests.support.doors import Api, ident, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    return Api()


def trained(api: Api, hour: int, rate: float, auc: float, digest: str, **more: Any) -> str:
    """A run that reads a table, and makes a version with a metric."""
    wish = wanted("churn")
    body = started(
        wish,
        started_at=f"2026-01-31T{hour:02}:00:00Z",
        parameters={"rate": rate, "seed": 7},
        code={"commit": f"{hour:02}" * 20, "dirty": False},
        environment={"python": "3.12.1", "packages": {"pandas": f"2.{hour}"}},
        **more,
    )
    api.post("runs/", body)
    table = new_version("table", sha256=digest * 64)
    fit = step("fit", code={"digest": f"{hour:02}" * 32, "source": "def fit(): ..."})
    fit["outputs"] = [output(table, name="rows", resolution=wish["id"])]
    after = step("score", position=1, code={"digest": "ab" * 32})
    after["inputs"] = [{"name": "frame", "artifact_version": table["id"]}]
    api.post(
        f"runs/{body['id']}/", {"status": "completed", "metadata": {"rows": hour}, "steps": [fit, after]}
    )
    made = api.get(f"runs/{body['id']}/")["versions"][0]["number"]
    api.call("PATCH", f"models/churn/versions/{made}/metadata/", {"metadata": {"metrics": {"auc": auc}}})
    run: str = body["id"]
    return run


def lines(told: list[dict[str, Any]]) -> dict[str, tuple[list[Any], bool]]:
    return {line["path"]: (line["values"], line["same"]) for line in told}


def test_a_run_beside_the_one_before(api: Api) -> None:
    first = trained(api, 10, 0.1, 0.8, "a")
    second = trained(api, 11, 0.2, 0.9, "b")
    told = api.get(f"runs/{second}/compare/")
    assert [row["id"] for row in told["runs"]] == [first, second]
    assert lines(told["parameters"]) == {"rate": ([0.1, 0.2], False), "seed": ([7, 7], True)}
    assert lines(told["values"]) == {"metrics.auc": ([0.8, 0.9], False), "rows": ([10, 11], False)}
    assert lines(told["code"])["steps.fit"] == (["10" * 32, "11" * 32], False)
    assert lines(told["code"])["steps.score"] == (["ab" * 32] * 2, True)
    assert lines(told["environment"])["packages.pandas"] == (["2.10", "2.11"], False)
    parts = {(row["step"], row["way"], row["name"]): row for row in told["artifacts"]}
    assert set(parts) == {("fit", "writes", "rows"), ("score", "reads", "frame")}
    read = parts["score", "reads", "frame"]
    assert [(one["artifact"], one["number"]) for one in read["versions"]] == [("table", 1), ("table", 2)]
    assert not read["same"]


def test_another_run_is_named_by_its_id_or_name(api: Api) -> None:
    first = trained(api, 10, 0.1, 0.8, "a")
    second = trained(api, 11, 0.2, 0.9, "a", pipeline="other")
    told = api.get(f"runs/{first}/compare/?with={second}")
    assert [row["id"] for row in told["runs"]] == [second, first]
    assert all(row["same"] for row in told["artifacts"])
    name = api.get(f"runs/{second}/")["name"]
    assert api.get(f"runs/{first}/compare/?with={name}") == told


def test_values_of_several_models_and_of_the_run_are_told_apart(api: Api) -> None:
    wishes = wanted("churn"), wanted("a.b")
    body = started(*wishes)
    api.post("runs/", body)
    api.post(f"runs/{body['id']}/", {"metadata": {"metrics": {"auc": 0.5}}})
    for model, auc in (("churn", 0.6), ("a.b", 0.7)):
        api.call(
            "PATCH", f"models/{model}/versions/1/metadata/", {"metadata": {"metrics": {"auc": auc}, "n": 1}}
        )
    other = started(pipeline="empty")
    api.post("runs/", other)
    told = lines(api.get(f"runs/{body['id']}/compare/?with={other['id']}")["values"])
    assert {path: values for path, (values, _) in told.items()} == {
        "metrics.auc": [None, 0.5],
        "metrics.churn.auc": [None, 0.6],
        r"metrics.a\.b.auc": [None, 0.7],
        "churn.n": [None, 1],
        r"a\.b.n": [None, 1],
    }


def test_what_can_not_be_compared_is_refused(api: Api) -> None:
    only = trained(api, 10, 0.1, 0.8, "a")
    assert "before" in api.refused("GET", f"runs/{only}/compare/", None, 404, "no_run_before")["message"]
    api.refused("GET", f"runs/{only}/compare/?with={only}", None, 400, "bad_comparison")
    api.refused("GET", f"runs/{only}/compare/?with={ident()}", None, 404, "no_such_run")
    api.refused("GET", f"runs/{ident()}/compare/", None, 404, "no_such_run")
    api.refused("GET", f"runs/{only}/compare/?versions=1", None, 400)
