"""The overview: what is in production, what waits, what runs, what changed lately."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from registry.pages.base import PageRequest, page_of_past, show
from registry.pages.event_words import Told, tell
from registry.pages.live import mark_of, unchanged, until
from registry.selectors import history
from registry.selectors import overview as read
from registry.selectors.heartbeats import facts_of, serving_on
from registry.selectors.totals import totals as count
from registry.selectors.waiting import Viewer, open_requests, waiting


@page_of_past
@require_safe
def overview(request: PageRequest) -> HttpResponse:
    """What is going on over all models; while nothing is registered, how to begin."""
    at = request.at
    totals = count(at)
    runs, events = read.in_flight(at=at), history.lately(at=at)
    actor = request.actor
    viewer = Viewer(actor.id, actor.name, approves=actor.may("approve"))
    held, candidates = read.holders(at)
    asked = open_requests(viewer) if at is None else []
    said = serving_on({row["model_id"] for row in held}) if at is None else {}
    mark = mark_of(
        totals,
        [(run["id"], run["at"], run["step"]) for run in runs],
        [event["id"] for event in events],
        [(row["version_id"], row["written"]) for row in (*asked, *candidates)],
        facts_of(said.items()),
    )
    if same := unchanged(request, mark):
        return same
    context: dict[str, Any] = {"totals": totals, "mark": mark, "runs": runs, "store": _store()}
    if totals["models"]:
        waits = waiting(viewer, asked, candidates, at, measured=read.told_versions(held))
        failed = read.failed_runs(at=at)
        context |= {
            "mark": until(mark, waits.end),
            "held": [
                {**row, "serving": said.get(row["model_id"])}
                for row in read.with_metrics(held, waits.held, at)
            ],
            "serves": bool(said),
            "requests": waits.requests,
            "candidates": waits.others,
            "failed": failed,
            "waiting": len(waits.requests) + len(waits.others) + len(failed),
            "days": _by_day([tell(event) for event in events]),
        }
    return show(request, "overview/overview.html", context, fragment="overview/_overview_live.html")


def _by_day(events: list[Told]) -> list[tuple[str, list[Told]]]:
    today = timezone.now().date()
    return [
        (_day(day, today), list(told))
        for day, told in groupby(events, key=lambda told: told.row["at"].date())
    ]


def _day(day: date, today: date) -> str:
    if day == today:
        return "Today"
    if (today - day).days == 1:
        return "Yesterday"
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def _store() -> str:
    """Where the registry's facts are kept, for its first page."""
    database = settings.DATABASES["default"]
    return (
        f"SQLite at {database['NAME']}"
        if "sqlite" in database["ENGINE"]
        else f"PostgreSQL, {database['NAME']}"
    )
