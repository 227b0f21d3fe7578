"""The rows of models and versions as every door shows them, now or at a moment."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import orjson
from django.db.models import F, OuterRef, QuerySet

from registry.models import CardRevision, MetadataValue, Model, ModelVersion, TagAttachment
from registry.selectors.attached import aliases_of, holders_of, latest_of, tags_of
from registry.selectors.catalog import CARD_FIELDS
from registry.selectors.compiled import Compiled
from registry.selectors.gathered import Gathered, alias_names
from registry.selectors.late import changed_later, is_metric, metrics_of, told_of
from registry.selectors.moments import changed_at, counts_at, open_at, stages_at

# What a version's row is made of: its keys, and where they are.
VERSION_COLUMNS = {
    "id": "id",
    "number": "number",
    "name": "name",
    "stage": "stage",
    "description": "description",
    "created_at": "created_at",
    "model": "model__name",
    "author": "created_by__username",
    "run_id": "created_by_run_id",
    "run_name": "created_by_run__name",
    "run_status": "created_by_run__status",
}


def version_row(version: ModelVersion, at: datetime | None = None) -> dict[str, Any]:
    """The row of one version, now or at a moment."""
    if at is not None:
        return version_rows(ModelVersion.objects.filter(id=version.id), at)[0]
    return row_of(_ROW.rows(version.id)[0])


def whole_rows(versions: QuerySet[ModelVersion], *more: Gathered) -> QuerySet[Any, Any]:
    """What `row_of` takes of each version now, in one query, then `more`; for one version or few."""
    tags = TagAttachment.objects.filter(version=OuterRef("pk"), valid_to__isnull=True)
    metrics = MetadataValue.objects.filter(is_metric(), version=OuterRef("pk"), valid_to__isnull=True)
    return versions.values_list(
        *VERSION_COLUMNS.values(),
        Gathered(tags.order_by("tag__name"), "tag__name"),
        alias_names(),
        Gathered(metrics.order_by("path"), "path", "value", changed_later()),
        *more,
    )


def row_of(values: tuple[Any, ...]) -> dict[str, Any]:
    """A version's row as every door shows it, from what `whole_rows` tells of it."""
    *columns, tags, aliases, metrics = values
    row = dict(zip(VERSION_COLUMNS, columns, strict=True))
    told = told_of((path, orjson.loads(value), late) for path, value, late in metrics or ())
    return shape_version(row, [tag for (tag,) in tags or ()], [alias for (alias,) in aliases or ()], told)


def version_rows(versions: QuerySet[ModelVersion], at: datetime | None = None) -> list[dict[str, Any]]:
    """The rows of a sliced queryset of versions as every door shows them, in four queries."""
    found = versions.values_list(*VERSION_COLUMNS.values())
    rows = [dict(zip(VERSION_COLUMNS, values, strict=True)) for values in found]
    ids = [row["id"] for row in rows]
    tags, aliases = tags_of("version", ids, at), aliases_of(ids, at)
    metrics = metrics_of(ids, at)
    if at is not None:
        held = stages_at(ids, at)
        rows = [{**row, "stage": held.get(row["id"])} for row in rows]
    return [
        shape_version(
            row,
            tags.get(row["id"], []),
            aliases.get(row["id"], []),
            metrics.get(row["id"], ({}, [])),
        )
        for row in rows
    ]


def shape_version(
    row: dict[str, Any], tags: list[str], aliases: list[str], metrics: tuple[dict[str, Any], list[str]]
) -> dict[str, Any]:
    """A version's row as every door shows it, from VERSION_COLUMNS' values and what hangs on it.

    Args:
        metrics: nested, and the names of those changed after promotion.
    """
    run = (
        {"id": row["run_id"], "name": row["run_name"], "status": row["run_status"]} if row["run_id"] else None
    )
    return {
        "id": row["id"],
        "model": row["model"],
        "number": row["number"],
        "name": row["name"],
        "stage": row["stage"],
        "description": row["description"],
        "tags": tags,
        "aliases": aliases,
        "metrics": metrics[0],
        "changed_after_promotion": metrics[1],
        "run": run,
        "created_at": row["created_at"],
        "created_by": row["author"],
    }


_ROW = Compiled(lambda ident: whole_rows(ModelVersion.objects.filter(id=ident)), uuid.UUID(int=1))


def model_row(model: Model, at: datetime | None = None) -> dict[str, Any]:
    """The row of one model, now or at a moment."""
    return model_rows(Model.objects.filter(id=model.id), at)[0]


def model_rows(models: QuerySet[Model], at: datetime | None = None) -> list[dict[str, Any]]:
    """The rows of a sliced queryset of models as every door shows them, in five queries."""
    rows = list(
        models.values(
            "id",
            "name",
            "version_count",
            "created_at",
            owner_name=F("owner__username"),
            author=F("created_by__username"),
            changed_at=F("chain__last_at") if at is None else changed_at(at),
        )
    )
    ids = [row["id"] for row in rows]
    cards = {
        card["model_id"]: card
        for card in CardRevision.objects.filter(open_at(at), model_id__in=ids).values(
            "model_id", *CARD_FIELDS
        )
    }
    tags, holders, latest = tags_of("model", ids, at), holders_of(ids, at), latest_of(ids, at)
    counts = counts_at(ids, at) if at is not None else {row["id"]: row["version_count"] for row in rows}
    return [
        {
            "id": row["id"],
            "name": row["name"],
            **{name: cards.get(row["id"], {}).get(name, "") for name in CARD_FIELDS},
            "tags": tags.get(row["id"], []),
            "owner": row["owner_name"],
            "versions": counts.get(row["id"], 0),
            "latest": latest.get(row["id"]),
            "production": holders.get((row["id"], "production")),
            "staging": holders.get((row["id"], "staging")),
            "created_at": row["created_at"],
            "created_by": row["author"],
            "changed_at": row["changed_at"],
        }
        for row in rows
    ]
