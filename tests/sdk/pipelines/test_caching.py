"""Steps that are reused, and those that never are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from modelcp import (
    ArtifactConfig,
    ModelVersion,
    get_step_context,
    log_metadata,
    pipeline,
    save_artifact,
    step,
)
from modelcp.errors import ModelcpWarning
from tests.sdk.pipelines.conftest import Registry

ran: list[str] = []


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


@step
def load(rows: int = 3) -> Annotated[list[int], "data"]:
    ran.append("load")
    return list(range(rows))


@step
def fit(
    data: list[int], rate: float = 0.1
) -> Annotated[dict[str, Any], ArtifactConfig("weights", is_model_artifact=True)]:
    ran.append("fit")
    log_metadata({"metrics": {"loss": rate}, "nested": {"rows": len(data)}})
    return {"rate": rate}


@step
def report(weights: dict[str, Any]) -> Annotated[str, "report"]:
    ran.append("report")
    return f"rate {weights['rate']}"


@pipeline(model_version=ModelVersion("m"))
def training(rows: int = 3, rate: float = 0.1) -> None:
    report(fit(load(rows), rate))


def statuses(done: Any) -> dict[str, str]:
    return {name: result.status for name, result in done.items()}


def test_what_is_unchanged_is_reused_linked_and_logged_again(registry: Registry) -> None:
    training()
    done = training()
    assert ran == ["load", "fit", "report"]
    assert statuses(done) == {"load": "cached", "fit": "cached", "report": "cached"}
    first, second = ModelVersion("m", 1), ModelVersion("m", 2)
    assert registry.links("m", 2) == ["data", "report", "weights"]
    assert registry.links("m", 2, "model") == ["weights"]
    assert first.get_artifact("weights")["id"] == second.get_artifact("weights")["id"]  # type: ignore[index]
    assert second.metadata == first.metadata == {"metrics": {"loss": 0.1}, "nested": {"rows": 3}}
    steps = registry.steps()
    assert steps["fit"]["cached_from"]
    assert steps["fit"]["logged"] == {
        "metrics": {"loss": 0.1},
        "nested": {"rows": 3},
    }
    assert done["report"].output.load() == "rate 0.1"


def test_only_what_depends_on_a_change_runs_again(registry: Registry) -> None:
    training()
    assert statuses(training(rate=0.2)) == {"load": "cached", "fit": "completed", "report": "completed"}
    assert ran == ["load", "fit", "report", "fit", "report"]
    assert ModelVersion("m", 2).load_artifact("report") == "rate 0.2"
    assert set(statuses(training(rate=0.1)).values()) == {"cached"}


def test_equal_bytes_of_another_step_count_as_the_same_input(registry: Registry) -> None:
    training()

    @step
    def other() -> Annotated[list[int], "data"]:
        return [0, 1, 2]

    @pipeline(model_version=ModelVersion("m"))
    def p() -> None:
        fit(other())

    assert statuses(p())["fit"] == "cached"


def test_one_look_up_per_cacheable_step(registry: Registry) -> None:
    training()
    sent = registry.requests(training)
    assert [path for _, path in sent].count("/api/v1/steps/") == 3


@pytest.mark.parametrize("off", ["step", "pipeline"])
def test_false_at_either_level_turns_it_off(registry: Registry, off: str) -> None:
    this = load.with_options(enable_cache=off != "step")

    @pipeline(enable_cache=off != "pipeline")
    def p() -> None:
        this()

    p()
    sent = registry.requests(p)
    assert ran == ["load", "load"]
    assert "/api/v1/steps/" not in [path for _, path in sent]


def set_stage() -> None:
    get_step_context().model_version.set_stage("staging")


def link() -> None:
    get_step_context().model_version.link_artifact({"a": 1}, name="by_hand")


def save() -> None:
    save_artifact(1, name="by_hand")


def read_stage() -> None:
    assert get_step_context().model_version.stage is None


def read_another() -> None:
    assert ModelVersion("m", 1).number == 1


def read_a_client(registry: Registry | None = None) -> None:
    from modelcp import Client

    assert Client().get_model("m").name == "m"


def read_the_run() -> None:
    assert get_step_context().pipeline_run.status == "running"


def read_the_number() -> None:
    assert get_step_context().model_version.number


@pytest.mark.parametrize(
    "act", [set_stage, link, save, read_stage, read_another, read_a_client, read_the_run, read_the_number]
)
def test_what_touches_the_registry_is_never_reused(registry: Registry, act: Callable[[], None]) -> None:
    @step
    def touching() -> Annotated[int, "one"]:
        ran.append("touching")
        act()
        return 1

    @pipeline(model_version=ModelVersion("m"))
    def p() -> None:
        touching()

    p()
    assert statuses(p()) == {"touching": "completed"}
    assert ran == ["touching", "touching"]


def test_a_step_without_outputs_is_never_reused(registry: Registry) -> None:
    @step
    def says_so() -> None:
        ran.append("says_so")

    @step
    def says_nothing():  # type: ignore[no-untyped-def]
        ran.append("says_nothing")

    @pipeline
    def p() -> None:
        says_so()
        says_nothing()

    p()
    p()
    assert ran == ["says_so", "says_nothing"] * 2


def test_a_failed_step_is_not_reused_and_one_before_it_is(registry: Registry) -> None:
    @step
    def fails(data: list[int]) -> Annotated[int, "never"]:
        raise ValueError("no")

    @pipeline
    def p() -> None:
        fails(load())

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            p()
    assert ran == ["load"]
    assert {name: one["status"] for name, one in registry.steps().items()} == {
        "load": "cached",
        "fails": "failed",
    }


def test_a_deleted_artifact_makes_the_step_run_again(registry: Registry) -> None:
    @pipeline
    def p() -> None:
        load()

    p()
    registry.client.delete_artifact_version("data", 1)
    assert statuses(p()) == {"load": "completed"}
    assert ran == ["load", "load"]


def test_lost_bytes_make_the_step_run_again(registry: Registry) -> None:
    @pipeline
    def p() -> None:
        load()

    saved = p()["load"].output
    path = registry.client.home_store().local_path(saved["uri"])
    assert path is not None
    path.unlink()
    assert statuses(p()) == {"load": "completed"}
    assert p()["load"].output.load() == [0, 1, 2]


def test_parameters_that_cannot_be_told_apart_are_not_cached(registry: Registry) -> None:
    @step
    def call(what: Any) -> Annotated[int, "called"]:
        ran.append("call")
        return 1

    @pipeline
    def p() -> None:
        call(i for i in range(3))

    p()
    p()
    assert ran == ["call", "call"]


def about() -> str:
    return get_step_context().model_version.name


@step
def title() -> str:
    return about()


def test_what_a_step_asks_of_its_model_is_that_models(registry: Registry) -> None:
    def titled(name: str) -> tuple[str, str]:
        @pipeline(model_version=ModelVersion(name))
        def naming() -> None:
            title()

        done = naming()["title"]
        return done.status, done.output.load()

    assert [titled(name) for name in ("one", "two", "one")] == [
        ("completed", "one"),
        ("completed", "two"),
        ("cached", "one"),
    ]


def test_metadata_for_which_a_version_has_no_room_costs_no_link_and_is_told(registry: Registry) -> None:
    @step
    def describe() -> Annotated[int, "described"]:
        log_metadata({"text": "a" * (600 << 10), "metrics": {"auc": 0.9}})
        return 1

    @pipeline(model_version=ModelVersion("m", "v"))
    def p() -> None:
        describe()

    p()
    version = ModelVersion("m", "v")
    version.log_metadata({"text": "", "more": "b" * (600 << 10), "metrics": {"auc": 0.1}})
    version.delete_artifact("described")
    with pytest.warns(ModelcpWarning, match=r"the reused step 'describe'.* no room for it: 'text'"):
        assert statuses(p()) == {"describe": "cached"}
    assert (version.metadata["text"], version.metadata["metrics"]) == ("", {"auc": 0.9})
    assert registry.links("m", "v") == ["described"]
    assert registry.run()["status"] == "completed"
