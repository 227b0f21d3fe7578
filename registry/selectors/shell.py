"""Reads of what the dashboard shows around every page, in one small query."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Subquery
from django.db.models.functions import Coalesce

from registry.models import SYSTEM_CHAIN, Chain, Run, Verification
from registry.rules.runs import RUNNING


def shell_facts() -> dict[str, Any]:
    """`running`: runs in flight; `verified`: the newest `event` when all was last found whole, and `at`."""
    runs = Run.objects.filter(status=RUNNING).order_by().values("status")
    running = runs.annotate(n=Count("id")).values("n")
    last = Verification.objects.filter(id=1)
    # The system's chain always has its row.
    found = Chain.objects.filter(id=SYSTEM_CHAIN).values_list(
        Coalesce(Subquery(running), 0), Subquery(last.values("event")), Subquery(last.values("at"))
    )
    count, event, at = found.first() or (0, None, None)
    return {"running": count, "verified": {"event": event, "at": at} if event is not None else None}
