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
