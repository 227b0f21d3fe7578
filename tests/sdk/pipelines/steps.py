"""A training as the tests of runs need it, from load to promotion."""

from __future__ import annotations

from typing import Annotated, Any

from modelcp import (
    ArtifactConfig,
    ModelVersion,
    get_step_context,
    pipeline,
    step,
)


@step
def numbers(count: int = 3) -> tuple[Annotated[list[int], "train"], Annotated[list[int], "test"]]:
    return list(range(count)), [0]


@step
def fit(
    train: list[int], rate: float = 0.1
) -> Annotated[dict[str, Any], ArtifactConfig("weights", is_model_artifact=True)]:
    return {"n": len(train), "rate": rate}


@step
def score(weights: dict[str, Any], test: list[int]) -> Annotated[float, "score"]:
    get_step_context().model_version.log_metadata({"metrics": {"score": 0.5}})
    return 0.5


@step
def promote() -> None:
    get_step_context().model_version.set_stage("staging")


@pipeline(enable_cache=False, model_version=ModelVersion("m", license="MIT", tags=["a"]), tags=["nightly"])
def training(count: int = 3, rate: float = 0.1) -> None:
    train, test = numbers(count)
    score(fit(train, rate=rate), test)
    promote(after="score")
