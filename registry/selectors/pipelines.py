"""Reads of a pipeline's page: the pipeline and the run that shows what it does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from registry.models import Pipeline
from registry.rules.errors import NotFound
from registry.selectors.moments import runs_by


def pipeline_head(name: str, at: datetime | None = None) -> dict[str, Any]:
    """A pipeline with its last run; two queries.

    Args:
        at: as it was at this moment.

    Returns:
        id, name, created_at; last: id, status, started_at, ended_at, heard_at of the run that began last,
        None before the first.

    Raises:
        NotFound: there is no pipeline of that name, or there was none then.
    """
    there = Pipeline.objects.filter(name=name)
    if at is not None:
        there = there.filter(created_at__lte=at)
    found: Any = there.values("id", "name", "created_at").first()
    if found is None:
        raise NotFound(
            f"There is no pipeline {name[:80]!r}.",
            code="no_such_pipeline",
            hint="The list of runs shows those there are.",
        )
    runs = runs_by(at).filter(pipeline=found["id"]).order_by("-started_at", "-id")
    return {**found, "last": runs.values("id", "status", "started_at", "ended_at", "heard_at").first()}
