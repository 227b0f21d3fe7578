"""Reads of the page with all models."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery

from registry.models import CardRevision, MetadataValue, Model, ModelVersion, Tag, TagAttachment
from registry.rules.metadata import path_digest, split_path
from registry.rules.metrics import key_metric
from registry.rules.stages import EXCLUSIVE, PRODUCTION
from registry.selectors.catalog import alive_models
from registry.selectors.catalog_lists import MODELS, models_listing
from registry.selectors.late import changed_later, is_metric
from registry.selectors.lists import any_of
from registry.selectors.moments import (
    changed_at,
    count_then,
    existing_at,
    held,
    holding,
    models_at,
    newest_then,
    open_at,
)
from registry.selectors.pager import Leaf, leaf

ROWS = 20  # models on a page
SPARK = 24  # versions in the small line of a model
_KEYS = {"name": "name", "created": "created_at", "changed": "changed_at", "versions": "versions"}


def plain(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """The rows of a `.values()` as the plain dicts they are."""
    return list(rows)


def matching(words: str = "", at: datetime | None = None) -> Any:
    """The models whose name or description holds `words`, in any case, now or at a moment."""
    found = models_at(at)
    if not words:
        return found
    cards = CardRevision.objects.filter(open_at(at), description__icontains=words)
    return found.filter(Q(name__icontains=words) | Q(pk__in=cards.values("model_id")))


def models_leaf(given: Mapping[str, Sequence[str]], words: str = "", at: datetime | None = None) -> Leaf:
    """One page of the models, now or at a moment, in at most eight queries.

    The last changed come first unless `given` says otherwise; of the past, where there is no order by
    changes, the newest.

    Each row: id, name, description, owner, tags (name, color), production, staging, latest (numbers or
    None), versions, created_at, changed_at; metric (name, value, line) or None.
    """
    listing = replace(MODELS if at is None else models_listing(at), rows=lambda ids: _rows(ids, at))
    asked = {"sort": ["-changed"], **given}
    if at is not None and asked["sort"][-1].removeprefix("-") in MODELS.sorts.keys() - listing.sorts.keys():
        asked["sort"] = ["-created"]
    counted = {} if "tag" in given else {"total": ["1"]}  # those of a tag were counted once already
    return leaf(listing, matching(words, at), {"limit": [str(ROWS)], **counted, **asked}, _KEYS)


def _rows(ids: list[Any], at: datetime | None) -> list[dict[str, Any]]:
    card = FilteredRelation("cards", condition=open_at(at, "cards__"))
    rows = plain(
        Model.objects.filter(pk__in=ids)
        .annotate(card=card)
        .values(
            "id",
            "name",
            "created_at",
            "last_number",
            count=F("version_count") if at is None else count_then(at),
            owned_by=F("owner__username"),
            changed_at=F("chain__last_at") if at is None else changed_at(at),
            description=F("card__description"),
        )
    )
    tags, recent = tags_with_colors("model", ids, at), _recent(ids, at)
    metrics = _metrics(recent, at)
    return [
        {
            **row,
            "versions": row["count"],
            "owner": row["owned_by"],
            "tags": tags.get(row["id"], []),
            **{stage: _number(recent[row["id"]], stage) for stage in EXCLUSIVE},
            "latest": max((version["number"] for version in recent[row["id"]]), default=None),
            "metric": metrics.get(row["id"]),
        }
        for row in rows
    ]


def tags_with_colors(
    target: str, ids: Iterable[Any], at: datetime | None = None
) -> dict[Any, list[dict[str, Any]]]:
    """The tags on each of the targets (model, version, artifact, run): name and color, sorted by name."""
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    rows = TagAttachment.objects.filter(open_at(at), **{f"{target}_id__in": list(ids)})
    for owner, name, color in rows.order_by("tag__name").values_list(
        f"{target}_id", "tag__name", "tag__color"
    ):
        found[owner].append({"name": name, "color": color})
    return found


def _recent(ids: list[uuid.UUID], at: datetime | None) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Of each model the last versions, the newest there is, and those in staging and production."""
    if at is not None:
        return _recent_then(ids, at)
    newest = ModelVersion.objects.filter(model=OuterRef("pk"), deleted_at__isnull=True).order_by("-number")
    latest = Model.objects.filter(pk__in=ids).values(newest=Subquery(newest.values("pk")[:1]))
    versions = ModelVersion.objects.filter(model_id__in=ids)
    last = versions.filter(deleted_at__isnull=True, number__gt=F("model__last_number") - SPARK)
    rows = any_of(last, versions.filter(stage__in=EXCLUSIVE), ModelVersion.objects.filter(pk__in=latest))
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in plain(rows.order_by("number").values("id", "model_id", "number", "stage")):
        found[row["model_id"]].append(row)
    return found


