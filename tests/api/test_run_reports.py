"""Reports of runs over HTTP: they merge, may come again and late, and name what is reused."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Event, RunVersion
from tests.support.chains import assert_chains_whole
from tests.support.doors import Api, database, ident, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db


def full_report(resolution: str, steps: int = 3, outputs: int = 3) -> dict[str, Any]:
    """A report with data flowing from step to step."""
    told: list[dict[str, Any]] = []
    for place in range(steps):
        made = [
            output(
                new_version(f"a{place}-{n}", metadata={"rows": n, "metrics": {"auc": 0.5}}, tags=["t"]),
                name=f"out{n}",
                resolution=resolution,
                link=f"{place}-out{n}",
            )
            for n in range(outputs)
        ]
        inputs = (
            [{"name": "x", "artifact_version": told[-1]["outputs"][0]["artifact_version"]["id"]}]
            if told
            else []
        )
        told.append(
            step(
                f"s{place}",
                position=place,
                resolution=resolution,
                inputs=inputs,
                outputs=made,
                parameters={"n": place},
                logs="hello\0world",
                cache_key=f"key{place}",
            )
        )
    return {
        "steps": told,
        "metadata": {"metrics": {"loss": 0.25}},
        "status": "completed",
        "ended_at": "2026-01-31T12:05:00Z",
    }


def test_a_report_repeated_changes_nothing(api: Api) -> None:
    run = started(wanted())
    resolution = run["versions"][0]["id"]
    api.post("runs/", run)
    report = full_report(resolution)
    assert api.post(f"runs/{run['id']}/", report) == {
        "run": {"id": run["id"], "status": "completed"},
        "steps": 3,
        "left_out": [],
    }
    before = database()
    api.post(f"runs/{run['id']}/", report)
    assert database() == before
    detail = api.get(f"runs/{run['id']}/")
    assert detail["duration"] == 300
    assert detail["metadata"] == {"metrics": {"loss": 0.25}}
    assert [s["name"] for s in detail["step_runs"]] == ["s0", "s1", "s2"]
    second = detail["step_runs"][1]
    assert second["inputs"][0]["artifact_version"]["artifact"] == "a0-0"
    assert second["outputs"][2]["artifact_version"]["metadata"] == {"rows": 2, "metrics": {"auc": 0.5}}
    assert api.get(f"runs/{run['id']}/steps/{second['id']}/")["logs"] == "hello\ufffdworld"
    assert len(api.get("models/churn/versions/1/artifacts/")["results"]) == 9
    assert_chains_whole()


def test_parts_of_a_report_merge(api: Api) -> None:
    run = started(wanted())
    api.post("runs/", run)
    path = f"runs/{run['id']}/"
    one = step(status="running", ended_at=None, parameters={"a": 1}, position=4)
    api.post(path, {"steps": [one]})
    api.post(
        path,
        {
            "steps": [
                {
                    "id": one["id"],
                    "name": "fit",
                    "status": "completed",
                    "ended_at": "2026-01-31T12:00:09Z",
                    "attempts": 2,
                }
            ]
        },
    )
    api.post(path, {"steps": [{"id": one["id"], "name": "fit", "status": "running"}], "status": "failed"})
    api.post(path, {"status": "running"})
    api.post(path, {"status": "completed"})
    detail = api.get(path)
    assert detail["status"] == "failed", "what is over stays as it ended"
    told = detail["step_runs"][0]
    assert (told["status"], told["parameters"], told["position"], told["attempts"]) == (
        "completed",
        {"a": 1},
        4,
        2,
    )
    assert told["ended_at"] == "2026-01-31T12:00:09Z"
    assert Event.objects.filter(action="run.ended").count() == 1


def test_a_late_report_may_add(api: Api) -> None:
    run = started(wanted())
    api.post("runs/", run)
    api.post(f"runs/{run['id']}/", {"status": "completed"})
    api.post(f"runs/{run['id']}/", {"steps": [step()], "metadata": {"late": True}})
    detail = api.get(f"runs/{run['id']}/")
    assert (detail["status"], len(detail["step_runs"]), detail["metadata"]) == (
        "completed",
        1,
        {"late": True},
    )


def test_a_reused_step_links_its_outputs_and_logs_again(api: Api) -> None:
    first = started(wanted())
    api.post("runs/", first)
    made = new_version("weights")
    one = step(cache_key="k", logged={"metrics": {"auc": 0.9}}, outputs=[output(made, name="model")])
    api.post(f"runs/{first['id']}/", {"steps": [one], "status": "completed"})
    found = api.get("steps/?cache_key=k")
    assert (found["id"], found["logged"]) == (one["id"], {"metrics": {"auc": 0.9}})
    assert found["outputs"][0]["artifact_version"]["id"] == made["id"]

    second = started(wanted())
    api.post("runs/", second)
    resolution = second["versions"][0]["id"]
    reused = step(
        status="cached",
        cached_from=found["id"],
        resolution=resolution,
        cache_key="k",
        outputs=[output({"id": made["id"]}, name="model", resolution=resolution, kind="model")],
    )
    api.post(f"runs/{second['id']}/", {"steps": [reused], "status": "completed"})
    assert api.get("models/churn/versions/2/")["metrics"] == {"auc": 0.9}
    links = api.get("models/churn/versions/2/artifacts/")["results"]
    assert [(x["artifact"], x["number"], x["kind"], x["name"]) for x in links] == [
        ("weights", 1, "model", "model")
    ]
    assert links[0]["run"]["id"] == first["id"], "it comes from the run that made it"
    assert api.get("artifacts/weights/")["versions"] == 1
    api.call("PATCH", "models/churn/versions/2/metadata/", {"metadata": {"metrics": {"auc": 0.1}}})
    before = database()
    api.post(f"runs/{second['id']}/", {"steps": [reused]})
    assert database() == before, "once, whatever was logged since"
    assert api.get("steps/?cache_key=k")["id"] == one["id"], "a cached one isn't reused, its source is"


def test_a_cached_step_needs_all_its_outputs(api: Api) -> None:
    api.refused("GET", "steps/?cache_key=none", None, 404, "no_cached_step")
    api.refused("GET", "steps/", None, 400)
    api.refused("GET", "steps/?cache_key=", None, 400)
    run = started()
    api.post("runs/", run)
    api.post(
        f"runs/{run['id']}/",
        {
            "steps": [
                step("empty", cache_key="k0"),
                step("failed", cache_key="k1", status="failed", outputs=[output(new_version("a"))]),
            ]
        },
    )
    api.refused("GET", "steps/?cache_key=k0", None, 404)
    api.refused("GET", "steps/?cache_key=k1", None, 404)
    held = new_version("b", uri="modelcp:sha256/" + "ab" * 32, sha256="ab" * 32)
    api.post(
        f"runs/{run['id']}/",
        {
            "steps": [
                step("old", cache_key="k2", outputs=[output(new_version("c"))]),
                step("new", cache_key="k2", ended_at="2026-02-01T00:00:00Z", outputs=[output(held)]),
            ]
        },
    )
    assert api.get("steps/?cache_key=k2")["outputs"][0]["artifact_version"]["artifact"] == "c", (
        "b's bytes are gone"
    )
    assert api.call("DELETE", "artifacts/c/versions/1/")[0] == 204
    api.refused("GET", "steps/?cache_key=k2", None, 404)


def test_what_a_report_may_not_name(api: Api) -> None:
    mine, other = started(wanted()), started(wanted())
    api.post("runs/", mine)
    api.post("runs/", other)
    theirs = step("theirs", outputs=[output(new_version("a"))])
    api.post(f"runs/{other['id']}/", {"steps": [theirs]})
    path, before = f"runs/{mine['id']}/", database()
    resolution = other["versions"][0]["id"]
    version = new_version("a")
    for steps, status, code in [
        ([{**theirs, "outputs": []}], 409, "id_taken"),
        ([step(outputs=[output(new_version("b"), resolution=resolution)])], 422, "no_such_resolution"),
        ([step(resolution=ident())], 422, "no_such_resolution"),
        ([step(inputs=[{"name": "x", "artifact_version": ident()}])], 422, "no_such_artifact_version"),
        ([step(outputs=[output({"id": ident()})])], 422, "no_such_artifact_version"),
        ([step(cached_from=ident(), status="cached")], 422, "no_such_step"),
        ([step("a"), step("a")], 409, "id_taken"),
        (
            [step(outputs=[output(version), output({**version, "artifact": "c"}, name="two")])],
            409,
            "id_taken",
        ),
        ([step("a/b")], 422, "bad_name"),
        ([step(outputs=[output(new_version("\u0007"))])], 422, "bad_name"),
        ([step(outputs=[output(new_version("a", sha256="zz"))])], 400, "bad_digest"),
        (
            [step(outputs=[output(new_version("a", uri="modelcp:sha256/" + "cd" * 32))])],
            422,
            "digest_mismatch",
        ),
        ([step(outputs=[output(new_version("a", size=-1))])], 400, None),
        (
            [step(outputs=[output(new_version("a", metadata={"x": "y" * 1_100_000}))])],
            413,
            "metadata_too_large",
        ),
        ([step(parameters=[1])], 400, None),
        ([step(status="great")], 400, None),
        ([step(position=2**40)], 400, None),
        ([{"id": "x", "name": "a"}], 400, None),
        ([step(unheard_of=1)], 400, None),
        ("steps", 400, None),
    ]:
        api.refused("POST", path, {"steps": steps}, status, code)
    api.refused("POST", path, {"metadata": {"x": "y" * 10_000_000}}, 413, "metadata_too_large")
    api.refused("POST", f"runs/{ident()}/", {"status": "completed"}, 404, "no_such_run")
    api.refused("POST", "runs/nonsense/", {"status": "completed"}, 404, "no_such_run")
    api.refused("POST", path, "{", 400, "bad_json")
    api.refused("POST", path, "[" * 100_000, 400)
    assert database() == before


def test_a_step_logs_before_it_is_reported(api: Api) -> None:
    run = started(wanted())
    api.post("runs/", run)
    told = step()
    status, _ = api.call(
        "PATCH",
        "models/churn/versions/@@" + run["versions"][0]["id"] + "/metadata/",
        {"metadata": {"metrics": {"auc": 1}}},
        Modelcp_Run=run["id"],
        Modelcp_Step=told["id"],
    )
    assert status == 200
    api.post(f"runs/{run['id']}/", {"steps": [told]})
    values = api.get("models/churn/versions/1/metadata/?detail=1")["values"]
    assert (values[0]["run"], values[0]["step"]) == (run["id"], told["id"])


def test_what_a_run_did_that_is_not_known_is_taken_all_the_same(api: Api) -> None:
    api.post("models/", {"name": "churn"})
    status, answer = api.call("POST", "models/churn/versions/", {}, Modelcp_Run=ident())
    assert (status, answer["run"]) == (201, None)


@pytest.mark.parametrize("steps", [2, 12])
def test_a_report_costs_as_many_queries_whatever_it_tells(api: Api, steps: int) -> None:
    run = started(wanted())
    api.post("runs/", run)
    report = full_report(run["versions"][0]["id"], steps=steps)
    for told in report["steps"]:
        for made in told["outputs"]:
            made["artifact_version"]["tags"] = []
    with CaptureQueriesContext(connection) as queries:
        api.post(f"runs/{run['id']}/", report)
    assert len(queries) <= 40
    with CaptureQueriesContext(connection) as queries:
        api.get(f"runs/{run['id']}/")
    assert len(queries) <= 14
    assert RunVersion.objects.count() == 1
