"""A program of some forty calls whose results it doesn't need: they go now, or later."""

import sys
from typing import Annotated

import modelcp.backoff
from modelcp import (
    ArtifactConfig,
    Client,
    ModelVersion,
    get_step_context,
    log_metadata,
    pipeline,
    save_artifact,
    step,
    track_run,
)


@step
def fit(
    depth: int,
) -> tuple[
    Annotated[dict[str, int], ArtifactConfig(name="forest", is_model_artifact=True)], Annotated[str, "notes"]
]:
    """A model and a word about it."""
    log_metadata({"metrics": {"auc": 0.9, "depth": depth}})
    return {"trees": 3, "depth": depth}, "fitted"


@step
def promote(forest: dict[str, int]) -> None:
    """Into production at once."""
    version = get_step_context().model_version
    version.log_metadata({"seen": forest["trees"]})
    version.link_artifact({"rows": 10}, name="sample")
    version.set_stage("production", reason="better")


@pipeline(model_version=ModelVersion("churn", license="Apache-2.0", tags=["nightly"]), enable_cache=False)
def train() -> None:
    """Fits and promotes."""
    forest, _ = fit(4)
    promote(forest)


def models(client: Client) -> None:
    """Models, versions, stages, aliases, tags."""
    client.create_tag("nightly", color=3)
    client.create_model("churn", license="Apache-2.0", description="Who leaves", tags=["nightly", "tabular"])
    client.create_model("fraud")
    client.update_model("churn", description="Who leaves us", ethics="Fair", add_tags=["weekly"])
    first = client.create_model_version("churn", name="first", tags=["base"])
    second = client.create_model_version("churn", description="The second")
    client.update_model_version("churn", second, name="second", add_tags=["base", "good"])
    client.update_model_version("churn", second, remove_tags=["good"])
    client.log_metadata("churn", first, {"metrics": {"auc": 0.7}, "rows": 10}, wait=False)
    client.log_metadata("churn", second, {"metrics": {"auc": 0.8}}, wait=False)
    client.log_metadata("churn", first, {"metrics": {"auc": 0.75}}, remove=["rows"])
    client.promote("churn", first, "production", reason="the first")
    client.promote("churn", second, "staging")
    client.promote("churn", second, "production", reason="it is better")
    client.undo_promotion("churn", reason="it wasn't")
    client.set_alias("churn", "champion", first)
    client.set_alias("churn", "champion", second)
    client.set_alias("churn", "old", first)
    client.delete_alias("churn", "old")
    third = client.create_model_version("fraud")
    client.delete_model_version("fraud", third, reason="a slip")
    client.delete_model("fraud")
    client.restore_model("fraud")
    client.update_tag("weekly", new_name="every week", color=5)
    client.delete_tag("tabular")


def artifacts(client: Client) -> None:
    """Bytes, addresses, links."""
    rows = client.save_artifact({"a": [1, 2, 3]}, "rows", tags=["raw"], metadata={"source": "till"})
    client.save_artifact("some text", "readme")
    report = client.create_artifact_version("report", uri="s3://bucket/report.html", size=12)
    version = client.create_model_version("churn", name="fourth")
    client.link_artifact("churn", version, rows)
    client.link_artifact("churn", version, rows, name="training rows", kind="model")
    link = client.link_artifact("churn", version, report, kind="deployment")
    client.unlink_artifact("churn", version, link, reason="not yet")
    client.log_artifact_metadata("rows", 1, {"rows": 3})
    client.update_artifact("rows", add_tags=["clean"], remove_tags=["raw"])
    client.delete_artifact_version("readme", 1)


def tracked(client: Client) -> None:
    """A run of code that something else started."""
    with track_run("nightly", ModelVersion("churn", "production"), tags=["cron"]) as tracking:
        save_artifact([1, 2], "scores")
        log_metadata({"scored": 2})
        run = tracking.run["id"]
    client.log_run_metadata(run, {"host": "a"})
    client.update_run(run, add_tags=["done"])


def main() -> None:
    """All of it."""
    if "--tries-at-once" in sys.argv:
        modelcp.backoff.PAUSES, modelcp.backoff.TIMES = (0.0,), 0
    client = Client()
    models(client)
    artifacts(client)
    train()
    tracked(client)


if __name__ == "__main__":
    main()
