"""Reads of history for people: events with what they tell, by pages in both directions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from registry.models import Event, Tenure
from registry.selectors.events import EVENTS, all_events, rows_of
from registry.selectors.pager import Leaf, leaf

# What the overview tells of: decisions and failures; of what runs log and link, only what people do by hand.
NOTABLE = (
    "version.promoted",
    "version.stage_restored",
    "approval.asked",
    "approval.given",
    "approval.declined",
    "approval.withdrawn",
    "version.created",
    "version.deleted",
    "model.created",
    "model.deleted",
    "model.restored",
    "model.renamed",
    "model.card_changed",
    "alias.set",
    "alias.deleted",
    "run.ended",
    "artifact.unlinked",
    "artifact_version.deleted",
)
BY_HAND = ("version.metadata", "artifact.linked", "artifact.relinked")
STAGED = ("version.promoted", "version.stage_restored")


def events_of(model: Any = None, at: datetime | None = None) -> QuerySet[Event]:
    """All events, or those of one model by its id; those by a moment."""
    events = all_events() if at is None else all_events().filter(at__lte=at)
    return events.filter(model_id=model) if model else events


def history_leaf(given: Mapping[str, Sequence[str]], model: Any = None, at: datetime | None = None) -> Leaf:
    """One page of the history, the newest first; of one model if its id is given; by a moment."""
    return leaf(EVENTS, events_of(model, at), given, {"at": "at"})


def events_by_id(ids: Sequence[int], model: Any = None) -> list[dict[str, Any]]:
    """The rows of these events, of one model if its id is given."""
    return rows_of(events_of(model).filter(pk__in=ids))


def lately(limit: int = 10, at: datetime | None = None) -> list[dict[str, Any]]:
    """The newest notable events, now or at a moment."""
    told = Q(action__in=NOTABLE) | Q(action__in=BY_HAND, run_id__isnull=True)
    events = Event.objects.filter(told)
    events = events.order_by("-id") if at is None else events.filter(at__lte=at).order_by("-at", "-id")
    return rows_of(events[:limit])


def undoable(rows: Sequence[dict[str, Any]]) -> dict[int, Any]:
    """The tenure that each promotion among these events opened, to undo it by: event id to tenure id."""
    moves = [row for row in rows if row["action"] in STAGED and (row["after"] or {}).get("stage")]
    if not moves:
        return {}
    opened: dict[tuple[str, str], list[tuple[datetime, Any]]] = defaultdict(list)
    tenures = Tenure.objects.filter(version_id__in={row["target"]["id"] for row in moves}).order_by(
        "valid_from"
    )
    for ident, version, stage, at in tenures.values_list("id", "version_id", "stage", "valid_from"):
        opened[str(version), stage].append((at, ident))
    found = {}
    for row in moves:  # all moves of one operation have one time, its events strictly growing ones
        earlier = [
            ident for at, ident in opened[row["target"]["id"], row["after"]["stage"]] if at <= row["at"]
        ]
        if earlier:
            found[row["id"]] = earlier[-1]
    return found


def actors(limit: int = 100) -> list[str]:
    """The names of the people there are, to filter by."""
    from django.contrib.auth.models import User

    return list(User.objects.order_by("username").values_list("username", flat=True)[:limit])
