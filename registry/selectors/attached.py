"""Reads of what hangs on models and versions, now or at a moment: stages, tags, aliases, metadata."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from registry.models import Alias, MetadataValue, Model, ModelVersion, TagAttachment
from registry.rules.metadata import nest
from registry.selectors.moments import existing_at, holders_at, open_at


def holders_of(
    model_ids: Iterable[uuid.UUID], at: datetime | None = None
) -> dict[tuple[uuid.UUID, str], int]:
    """Which version number holds staging and production, now or at a moment, by (model, stage)."""
    if at is not None:
        return holders_at(model_ids, at)
    rows = ModelVersion.objects.filter(model_id__in=list(model_ids), stage__in=["staging", "production"])
    return {
        (model, stage): number
        for model, stage, number in rows.values_list("model_id", "stage", "number")
        if stage
    }


def latest_of(model_ids: Iterable[uuid.UUID], at: datetime | None = None) -> dict[uuid.UUID, int]:
    """The highest living version number, now or at a moment, by model."""
    newest = Model.objects.filter(id__in=list(model_ids)).annotate(latest=newest_number(at))
    return {model: number for model, number in newest.values_list("id", "latest") if number is not None}


def newest_number(at: datetime | None = None) -> Any:
    """The highest living number of a model, as a subquery that reads one index entry."""
    versions = ModelVersion.objects.filter(existing_at(at), model=OuterRef("pk"))
    newest = versions.order_by("-number" if at is None else "-created_at")
    return Subquery(newest.values("number")[:1])


def tags_of(target: str, ids: Iterable[uuid.UUID], at: datetime | None = None) -> dict[uuid.UUID, list[str]]:
    """The names of the tags on each of the targets (model, version, artifact, run), sorted."""
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    rows = TagAttachment.objects.filter(open_at(at), **{f"{target}_id__in": list(ids)})
    for owner, name in rows.order_by("tag__name").values_list(f"{target}_id", "tag__name"):
        found[owner].append(name)
    return found


def aliases_of(version_ids: Iterable[uuid.UUID], at: datetime | None = None) -> dict[uuid.UUID, list[str]]:
    """The aliases that point to each version, sorted."""
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    rows = Alias.objects.filter(open_at(at), version_id__in=list(version_ids))
    for version, name in rows.order_by("name").values_list("version_id", "name"):
        found[version].append(name)
    return found


def metadata_of(
    target: str, ids: Iterable[uuid.UUID], *, under: str | None = None, at: datetime | None = None
) -> dict[uuid.UUID, dict[str, Any]]:
    """The nested metadata of each target (version, artifact_version, run); only below the key `under`."""
    rows = MetadataValue.objects.filter(open_at(at), **{f"{target}_id__in": list(ids)})
    if under is not None:
        rows = rows.filter(path__startswith=f"{under}.")
    leaves: dict[uuid.UUID, list[tuple[str, Any]]] = defaultdict(list)
    for owner, path, value in rows.order_by("path").values_list(f"{target}_id", "path", "value"):
        leaves[owner].append((path, value))
    return {owner: nest(pairs) for owner, pairs in leaves.items()}
