"""Neighbouring reports of a run go as one."""

from __future__ import annotations

from typing import Any

from modelcp import ModelVersion, pipeline, step
from modelcp.coalesce import coalesced
from modelcp.outbox import Operation
from tests.sdk.pipelines.conftest import Registry

RUN, OTHER = (f"/api/v1/runs/{letter * 8}-0000-7000-8000-{letter * 12}/" for letter in "ab")


def report(path: str = RUN, **body: Any) -> Operation:
    return Operation("POST", path, body)


def test_neighbours_merge_and_nothing_else_does() -> None:
    first = report(steps=[{"id": "1", "status": "running", "name": "a"}], metadata={"m": {"x": 1}})
    second = report(
        steps=[{"id": "1", "status": "completed"}, {"id": "2"}], status="completed", metadata={"m": {"y": 2}}
    )
    between = Operation("PATCH", "/api/v1/models/m/versions/1/metadata/", {})
    sent = coalesced(
        [first, second, report(OTHER), between, report(), Operation("POST", "/api/v1/runs/", {})]
    )
    assert [len(members) for _, members in sent] == [2, 1, 1, 1, 1]
    assert sent[0][0].body == {
        "steps": [{"id": "1", "status": "completed", "name": "a"}, {"id": "2"}],
        "status": "completed",
        "metadata": {"m": {"x": 1, "y": 2}},
    }
    assert sent[0][0].id not in (first.id, second.id)
    assert sent[2][0] is between


def test_reports_of_another_step_or_door_stay_apart() -> None:
    other = report()
    other.step = "s"
    assert len(coalesced([report(), other, report()])) == 3


def test_a_refused_one_does_not_take_the_others_with_it(registry: Registry) -> None:
    @step
    def one() -> int:
        return 1

    @pipeline(enable_cache=False, model_version=ModelVersion("m"))
    def p() -> None:
        one()

    run = p().id
    client = registry.client
    client.report_run(run, {"metadata": {"a": 1}})
    client.report_run(run, {"steps": [{"id": run, "name": "bad", "resolution": run}]})  # no such resolution
    client.report_run(run, {"metadata": {"b": 2}})
    refused = client.flush().refused
    assert [one["error"]["code"] for one in refused] == ["no_such_resolution"]
    assert registry.run()["metadata"] == {"a": 1, "b": 2}
