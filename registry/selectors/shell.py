"""Reads of what the dashboard shows around every page, with the user whom the page is for."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce

from registry.models import Run, Verification
from registry.rules.runs import RUNNING

SHELL = ("running_runs", "verified_event", "verified_at")  # what a user is given by `with_shell`


def with_shell(users: QuerySet[User]) -> QuerySet[User]:
    """These users, each with what `shell_facts` tells."""
    runs = Run.objects.filter(status=RUNNING).order_by().values("status")
    running = runs.annotate(n=Count("id")).values("n")
    last = Verification.objects.filter(id=1)
    return users.annotate(
        running_runs=Coalesce(Subquery(running), 0),
        verified_event=Subquery(last.values("event")),
        verified_at=Subquery(last.values("at")),
    )


def shell_facts(user: User) -> dict[str, Any]:
    """`running`: runs in flight; `verified`: the newest `event` when all was last found whole, and `at`.

    Args:
        user: of `with_shell`; of one who was found otherwise, having just signed in, it is asked.
    """
    found: Any = user if hasattr(user, "running_runs") else with_shell(User.objects.filter(pk=user.pk)).get()
    event = found.verified_event
    return {
        "running": found.running_runs,
        "verified": {"event": event, "at": found.verified_at} if event is not None else None,
    }
