"""Whether this server can work, what it is, and its figures."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min, Sum
from django.utils import timezone

from registry.models import ArtifactVersion, Chain, Delivery, Model, ModelVersion, Run
from registry.rules.filters import MAX_LIMIT
from registry.rules.metadata import MAX_BYTES
from registry.rules.webhooks import STATES, WAITING

FEATURES = ["aliases", "batch", "events", "keyset", "lineage", "metadata", "stages", "tags"]


def why_not_ready() -> str | None:
    """What keeps the server from working, in a sentence; None if nothing does."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated():
            return "The database isn't migrated to this version."
    except DatabaseError:
        return "The database doesn't answer."
    return None


_seen_migrated = False


def _migrated() -> bool:
    """Whether every migration is applied; once seen it isn't looked up again."""
    global _seen_migrated  # noqa: PLW0603 - a fact of this process that doesn't go away
    if not _seen_migrated:
        executor = MigrationExecutor(connection)
        _seen_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _seen_migrated


@cache
def package_version() -> str:
    """The installed version of this package."""
    try:
        return version("modelcp")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"


def info() -> dict[str, Any]:
    """What this server is: its version, its database and store, its limits."""
    return {
        "version": package_version(),
        "api": "v1",
        "database": connection.vendor,
        "store": "server",
        "features": FEATURES,
        "limits": {
            "body_bytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
            "upload_bytes": settings.MAX_UPLOAD_BYTES,
            "metadata_bytes": MAX_BYTES,
            "page_rows": MAX_LIMIT,
        },
    }


Figure = tuple[str, str, dict[str, str], float]


def figures() -> list[Figure]:
    """The server's figures: name, what it counts, labels, value. Each is read from counters or an index."""
    models = Model.objects.filter(deleted_at__isnull=True).aggregate(
        n=Count("id"), versions=Sum("version_count")
    )
    held = ModelVersion.objects.filter(stage__in=["staging", "production"]).values_list("stage")
    stages = dict(held.annotate(n=Count("id")).order_by())
    runs = Run.objects.values_list("status").annotate(n=Count("id")).order_by()
    events = Chain.objects.aggregate(n=Sum("count"))["n"] or 0
    return [
        ("modelcp_models", "Models that aren't deleted.", {}, models["n"]),
        ("modelcp_model_versions", "Versions of these models.", {}, models["versions"] or 0),
        *[
            ("modelcp_stage_holders", "Versions that hold a stage.", {"stage": stage}, stages.get(stage, 0))
            for stage in ("staging", "production")
        ],
        *[("modelcp_runs", "Runs by status.", {"status": status}, n) for status, n in runs],
        ("modelcp_artifact_versions", "Artifact versions.", {}, ArtifactVersion.objects.count()),
        ("modelcp_events_total", "Events written.", {}, events),
        *_deliveries(),
    ]


def _deliveries() -> list[Figure]:
    """How webhooks' deliveries stand, and since when the oldest of those that wait does."""
    rows = Delivery.objects.values_list("state").annotate(n=Count("id"), since=Min("created_at")).order_by()
    found = {state: (n, since) for state, n, since in rows}
    about = "Deliveries to webhooks by outcome, of those that are kept."
    since = found[WAITING][1] if WAITING in found else None
    waits = max((timezone.now() - since).total_seconds(), 0) if since else 0
    return [
        *[
            ("modelcp_webhook_deliveries", about, {"state": state}, found.get(state, (0, None))[0])
            for state in STATES
        ],
        ("modelcp_webhook_oldest_waiting_seconds", "How old the oldest that waits is.", {}, waits),
    ]
