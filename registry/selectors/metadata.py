"""Reads of metadata: the nested object, and each value with who wrote it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Q

from registry.models import MetadataValue
from registry.rules.plans import METRICS
from registry.selectors.attached import metadata_of
from registry.selectors.catalog import find_model, find_version
from registry.selectors.late import changed_later
from registry.selectors.moments import open_at

KEYS = ("path", "value", "at", "by", "door", "run", "step")
OLDER = 20  # values before this one that are told


def version_metadata(
    model: str, version: object, *, detailed: bool = False, at: datetime | None = None
) -> dict[str, Any]:
    """A version's metadata, nested, now or at a moment.

    Args:
        detailed: adds each value with its time, author and step, and the values before it.
    """
    found = find_version(find_model(model, at=at), version, at)
    answer: dict[str, Any] = {"metadata": metadata_of("version", [found.id], at=at).get(found.id, {})}
    if detailed:
        answer["values"] = _with_older(values_of("version", found.id, at), found.id, at)
    return answer


def values_of(target: str, target_id: object, at: datetime | None = None) -> list[dict[str, Any]]:
    """Each value of one target (version, artifact_version, run) with who wrote it, when, from where.

    A version's metrics also tell whether they were changed after promotion.

    Args:
        at: the values of this moment; the current ones if not given.
    """
    rows = MetadataValue.objects.filter(open_at(at), **{f"{target}_id": target_id}).order_by("path")
    told = []
    for *facts, late in rows.values_list(*_FACTS, changed_later()):
        row = dict(zip(KEYS, facts, strict=True))
        told.append({**row, "changed_after_promotion": late and row["path"].startswith(METRICS)})
    return told


_FACTS = ("path", "value", "valid_from", "actor__username", "door", "by_run_id", "by_step_id")


def _with_older(values: list[dict[str, Any]], version: Any, at: datetime | None) -> list[dict[str, Any]]:
    """The values, each with those before it that ended now or by a moment, the newest first."""
    ended = Q(valid_to__isnull=False) if at is None else Q(valid_to__lte=at)
    rows = MetadataValue.objects.filter(ended, version_id=version).order_by("-valid_to", "-id")
    older: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for *row, until in rows.values_list(*_FACTS, "valid_to"):
        told = {**dict(zip(KEYS, row, strict=True)), "until": until}
        older[told.pop("path")].append(told)
    return [{**row, "older": older[row["path"]][:OLDER]} for row in values]
