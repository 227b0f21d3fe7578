"""Reads of the runs and the artifacts of one model."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from registry.models import ArtifactLink, Run, RunVersion
from registry.rules.filter_values import Kind
from registry.rules.filters import Field
from registry.rules.runs import KINDS, RUN_STATES
from registry.selectors.columns import Column
from registry.selectors.linked import links_of
from registry.selectors.lists import Listing, Sort, among
from registry.selectors.models_page import plain
from registry.selectors.moments import runs_by
from registry.selectors.pager import Leaf, leaf

Given = Mapping[str, Sequence[str]]


def runs_leaf(model: uuid.UUID, given: Given, at: datetime | None = None) -> Leaf:
    """One page of the runs that made or used versions of a model, the newest first.

    Each row: id, name, pipeline, status, started_at, seconds, author, versions (number, asked, created).
    """

    def rows(ids: list[Any]) -> list[dict[str, Any]]:
        found = Run.objects.filter(pk__in=ids).values(
            "id",
            "name",
            "status",
            "started_at",
            "ended_at",
            of_pipeline=F("pipeline__name"),
            author=F("actor__username"),
        )
        resolved = _resolved(model, ids)
        return [{**row, "versions": resolved.get(row["id"], []), "seconds": _seconds(row)} for row in found]

    listing = Listing(
        rows=rows,
        columns={"status": Column(Field(Kind.TEXT, choices=RUN_STATES), "status")},
        sorts={"started": Sort("started_at", Kind.TIME)},
        default="-started",
    )
    resolved = RunVersion.objects.filter(of_model=model)
    if at is not None:
        resolved = resolved.filter(at__lte=at)
    return leaf(listing, among(runs_by(at), resolved, "run_id"), given, {"started": "started_at"})


def _resolved(model: uuid.UUID, runs: list[Any]) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, dict[int, dict[str, Any]]] = defaultdict(dict)
    rows = RunVersion.objects.filter(run_id__in=runs, of_model=model).order_by("at")
    for run, number, asked, created, gone in rows.values_list(
        "run_id", "version__number", "asked", "created", "version__deleted_at"
    ):
        before = found[run].get(number, {"created": False})
        found[run][number] = {
            "number": number,
            "asked": asked,
            "created": created or before["created"],
            "deleted": gone is not None,
        }
    return {run: list(versions.values()) for run, versions in found.items()}


def _seconds(row: Mapping[str, Any]) -> float | None:
    return (row["ended_at"] - row["started_at"]).total_seconds() if row["ended_at"] else None


def artifacts_leaf(model: uuid.UUID, given: Given, at: datetime | None = None) -> Leaf:
    """One page of the artifacts linked to versions of a model, the last linked first.

    Each row: id (the link's), name, kind, artifact, number, size, sha256, data_type, version, linked_at.
    """

    def rows(ids: list[Any]) -> list[dict[str, Any]]:
        far = {
            name: F(f"artifact_version__{name}")
            for name in ("number", "size", "sha256", "data_type", "summary")
        }
        return plain(
            ArtifactLink.objects.filter(pk__in=ids).values(
                "id",
                "name",
                "kind",
                artifact=F("artifact_version__artifact__name"),
                linked_at=F("valid_from"),
                in_version=F("version__number"),
                **far,
            )
        )

    listing = Listing(
        rows=rows,
        columns={"kind": Column(Field(Kind.TEXT, choices=KINDS), "kind")},
        sorts={"linked": Sort("valid_from", Kind.TIME)},
        default="-linked",
    )
    return leaf(listing, links_of(model, at), given, {"linked": "linked_at"})
