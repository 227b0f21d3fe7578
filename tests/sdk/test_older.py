"""What a program written for the older API meets: names that stand where they stood, else what to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

import modelcp
from modelcp import Client, ModelVersion, pipeline, step
from modelcp.errors import GraphError, InvalidInput
from modelcp.pipelines.context import PipelineContext, StepContext

PIPELINE_CONTEXT: Any = PipelineContext("p", {}, Mock(), None)
STEP_CONTEXT: Any = StepContext(Mock())


@step
def load() -> int:
    return 1


@pipeline
def training() -> None:
    load()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("from modelcp import Model", r"Write ModelVersion\("),
        ("from modelcp import step, ExternalArtifact", "Pass the value itself"),
        ("from modelcp import log_model_metadata as log", "Write log_metadata"),
        ("from modelcp import ModelArtifactConfig", "is_model_artifact=True"),
    ],
)
def test_an_import_says_what_to_write(source: str, said: str) -> None:
    with pytest.raises(ImportError, match=said):
        exec(source, {})


def test_asking_for_a_name_is_no_import() -> None:
    assert not hasattr(modelcp, "Model")
    with pytest.raises(AttributeError, match="Write ModelVersion"):
        _ = modelcp.Model
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec("from modelcp import nothing", {})


@pytest.mark.parametrize("decorate", [step, pipeline, load.with_options, training.with_options])
def test_an_option_that_is_not_there_says_what_to_write(decorate: Callable[..., Any]) -> None:
    with pytest.raises(GraphError, match=r"no option 'model'\. Write model_version=ModelVersion"):
        decorate(model=ModelVersion("m"))
    with pytest.raises(GraphError, match="Leave it out; there are name, model_version, enable_cache, tags"):
        decorate(settings={})


def test_a_pipeline_is_not_tried_again() -> None:
    assert load.with_options(retries=2).options.retries == 2
    with pytest.raises(GraphError, match=r"A pipeline has no option 'retries'.*enable_cache, tags\.$"):
        training.with_options(retries=2)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: load.after, r"'after'\. Write after="),
        (lambda: training.configure, r"'configure'\. Write with_options"),
        (lambda: Client().active_stack, r"'active_stack'\. There are no stacks"),
        (lambda: PIPELINE_CONTEXT.model, r"'model'\. It is \.model_version"),
        (lambda: STEP_CONTEXT.add_output_metadata, r"'add_output_metadata'\. Write log_metadata"),
        (lambda: ModelVersion("m").run_metadata, r"'run_metadata'\. It is \.metadata"),
        (lambda: ModelVersion("m").nothing, "'ModelVersion' object has no attribute 'nothing'$"),
    ],
)
def test_an_attribute_that_is_not_there_says_what_to_write(
    ask: Callable[[], Any], said: str, own_home: object
) -> None:
    with pytest.raises(AttributeError, match=said):
        ask()


def test_the_older_place_of_the_config() -> None:
    from modelcp.model import ArtifactConfig

    assert ArtifactConfig is modelcp.ArtifactConfig


@pytest.mark.parametrize("wrong", [{}, {"value": 1, "data": 2}])
def test_an_artifact_has_one_value(wrong: dict[str, Any], own_home: object) -> None:
    with pytest.raises(InvalidInput, match=r"one value\. Write save_artifact\(value"):
        modelcp.save_artifact(name="nothing", **wrong)  # type: ignore[call-overload]
