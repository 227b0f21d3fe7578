"""What no pipeline made: thresholds, prices, addresses; saved and linked by hand."""

from __future__ import annotations

import pandas as pd

from modelcp import Client, ModelVersion, log_metadata, save_artifact, track_run


def link_business_data() -> None:
    """Thresholds for the triage, one table for two models, and where the model answers."""
    triage, outlook = (
        ModelVersion("tumour-triage", "production"),
        ModelVersion("diabetes-progression", "production"),
    )
    triage.link_artifact({"urgent": 0.8, "soon": 0.4, "decided_by": "pathology board"}, name="thresholds")
    opening = pd.DataFrame(
        {"clinic": ["pathology", "diabetes"], "slots_a_day": [24, 16], "opens": ["07:30", "08:00"]}
    )
    hours = save_artifact(opening, name="opening-hours", tags=["business"])
    triage.link_artifact(hours)
    outlook.link_artifact(hours, name="opening hours")
    triage.link_artifact(
        {"url": "https://triage.clinic.example/v1", "replicas": 2},
        name="service",
        is_deployment_artifact=True,
    )


def review_by_hand() -> None:
    """A review in a script, tracked as a run: what it saves is linked, what it loads is its input."""
    with track_run("wine-review", model_version=ModelVersion("wine-cultivar", "production")) as tracked:
        report = tracked.model_version.load_artifact("scores")
        save_artifact(f"# Review\n\nAccuracy {report['accuracy']}, fine by the cellar.\n", name="review.md")
        log_metadata({"review": {"by": "cellar", "passed": True}})


def name_versions() -> None:
    """Aliases and tags: what people call versions besides their stage."""
    client = Client()
    for model in ("iris-species", "wine-cultivar", "tumour-triage", "digits-reader", "diabetes-progression"):
        client.set_alias(model, "champion", "production")
    client.set_alias("tumour-triage", "challenger", "latest")
    client.update_model_version("wine-cultivar", "production", add_tags=["approved"])
    client.update_model_version("tumour-triage", "production", add_tags=["approved", "audited"])
    client.update_model_version("digits-reader", "latest", add_tags=["candidate"])
