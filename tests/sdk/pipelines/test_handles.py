"""Handles that a run's own code makes: they find and never create."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from modelcp import Client, ModelVersion, log_metadata, pipeline, save_artifact, step, track_run
from modelcp.errors import NotFound
from tests.sdk.pipelines.conftest import Registry


def run(act: Callable[[], Any], model_version: ModelVersion | None = None) -> list[Any]:
    """What `act` gives in a step of a run."""
    got = []

    @step
    def acting() -> Annotated[int, "output"]:
        got.append(act())
        return 1

    @pipeline(name="p", enable_cache=False, model_version=model_version)
    def p() -> None:
        acting()

    p()
    return got


def numbers(model: str) -> list[int]:
    return sorted(version.number for version in Client().list_model_versions(model))


@pytest.fixture
def churn(registry: Registry) -> str:
    """A model with versions 1, in production, and 2."""
    client = registry.client
    client.create_model("churn")
    client.create_model_version("churn")
    client.create_model_version("churn")
    client.promote("churn", 1, "production")
    return "churn"


@pytest.mark.parametrize("template", [None, ModelVersion("other")])
def test_a_handle_in_a_step_finds_the_latest(churn: str, template: ModelVersion | None) -> None:
    assert run(lambda: ModelVersion(churn).number, template) == [2]
    assert run(lambda: ModelVersion(churn, create_new_model_version=True).number, template) == [2]
    with pytest.raises(
        NotFound, match=r"No artifact 'output' is linked to .*'churn', number=2"
    ):
        run(lambda: ModelVersion(churn).load_artifact("output"), template)
    run(lambda: log_metadata({"seen": True}, model_name=churn), template)
    assert numbers(churn) == [1, 2]
    assert ModelVersion(churn, 2).metadata == {"seen": True}


def test_a_handle_in_a_step_makes_neither_model_nor_version(churn: str) -> None:
    with pytest.raises(NotFound, match="There is no model 'chum'") as refused:
        run(lambda: ModelVersion("chum").get_artifact("x"))
    assert "churn" in str(refused.value.hint)
    with pytest.raises(NotFound, match="has no version 'blue'"):
        run(lambda: ModelVersion(churn, "blue").artifacts())
    with pytest.raises(NotFound), track_run("tracked"):
        log_metadata({"a": 1}, model_name="chum")
    assert [model.name for model in Client().list_models()] == ["churn"]
    assert numbers(churn) == [1, 2]


def test_a_handle_in_a_step_finds_what_the_run_made(churn: str) -> None:
    def act() -> Any:
        save_artifact(1, "late")
        return ModelVersion(churn).number, ModelVersion(churn, "blue").number, ModelVersion(churn, 3).number

    assert run(act, ModelVersion(churn, "blue")) == [(3, 3, 3)]
    assert run(lambda: ModelVersion(churn).number, ModelVersion(churn, "production")) == [1]
    assert numbers(churn) == [1, 2, 3]


def test_without_a_server_it_still_finds_what_the_run_uses(registry: Registry, churn: str) -> None:
    registry.transport.down = True
    with pytest.warns(match="wait"):
        run(lambda: ModelVersion(churn).log_metadata({"a": 1}), ModelVersion(churn, "production"))
    registry.transport.down = False
    registry.client.flush()
    assert (ModelVersion(churn, 1).metadata, ModelVersion(churn, 2).metadata) == ({"a": 1}, {})
