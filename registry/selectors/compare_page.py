"""Reads of the page that puts versions side by side: a fixed number of queries."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from registry.models import ArtifactLink, MetadataValue, ModelVersion
from registry.rules.plans import METRICS
from registry.rules.versions import By, Ref, parse_ref
from registry.selectors.catalog import find_model, find_version
from registry.selectors.gathered import declared_directions
from registry.selectors.late import changed_later
from registry.selectors.models_page import plain, tags_with_colors
from registry.selectors.moments import existing_at, held, open_at


def side_by_side(model: str, references: Sequence[str], at: datetime | None = None) -> list[dict[str, Any]]:
    """The versions in the order named, each once, now or at a moment.

    Each: id, number, name, stage, created_at, author, run (its facts or None), values (metadata by
    path), late (the paths of metrics changed after promotion), artifacts (by kind and link name), tags,
    directions (of its model's metrics, as declared).

    Raises:
        NotFound: there is no such model or version; says what exists.
    """
    found = find_model(model, at=at)
    refs = [parse_ref(reference) for reference in references]
    wanted = Q(pk__in=[])
    for ref, reference in zip(refs, references, strict=True):
        wanted |= _condition(ref, at) or Q(pk=find_version(found, reference, at).pk)
    rows: list[dict[str, Any]] = plain(
        ModelVersion.objects.filter(wanted, existing_at(at), model=found).values(
            "id",
            "number",
            "name",
            "created_at",
            held=held(at),
            author=F("created_by__username"),
            run_id=F("created_by_run_id"),
            status=F("created_by_run__status"),
            started=F("created_by_run__started_at"),
            ended=F("created_by_run__ended_at"),
            parameters=F("created_by_run__parameters"),
            code=F("created_by_run__code"),
            environment=F("created_by_run__environment"),
            directions=declared_directions(at),
        )
    )
    ids = [row["id"] for row in rows]
    values, artifacts, tags = _values(ids, at), _artifacts(ids, at), tags_with_colors("version", ids, at)
    for row in rows:
        row.update(
            stage=row["held"],
            values=values[0][row["id"]],
            late=values[1][row["id"]],
            artifacts=artifacts[row["id"]],
            tags=tags.get(row["id"], []),
            directions=dict(row["directions"] or ()),
        )
    picked = [
        _pick(rows, ref) or find_version(found, reference, at)
        for ref, reference in zip(refs, references, strict=True)
    ]
    by_id = {row["id"]: row for row in rows}
    return list({one["id"]: one for one in (_row(one, by_id) for one in picked) if one}.values())


def _row(one: Any, by_id: dict[uuid.UUID, dict[str, Any]]) -> dict[str, Any] | None:
    return one if isinstance(one, dict) else by_id.get(one.id)


def _condition(ref: Ref, at: datetime | None) -> Q | None:
    """The reference as a condition on the model's versions; None where other tables decide."""
    match ref.by:
        case By.NUMBER:
            return Q(number=ref.value)
        case By.NAME:
            return Q(name=ref.value)
        case By.STAGE if ref.value != "archived" and at is None:
            return Q(stage=ref.value)
        case _:
            return None


def _pick(rows: list[dict[str, Any]], ref: Ref) -> dict[str, Any] | None:
    """The row that a reference means, if its condition found one."""
    key = {By.NUMBER: "number", By.NAME: "name", By.STAGE: "stage"}.get(ref.by)
    if key is None or ref.value == "archived":
        return None
    return next((row for row in rows if row[key] == ref.value), None)


def _values(
    ids: list[uuid.UUID], at: datetime | None
) -> tuple[dict[uuid.UUID, dict[str, Any]], dict[uuid.UUID, set[str]]]:
    """The metadata of each version by path, and the paths of the metrics changed after promotion."""
    found: dict[uuid.UUID, dict[str, Any]] = defaultdict(dict)
    late: dict[uuid.UUID, set[str]] = defaultdict(set)
    rows = MetadataValue.objects.filter(open_at(at), version_id__in=ids).order_by("path")
    for version, path, value, changed in rows.values_list("version_id", "path", "value", changed_later()):
        if version is not None:
            found[version][path] = value
            late[version] |= {path} if changed and path.startswith(METRICS) else set()
    return found, late


def _artifacts(
    ids: list[uuid.UUID], at: datetime | None
) -> dict[uuid.UUID, dict[tuple[str, str], dict[str, Any]]]:
    found: dict[uuid.UUID, dict[tuple[str, str], dict[str, Any]]] = defaultdict(dict)
    rows = ArtifactLink.objects.filter(
        open_at(at), existing_at(at, "artifact_version__"), version_id__in=ids
    ).order_by("valid_from", "id")
    for row in rows.values(
        "version_id",
        "kind",
        "name",
        artifact=F("artifact_version__artifact__name"),
        number=F("artifact_version__number"),
        size=F("artifact_version__size"),
        sha256=F("artifact_version__sha256"),
    ):
        found[row["version_id"]][row["kind"], row["name"]] = dict(row)
    return found


def newest(model: uuid.UUID, at: datetime | None = None, limit: int = 30) -> list[dict[str, Any]]:
    """The newest versions to choose from: number, name, stage."""
    rows = ModelVersion.objects.filter(existing_at(at), model=model).order_by("-number")
    chosen = plain(rows.values("number", "name", held=held(at))[:limit])
    return [{**row, "stage": row["held"]} for row in chosen]
