"""What the body of a pipeline may do: nest, read its version, be wrong, take any parameter."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
import pytest

from modelcp import (
    ModelVersion,
    get_pipeline_context,
    get_step_context,
    log_metadata,
    pipeline,
    step,
)
from modelcp.errors import GraphError, ModelcpWarning
from tests.sdk.pipelines.conftest import Registry
from tests.sdk.pipelines.steps import fit, numbers, score, training


def test_nested_pipelines_are_one_run(registry: Registry) -> None:
    @pipeline(model_version=ModelVersion("inner"))
    def prepare() -> Any:
        return numbers()

    @pipeline(enable_cache=False, model_version=ModelVersion("outer"))
    def whole() -> None:
        train, _ = prepare()
        fit(train)

    whole()
    assert len(list(registry.client.list_runs())) == 1
    assert registry.links("inner", 1) == ["test", "train"]
    assert registry.links("outer", 1) == ["weights"]


def test_a_pipeline_called_in_a_step_is_a_run_of_its_own(registry: Registry) -> None:
    @step
    def outer() -> Annotated[str, "status"]:
        status = training().status
        assert get_step_context().step_name == "outer"
        return status

    @pipeline
    def p() -> None:
        outer()

    assert p()["outer"].output.load() == "completed"
    assert sorted(run["pipeline"] for run in registry.client.list_runs()) == ["p", "training"]


def test_the_body_may_read_the_version(registry: Registry) -> None:
    training()
    ModelVersion("m", 1).set_stage("production")

    @pipeline(model_version=ModelVersion("m", "production"))
    def predicting() -> None:
        context = get_pipeline_context()
        assert context.name == "predicting"
        weights = context.model_version.get_model_artifact("weights")
        score(weights, [1])  # type: ignore[arg-type]

    predicting()
    run = registry.run()
    assert [v["asked"] for v in run["versions"]] == ["production"]
    assert "score" in registry.links("m", 1)


def test_a_body_that_fails_after_reading_leaves_a_failed_run(registry: Registry) -> None:
    @pipeline(model_version=ModelVersion("m"))
    def p() -> None:
        assert get_pipeline_context().model_version.number == 1
        raise LookupError("no such table")

    with pytest.raises(LookupError, match="no such table"):
        p()
    assert (registry.run()["status"], registry.run()["error"]) == ("failed", "LookupError: no such table")


@pytest.mark.parametrize(
    ("unpack", "said"),
    [
        ("a, b, c = numbers()", r"'numbers' has 2 outputs \('train', 'test'\).*expected 3"),
        ("a, = numbers()", r"'numbers' has 2 outputs.*expected 1"),
    ],
)
def test_wrong_unpacking_names_the_step(registry: Registry, unpack: str, said: str) -> None:
    namespace: dict[str, Any] = {"numbers": numbers}
    exec(f"def body():\n    {unpack}\n", namespace)
    with pytest.raises(GraphError, match=said):
        pipeline(namespace["body"])()
    assert list(registry.client.list_runs()) == []


def test_a_body_without_steps_and_wrong_parameters_are_refused(registry: Registry) -> None:
    with pytest.raises(GraphError, match="calls no step"):
        pipeline(name="empty")(lambda: None)()
    with pytest.raises(
        GraphError, match="'training' can't be called so: got an unexpected keyword argument 'nope'"
    ):
        training(nope=1)  # type: ignore[call-arg]

    async def body() -> None: ...

    with pytest.raises(GraphError, match="async"):
        pipeline(body)()


class Odd(dict[str, int]):
    def items(self) -> Any:
        raise RuntimeError("not today")

    def __repr__(self) -> str:
        raise RuntimeError("nor this")


@pytest.mark.parametrize(
    ("value", "recorded"),
    [
        (np.arange(3), "array([0, 1, 2])"),
        (np.float32(2.5), 2.5),
        (np.int64(3), 3),
        (np.array(np.nan), "nan"),
        (pd.DataFrame({"a": [1]}), "   a\n0  1"),
        ({}, {}),
        ((), []),
        (float("nan"), "nan"),
        (2**70, str(2**70)),
        ({"a": (1, {2})}, {"a": [1, [2]]}),
        ("\ud800\0", "\\ud800␀"),
        (Odd(a=1), "<Odd>"),
    ],
)
def test_any_value_may_be_a_parameter(registry: Registry, value: Any, recorded: Any) -> None:
    @step
    def take(value: Any, *rest: Any, **more: Any) -> Annotated[int, "one"]:
        return 1

    @pipeline
    def p(value: Any) -> None:
        take(value)

    assert p(value).status == "completed"
    assert registry.steps()["take"]["parameters"] == {"value": recorded}
    assert registry.run()["parameters"] == {"value": recorded}


def test_what_is_too_much_for_the_record_costs_no_record(registry: Registry) -> None:
    @step
    def logs(table: Any) -> Annotated[int, "one"]:
        for key in ("a", "b"):
            log_metadata({key: "x" * 600_000})
        return len(table)

    table = [["x" * 9_000] * 100] * 2

    @pipeline(model_version=ModelVersion("m"))
    def p(table: Any) -> None:
        logs(table)

    for _ in range(2):
        with pytest.warns(ModelcpWarning, match="The metadata is 1,200"):  # refused, and nothing else with it
            assert p(table)["logs"].status == "completed", "what can't be logged again can't be reused"
    told = registry.steps()["logs"]
    assert (len(told["parameters"]["table"]), len(registry.run()["parameters"]["table"])) == (501, 501)
    assert set(ModelVersion("m", 2).metadata) == {"a"}
    assert registry.links("m", 2) == ["one"]
