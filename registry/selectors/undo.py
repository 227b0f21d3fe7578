"""Reads of an undo: which stages were held before a promotion or an event, and the plan of restoring them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, When
from django.utils import timezone

from registry.models import Model, ModelVersion, Tenure
from registry.rules import plans as rules
from registry.rules.errors import InvalidInput, NotFound
from registry.rules.stages import ARCHIVED, EXCLUSIVE
from registry.selectors.catalog import find_model
from registry.selectors.events import event_of_model
from registry.selectors.gates import judge
from registry.selectors.webhooks import told_of_moves

MOVES = ("version.promoted", "version.displaced", "version.stage_restored")
Move = tuple[ModelVersion, str | None]


@dataclass(frozen=True)
class Point:
    """The operation before which the stages are to be again: when it began, and which one it is."""

    start: datetime
    tenure: uuid.UUID | None
    event: int | None

    @property
    def facts(self) -> dict[str, object]:
        """What the events of the undoing say of it."""
        return {"undo_of": str(self.tenure)} if self.event is None else {"undo_of_event": self.event}


def find_point(model: Model, tenure: uuid.UUID | None, event: int | None) -> Point:
    """The promotion that a tenure's id names (the model's last one if None), or the event of that id.

    A move's event stands for its whole operation.

    Raises:
        NotFound: the model has no such promotion, or no such event. InvalidInput: both are given.
    """
    if event is None:
        undone = _tenure_to_undo(model, tenure)
        return Point(undone.valid_from, undone.id, None)
    if tenure is not None:
        raise InvalidInput("Name a promotion or an event, not both.", code="bad_undo")
    found = event_of_model(model, event)
    if found is None:
        raise NotFound(
            f"{model.name} has no event {event}.",
            code="no_such_event",
            hint="The model's history lists its events.",
        )
    if found.action not in MOVES:
        return Point(found.at, None, event)
    # A move's event may be a later one of its operation, whose moves all have the time of the first.
    ends = Tenure.objects.filter(model=model, valid_to__lte=found.at).order_by("-valid_to")
    begins = Tenure.objects.filter(model=model, valid_from__lte=found.at).order_by("-valid_from")
    times = [*ends.values_list("valid_to", flat=True)[:1], *begins.values_list("valid_from", flat=True)[:1]]
    return Point(max((time for time in times if time is not None), default=found.at), None, event)


def _tenure_to_undo(model: Model, tenure: uuid.UUID | None) -> Tenure:
    # Whom a promotion displaced is archived at the same moment: that tenure is its effect, not it.
    archived = Case(When(stage=ARCHIVED, then=1), default=0)
    tenures = Tenure.objects.filter(model=model).order_by("-valid_from", archived, "stage", "id")
    found = tenures.filter(id=tenure).first() if tenure else tenures.first()
    if found is None:
        raise NotFound(
            f"{model.name} has no such promotion to undo.",
            code="no_such_promotion",
            hint="The model's history lists its promotions.",
        )
    return found


def restored(model: Model, start: datetime) -> list[Move]:
    """The versions whose stage isn't what it was just before a moment, each with what it was."""
    tenures = Tenure.objects.filter(model=model)
    begun, ended = tenures.filter(valid_from__gte=start), tenures.filter(valid_to__gte=start)
    # Whose stages neither began nor ended since are as they were: of many archived ones none is read.
    touched = begun.values("version_id").union(ended.values("version_id"))
    rows = ModelVersion.objects.select_related("model").filter(id__in=touched, deleted_at__isnull=True)
    versions = sorted(rows, key=lambda version: (version.stage is None, version.number))
    held = Tenure.objects.filter(version__in=touched, valid_from__lt=start).exclude(valid_to__lt=start)
    before = dict(held.values_list("version_id", "stage"))
    return [
        (version, before.get(version.id)) for version in versions if version.stage != before.get(version.id)
    ]


def plan_undo(model: str, tenure: uuid.UUID | None = None, event: int | None = None) -> dict[str, Any]:
    """What restoring the stages before a promotion or an event would mean, with the hash that confirms it.

    Returns:
        hash, model, tenure or event (what is undone), drawn_at, changes, effects (the moves in order),
        gates (how those of a stage that is entered again come out: an undo passes none), webhooks, and
        deleted: the versions that held staging or production then and aren't there to hold it again.

    Raises:
        NotFound: there is no such model, promotion or event. InvalidInput: both are given.
    """
    found = find_model(model)
    point = find_point(found, tenure, event)
    return make_undo_plan(found, point, restored(found, point.start))


def make_undo_plan(model: Model, point: Point, moves: list[Move]) -> dict[str, Any]:
    """The plan of these moves; within a unit that holds the model's chain nobody can change them."""
    plan = {
        "model": model.name,
        "tenure": point.tenure,
        "event": point.event,
        "drawn_at": timezone.now(),
        "changes": bool(moves),
        "effects": [rules.restored_move(version.number, version.stage, stage) for version, stage in moves],
        "gates": [gate for version, stage in moves for gate in _opinion(model, version, stage)],
        "webhooks": told_of_moves(model, moves),
        "deleted": _deleted(model, point.start),
    }
    return {"hash": rules.plan_hash(rules.undo_decision(plan)), **plan}


def _deleted(model: Model, start: datetime) -> list[dict[str, Any]]:
    """The versions deleted since that held an exclusive stage just before a moment: version and stage."""
    held = Tenure.objects.filter(model=model, stage__in=EXCLUSIVE, valid_from__lt=start, valid_to__gte=start)
    gone = held.filter(version__deleted_at__isnull=False).order_by("stage")
    rows = gone.values_list("version__number", "stage")
    return [{"version": number, "stage": stage} for number, stage in rows]


def _opinion(model: Model, version: ModelVersion, stage: str | None) -> list[dict[str, Any]]:
    """How the gates of a stage come out for a version that enters it again."""
    if stage not in EXCLUSIVE:
        return []
    holder = ModelVersion.objects.filter(model=model, stage=stage, deleted_at__isnull=True)
    held = holder.values_list("id", flat=True).first()
    told = judge(model, stage, version.id, held)
    return [{"version": version.number, "stage": stage, **gate} for gate in told]
