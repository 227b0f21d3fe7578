"""Runs, as the registry has them afterwards."""

from __future__ import annotations

import warnings
from typing import Annotated, Any

import numpy as np
import pytest

from modelcp import (
    ArtifactConfig,
    ModelVersion,
    get_step_context,
    pipeline,
    save_artifact,
    step,
)
from modelcp.errors import Conflict, ModelcpWarning, NotFound, Refused, RuleRefused
from tests.sdk.pipelines.conftest import Registry
from tests.sdk.pipelines.steps import fit, numbers, score, training


def test_a_run_registers_links_promotes_and_is_recorded(registry: Registry) -> None:
    done = training(count=4)
    version = ModelVersion("m", "staging")
    assert version.number == 1
    assert done.model_version == version
    assert done.status == "completed"
    assert {kind: registry.links("m", 1, kind) for kind in ("data", "model")} == {
        "data": ["score", "test", "train"],
        "model": ["weights"],
    }
    assert version.get_model_artifact("weights").load() == {"n": 4, "rate": 0.1}  # type: ignore[union-attr]
    assert version.metadata == {"metrics": {"score": 0.5}}
    run = registry.run()
    assert (run["pipeline"], run["status"], run["parameters"], run["tags"]) == (
        "training",
        "completed",
        {"count": 4, "rate": 0.1},
        ["nightly"],
    )
    assert run["environment"]["packages"]["numpy"]
    assert run["code"]["source_digest"]
    steps = {one["name"]: one for one in run["step_runs"]}
    assert list(steps) == ["numbers", "fit", "score", "promote"]
    assert steps["fit"]["upstream"] == ["numbers"]
    assert steps["promote"]["upstream"] == ["score"]
    assert steps["fit"]["parameters"] == {"rate": 0.1}
    assert steps["numbers"]["parameters"] == {"count": 4}
    assert sorted(one["name"] for one in steps["score"]["inputs"]) == ["test", "weights"]
    assert done["fit"].output.load() == {"n": 4, "rate": 0.1}
    assert done.steps["promote"].outputs == {}


def test_two_round_trips(registry: Registry) -> None:
    @pipeline(enable_cache=False, model_version=ModelVersion("m"))
    def quiet() -> None:
        train, test = numbers()
        score(fit(train), test)

    sent = [path for _, path in registry.requests(quiet)]
    assert sent == ["/api/v1/batch/", "/api/v1/batch/"]


def test_the_steps_version_beats_the_pipelines_and_the_outputs_beats_both(registry: Registry) -> None:
    @step
    def plain() -> Annotated[int, "in_pipeline"]:
        return 1

    @step(model_version=ModelVersion("stepwise", "1.0.5"))
    def own() -> tuple[
        Annotated[int, "in_step"], Annotated[int, ArtifactConfig("in_output", model_name="elsewhere")]
    ]:
        return 2, 3

    @pipeline(enable_cache=False, model_version=ModelVersion("pipewise"))
    def both() -> None:
        plain()
        own()

    sent = registry.requests(both)
    assert len([path for _, path in sent if path == "/api/v1/batch/"]) == 2  # all resolved by the start
    assert registry.links("pipewise", 1) == ["in_pipeline"]
    assert registry.links("stepwise", "1.0.5") == ["in_step"]
    assert registry.links("elsewhere", "latest") == ["in_output"]


def test_a_version_is_made_once_per_run_and_model(registry: Registry) -> None:
    @step(model_version=ModelVersion("m"))
    def again() -> Annotated[int, "again"]:
        return 1

    @step
    def inside() -> Annotated[int, ArtifactConfig("inside", model_name="m")]:
        ModelVersion("m").log_metadata({"from": "inside"})
        return 1

    @pipeline(enable_cache=False, model_version=ModelVersion("m"))
    def p() -> None:
        again()
        inside()

    p()
    assert registry.links("m", 1) == ["again", "inside"]
    assert [v.number for v in registry.client.list_model_versions("m")] == [1]
    assert ModelVersion("m").metadata == {"from": "inside"}


def test_a_stage_is_read_and_recorded_with_the_words_asked(registry: Registry) -> None:
    training()
    ModelVersion("m", 1).set_stage("production")

    @step
    def predict() -> Annotated[int, "sum"]:
        return int(ModelVersion("m", "production").load_artifact("weights")["n"])

    @pipeline(enable_cache=False, model_version=ModelVersion("other"))
    def batch() -> None:
        predict()

    batch()
    run = registry.run()
    assert {(v["model"], v["asked"], v["created"]) for v in run["versions"]} == {
        ("other", "new", True),
        ("m", "production", False),
    }
    assert [one["name"] for one in run["step_runs"][0]["inputs"]] == ["weights"]
    assert ModelVersion("other").load_artifact("sum") == 3


