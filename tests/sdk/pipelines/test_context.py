"""What a step, a body and a tracked block can ask, and what is recorded of them."""

from __future__ import annotations

import contextvars
import threading
from decimal import Decimal
from typing import Annotated, Any

import pytest

from modelcp import (
    Client,
    ModelVersion,
    get_pipeline_context,
    get_step_context,
    load_artifact,
    log_metadata,
    pipeline,
    save_artifact,
    step,
    track_run,
)
from modelcp.errors import NotFound, StepContextError
from tests.sdk.pipelines.conftest import Registry, run_only


def test_outside_there_is_no_context() -> None:
    with pytest.raises(StepContextError, match="outside a step"):
        get_step_context()
    with pytest.raises(StepContextError, match="outside a pipeline's body"):
        get_pipeline_context()
    with pytest.raises(StepContextError):
        log_metadata({"a": 1})


def test_a_step_knows_itself(registry: Registry) -> None:
    seen: dict[str, Any] = {}

    @step
    def look(rows: list[int], rate: Any = 0.5, *, depth: int = 2) -> Annotated[int, "one"]:
        context = get_step_context()
        seen.update(
            name=context.step_name,
            parameters=context.parameters,
            run=context.pipeline_run.pipeline,
            version=context.model_version.number,
        )
        return len(rows)

    @pipeline(model_version=ModelVersion("m"))
    def looking() -> None:
        assert get_pipeline_context().parameters == {}
        with pytest.raises(StepContextError):
            get_step_context()
        look([1])
        look([1, 2], rate=Decimal("0.1"))

    looking()
    assert seen == {
        "name": "look_2",
        "parameters": {"rows": [1, 2], "rate": Decimal("0.1"), "depth": 2},
        "run": "looking",
        "version": 1,
    }
    with pytest.raises(StepContextError):
        get_step_context()


def test_without_a_version_the_context_says_so(registry: Registry) -> None:
    @step
    def lost() -> None:
        with pytest.raises(StepContextError, match="'lost' has no model version"):
            _ = get_step_context().model_version

    run_only(lost)


def test_a_thread_takes_the_context_along_if_it_is_given_it(registry: Registry) -> None:
    names: list[str] = []

    def work() -> None:
        try:
            names.append(get_step_context().step_name)
        except StepContextError:
            names.append("none")

    @step
    def threaded() -> None:
        context = contextvars.copy_context()
        for target in (work, lambda: context.run(work)):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()

    run_only(threaded)
    assert names == ["none", "threaded"]


def test_tracked_code_is_a_run_of_one_step(registry: Registry) -> None:
    save_artifact({"rows": 3}, name="table")
    with track_run(
        "nightly", model_version=ModelVersion("m"), parameters={"day": 3}, tags=["batch"]
    ) as tracked:
        assert tracked.run.status == "running"
        assert load_artifact("table") == {"rows": 3}
        save_artifact([1, 2], name="predictions")
        save_artifact([3], name="predictions")
        log_metadata({"metrics": {"rows": 2}})
        print("done")
        assert get_step_context().step_name == "nightly"
        assert tracked.model_version.number == 1
    run = registry.run()
    assert (run["pipeline"], run["status"], run["parameters"], run["tags"]) == (
        "nightly",
        "completed",
        {"day": 3},
        ["batch"],
    )
    only = run["step_runs"][0]
    assert [one["artifact_version"]["artifact"] for one in only["inputs"]] == ["table"]
    assert [one["artifact_version"]["number"] for one in only["outputs"]] == [1, 2]
    assert registry.links("m", 1) == ["predictions", "predictions"]
    assert ModelVersion("m", 1).metadata == {"metrics": {"rows": 2}}
    logs = registry.client._get(registry.client._path("runs", run["id"], "steps", only["id"]))["logs"]
    assert logs == "done\n"


@pytest.mark.parametrize(
    ("raised", "status"),
    [(ValueError("no"), "failed"), (KeyboardInterrupt(), "cancelled"), (SystemExit(3), "failed")],
)
def test_what_is_raised_in_tracked_code_goes_on(
    registry: Registry, raised: BaseException, status: str
) -> None:
    with (
        pytest.raises(type(raised)) as caught,
        track_run("nightly", model_version=ModelVersion("m", delete_new_version_on_failure=True)),
    ):
        raise raised
    assert caught.value is raised
    assert registry.run()["status"] == status
    assert len(list(registry.client.list_model_versions("m"))) == (0 if status == "failed" else 1)


def test_tracked_code_is_not_nested(registry: Registry) -> None:
    with track_run("outer"), pytest.raises(StepContextError, match="inside step 'outer'"), track_run("inner"):
        raise AssertionError("never here")
    assert registry.run()["status"] == "completed"
    assert len(list(registry.client.list_runs())) == 1


def test_a_refused_version_refuses_the_block(registry: Registry) -> None:
    with pytest.raises(NotFound), track_run("x", model_version=ModelVersion("m", "production")):
        raise AssertionError("never here")
    assert list(registry.client.list_runs()) == []


def test_a_model_renamed_during_a_run_gets_what_the_run_still_sends(registry: Registry) -> None:
    @step
    def train() -> Annotated[int, "weights"]:
        version = get_step_context().model_version
        Client().update_model("first", new_name="second")
        log_metadata({"metrics": {"f1": 0.5}})
        version.log_metadata({"rows": 3})
        version.set_stage("staging")
        assert version.metadata == {"metrics": {"f1": 0.5}, "rows": 3}
        return 1

    @pipeline(model_version=ModelVersion("first"))
    def training() -> None:
        train()

    training()
    found = Client().get_model_version("second", "staging")
    assert (found.number, found.metrics, ModelVersion("second").load_artifact("weights")) == (
        1,
        {"f1": 0.5},
        1,
    )
