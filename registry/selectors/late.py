"""Metrics that were changed after their version was promoted: one rule for every door that shows a metric.

A value under `metrics` counts as changed after promotion if it was written later than its version first
took staging or production, even if it has left the stage since.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from registry.models import MetadataValue, Tenure
from registry.rules.metadata import nest
from registry.rules.plans import METRICS
from registry.rules.stages import EXCLUSIVE
from registry.selectors.moments import open_at


def is_metric() -> Exact:
    """Whether a metadata value is under `metrics`.

    By no LIKE: SQLite plans a statement anew each time that one's pattern is given to it.
    """
    return Exact(Left("path", len(METRICS)), METRICS)


def changed_later() -> Exists:
    """Whether a metadata value was written after its version first took staging or production.

    One entry of the index of a version's tenures; it says something of values under `metrics` alone.
    """
    taken = Tenure.objects.filter(
        version=OuterRef("version_id"), stage__in=EXCLUSIVE, valid_from__lt=OuterRef("valid_from")
    )
    return Exists(taken)


def metrics_of(
    versions: Iterable[uuid.UUID], at: datetime | None = None
) -> dict[uuid.UUID, tuple[dict[str, Any], list[str]]]:
    """Each version's metrics, nested, and the names of those changed after promotion; one query."""
    rows = MetadataValue.objects.filter(open_at(at), is_metric(), version_id__in=list(versions)).order_by(
        "path"
    )
    found: dict[Any, list[tuple[str, Any, bool]]] = defaultdict(list)
    for version, *told in rows.values_list("version_id", "path", "value", changed_later()):
        found[version].append(tuple(told))
    return {version: told_of(values) for version, values in found.items()}


def told_of(rows: Iterable[tuple[Any, ...]]) -> tuple[dict[str, Any], list[str]]:
    """The metrics in rows of path, value and whether it changed later: nested, and the names of the last."""
    values = list(rows)
    nested: dict[str, Any] = nest((path, value) for path, value, _ in values).get("metrics", {})
    return nested, [path.removeprefix(METRICS) for path, _, late in values if late]