@pytest.mark.parametrize(
    ("template", "error"),
    [
        (ModelVersion("m", "production"), NotFound),
        (ModelVersion("m", 7), NotFound),
        (ModelVersion("m", "nope", create_new_model_version=False), NotFound),
        (ModelVersion("m", "1", create_new_model_version=True), Conflict),
        (ModelVersion("m", "staging", create_new_model_version=True), RuleRefused),
    ],
)
def test_a_version_that_cannot_be_had_is_refused_before_anything_runs(
    registry: Registry, template: ModelVersion, error: type[Refused]
) -> None:
    ran: list[int] = []
    registry.client.create_model("m")
    registry.client.create_model_version("m")

    @step
    def note() -> int:
        ran.append(1)
        return 1

    @pipeline(model_version=template)
    def p() -> None:
        note()

    with pytest.raises(error):
        p()
    assert registry.client.flush().refused == []
    assert ran == []
    assert list(registry.client.list_runs()) == []


def test_fields_that_differ_are_told_unless_suppressed(registry: Registry) -> None:
    training()

    def other(**options: Any) -> None:
        @pipeline(model_version=ModelVersion("m", license="GPL", **options))
        def p() -> None:
            numbers()

        p()

    with pytest.warns(ModelcpWarning, match=r"license of 'm' is 'MIT', not 'GPL'"):
        other()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        other(suppress_class_validation_warnings=True)


def test_two_templates_of_a_model_give_what_they_have_and_are_told_apart(registry: Registry) -> None:
    def p(**more: Any) -> Any:
        fitting = fit.with_options(model_version=ModelVersion("m", license="GPL", audience="All.", **more))

        @pipeline(enable_cache=False, model_version=ModelVersion("m", license="MIT", tags=["a"]))
        def both() -> None:
            fitting(fitting([1]))  # type: ignore[arg-type]

        return both

    with pytest.warns(ModelcpWarning) as told:
        p(tags=["b"])()
    assert [str(one.message) for one in told] == [
        "This run gives 'm' the license 'MIT' and, after it, 'GPL': the first counts."
    ]
    model = registry.client.get_model("m")
    assert (model.license, model.audience, model.tags) == ("MIT", "All.", ["a", "b"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p(tags=["b"], suppress_class_validation_warnings=True)()


def test_an_artifact_version_may_be_passed(registry: Registry) -> None:
    table = save_artifact({"rows": [1, 2]}, name="table")

    @step
    def count(rows: dict[str, Any], more: list[Any]) -> Annotated[int, "count"]:
        assert list(get_step_context().inputs) == ["rows", "more[0]"]
        return len(rows["rows"]) + len(more[0]["rows"])

    @pipeline
    def p() -> None:
        count(table, [table])  # type: ignore[arg-type]

    done = p()
    assert done["count"].output.load() == 4
    read = registry.steps()["count"]["inputs"]
    assert {(one["name"], str(one["artifact_version"]["id"])) for one in read} == {
        ("rows", table["id"]),
        ("more[0]", table["id"]),
    }


def test_a_step_that_changes_its_input_changes_nobody_elses(registry: Registry) -> None:
    @step
    def make() -> Annotated[Any, "array"]:
        return np.zeros(3)

    @step
    def spoil(array: Any) -> Annotated[float, "total"]:
        array += 1
        return float(array.sum())

    @pipeline(enable_cache=False)
    def p() -> None:
        array = make()
        spoil(array)
        spoil(array)

    done = p()
    assert [done[name].output.load() for name in ("spoil", "spoil_2")] == [3.0, 3.0]
    assert done["make"].output.load().sum() == 0


def test_two_hundred_outputs(registry: Registry) -> None:
    @step
    def many() -> tuple[*(Annotated[int, f"out{i}"] for i in range(200))]:  # type: ignore[valid-type]
        return tuple(range(200))

    @step
    def total(parts: list[int]) -> Annotated[int, "total"]:
        return sum(parts)

    @pipeline(enable_cache=False, model_version=ModelVersion("m"))
    def p() -> None:
        total(list(many()))

    assert p()["total"].output.load() == sum(range(200))
    assert len(registry.links("m", 1)) == 201


def test_unicode_names(registry: Registry) -> None:
    @step(name="学習 🚂")
    def lernen() -> Annotated[str, "Größe"]:
        return "ß"

    @pipeline(name="обучение", model_version=ModelVersion("модель"))
    def p() -> None:
        lernen()

    p()
    assert registry.run()["pipeline"] == "обучение"
    assert list(registry.steps()) == ["学習 🚂"]
    assert ModelVersion("модель").load_artifact("Größe") == "ß"


def test_without_a_model_version_outputs_are_kept_and_linked_nowhere(registry: Registry) -> None:
    @pipeline
    def p() -> None:
        numbers()

    done = p()
    assert done.model_version is None
    assert done["numbers"].outputs["test"].load() == [0]
    assert list(registry.client.list_models()) == []


def test_tags_of_steps_and_outputs_reach_the_artifacts(registry: Registry) -> None:
    @step(tags=["fresh"])
    def tagged() -> Annotated[int, ArtifactConfig("tagged", tags=["gold"])]:
        return 1

    @pipeline
    def p() -> None:
        tagged()

    p()
    assert sorted(registry.client.get_artifact("tagged")["tags"]) == ["fresh", "gold"]
