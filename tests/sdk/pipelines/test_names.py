"""Names with accents, composed in either of Unicode's ways: saved under one, found under the other."""

from __future__ import annotations

from typing import Annotated

import pytest

from modelcp import ModelVersion, load_artifact, pipeline, step
from modelcp.errors import NotFound
from tests.sdk.pipelines.conftest import Registry

ONE, OTHER = "Gr\u00f6\u00dfe", "Gro\u0308\u00dfe"


@step(name=OTHER)
def measure() -> Annotated[int, OTHER]:
    return 3


@step
def note(x: int) -> None: ...


@pytest.mark.parametrize("name", [ONE, OTHER])
def test_a_name_is_found_however_its_accents_are_composed(registry: Registry, name: str) -> None:
    @pipeline(name=name, model_version=ModelVersion(name, name))
    def sizes() -> None:
        note(1, after=[name])
        measure()

    run = sizes()
    version = ModelVersion(name, name)
    assert run[name].output.load() == version.load_artifact(name) == load_artifact(name) == 3
    assert version.get_pipeline_run(run.name.replace(ONE, name)).status == "completed"
    version.delete_artifact(name)
    with pytest.raises(NotFound):
        version.load_artifact(name)


KEYS = ["don\x92t", "x" * 240 + " y" * 20, "y" * 300, "a/b", "@ a", "e\u0301", "\u00e9", "\ud800", ".."]


def test_an_input_of_any_name_loses_no_step(registry: Registry) -> None:
    @step
    def take(parts: dict[str, int]) -> Annotated[int, "total"]:
        return sum(parts.values())

    @pipeline(model_version=ModelVersion("m"))
    def p() -> None:
        part = measure()
        take(dict.fromkeys(KEYS, part))
        note(take({"": part}), after=[take])

    assert p()["take"].output.load() == 3 * len(KEYS)
    run = registry.run()
    assert [(one["name"], one["status"]) for one in run["step_runs"]] == [
        (name, "completed") for name in (ONE, "take", "take_2", "note")
    ]
    assert run["status"] == "completed"
    assert len(registry.steps()["take"]["inputs"]) == len(KEYS)
    assert registry.client.sync().refused == []


def test_a_step_of_the_longest_name_may_be_called_twice(registry: Registry) -> None:
    longest = note.with_options(name="s" * 255)

    @pipeline
    def p() -> None:
        longest(1)
        longest(2)

    p()
    assert list(registry.steps()) == ["s" * 255, "s" * 248 + "_2"]
    assert registry.run()["status"] == "completed"