def _recent_then(ids: list[uuid.UUID], at: datetime) -> dict[uuid.UUID, list[dict[str, Any]]]:
    then = Model.objects.filter(pk__in=ids).annotate(
        made=newest_then(at), **{stage: holding(OuterRef("pk"), stage, at) for stage in EXCLUSIVE}
    )
    wanted = Q(pk__in=[])
    for model, made, *holders in then.values_list("pk", "made", *EXCLUSIVE):
        wanted |= Q(model=model, number__gt=(made or 0) - SPARK, number__lte=made or 0)
        wanted |= Q(pk__in=[holder for holder in holders if holder])
    rows = ModelVersion.objects.filter(existing_at(at)).filter(wanted).order_by("number")
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in plain(rows.values("id", "model_id", "number", held=held(at))):
        found[row["model_id"]].append({**row, "stage": row["held"]})
    return found


def _number(versions: list[dict[str, Any]], stage: str) -> int | None:
    return next((row["number"] for row in versions if row["stage"] == stage), None)


def _metrics(
    recent: dict[uuid.UUID, list[dict[str, Any]]], at: datetime | None
) -> dict[uuid.UUID, dict[str, Any]]:
    """The key metric of each model: its value in production, else in the newest version, and its line."""
    heads = [row for rows in recent.values() for row in rows if row["stage"] in EXCLUSIVE or row is rows[-1]]
    values: dict[Any, dict[str, Any]] = defaultdict(dict)
    late: set[tuple[Any, str]] = set()
    for version, path, value, changed in _numbers([head["id"] for head in heads], at).values_list(
        "version_id", "path", "value", changed_later()
    ):
        values[version][path] = value
        late |= {(version, path)} if changed else set()
    chosen: dict[uuid.UUID, dict[str, Any]] = {}
    for head in sorted(heads, key=lambda head: (head["stage"] == PRODUCTION, head["number"])):
        first = key_metric(values[head["id"]])
        if first is not None:
            chosen[head["model_id"]] = {
                "path": first,
                "name": split_path(first)[-1],
                "value": values[head["id"]][first],
                "late": (head["id"], first) in late,
            }
    return _with_lines(chosen, recent, at)


def _numbers(versions: list[Any], at: datetime | None) -> Any:
    """The numbers under `metrics` of these versions: by their ids, a name may stand on a million."""
    return MetadataValue.objects.filter(
        open_at(at), is_metric(), version_id__in=versions, number__isnull=False
    )


def _with_lines(
    chosen: dict[uuid.UUID, dict[str, Any]],
    recent: dict[uuid.UUID, list[dict[str, Any]]],
    at: datetime | None,
) -> dict[uuid.UUID, dict[str, Any]]:
    """Adds each model's last values of its metric, oldest first."""
    digests = {path_digest(metric["path"]) for metric in chosen.values()}
    versions = [row["id"] for model in chosen for row in recent[model]]
    rows = _numbers(versions, at).filter(path_digest__in=digests)
    found = {
        (version, path): value for version, path, value in rows.values_list("version_id", "path", "number")
    }
    for model, metric in chosen.items():
        line = [found.get((row["id"], metric["path"])) for row in recent[model][-SPARK:]]
        metric["line"] = [value for value in line if value is not None]
    return chosen


def deleted_models(limit: int = 200) -> list[dict[str, Any]]:
    """The models that can be restored, the last deleted first: name, versions, deleted_at, taken."""
    living = alive_models().filter(name=OuterRef("name"))
    rows = Model.objects.filter(deleted_at__isnull=False).order_by("-deleted_at", "-id")
    return plain(
        rows.annotate(taken=Subquery(living.values("name")[:1])).values(
            "id", "name", "version_count", "deleted_at", "taken", owned_by=F("owner__username")
        )[:limit]
    )


def with_colors(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with each tag's name and color instead of its name alone; one query."""
    names = {name for row in rows for name in row["tags"]}
    colors = dict(Tag.objects.filter(name__in=names).values_list("name", "color"))
    return [
        {**row, "tags": [{"name": name, "color": colors.get(name, 7)} for name in row["tags"]]}
        for row in rows
    ]
