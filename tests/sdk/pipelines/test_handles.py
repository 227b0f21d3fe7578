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
    with pytest.raises(NotFound, match=r"No artifact 'output' is linked to .*'churn', number=2"):
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


def asked(**filters: Any) -> list[tuple[str, str, int]]:
    """What the newest run resolved: model, words, number."""
    newest = next(iter(Client().list_runs(limit=1, **filters)))
    rows = Client().get_run(newest["id"])["versions"]
    return sorted((row["model"], row["asked"], row["number"]) for row in rows)


def users(model: str) -> list[str]:
    """The pipelines that a promotion to production would move to another version."""
    return [user["pipeline"] for user in Client().plan_promotion(model, 2, "production").users]


def test_a_version_read_in_the_body_is_recorded(churn: str, registry: Registry) -> None:
    registry.client.link_artifact(churn, 1, registry.client.save_artifact(2, "clf"), kind="model")

    @step(enable_cache=False, model_version=ModelVersion(churn))
    def predict(clf: int) -> Annotated[int, "output"]:
        return clf

    @pipeline
    def predicting() -> None:
        for _ in range(2):
            predict(ModelVersion(churn, "production").get_model_artifact("clf"))  # type: ignore[arg-type]
        assert Client().get_model_version(churn, 2).number == 2

    sent = registry.requests(predicting)
    assert asked() == [("churn", "2", 2), ("churn", "new", 3), ("churn", "production", 1)]
    assert numbers(churn) == [1, 2, 3], "the step's own version is a new one for all that the body read"
    assert users(churn) == ["predicting"]
    assert len([path for _, path in sent if path == "/api/v1/batch/"]) == 2


def test_a_version_that_a_client_reads_in_a_step_is_recorded_once(churn: str) -> None:
    def act() -> None:
        known = Client().get_model_version(churn, "production")
        Client().get_model_version(churn, "production", known=known)
        Client().get_model_version(churn, known)
        Client().get_model_version(churn, "production", as_of=known["created_at"])
        Client().get_model_version(churn)

    with pytest.raises(NotFound):
        run(act)
    run(lambda: [Client().get_model_version(churn, "production") for _ in range(3)])
    assert asked() == [("churn", "production", 1)]
    assert users(churn) == ["p"]


def test_a_handle_that_found_its_version_before_is_recorded_in_each_run(churn: str) -> None:
    handle = ModelVersion(churn, "production")
    for _ in range(2):
        run(lambda: (handle.number, handle.metadata, handle.stage))
        assert asked() == [("churn", "production", 1)]
    Client().promote(churn, 2, "production")
    run(lambda: handle.number)
    assert asked() == [("churn", "production", 1)], "it keeps the version that it found"
    Client().delete_model_version(churn, 1)
    run(lambda: handle.number)
    assert asked() == [("churn", "production", 1)]
    assert Client().connection.flush().refused == []
