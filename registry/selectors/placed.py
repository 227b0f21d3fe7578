"""Versions by their stage where there are many: the newest that held one, how many a model has."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull

from registry.models import ModelVersion, Tenure
from registry.rules.stages import ARCHIVED, EXCLUSIVE, STAGES
from registry.selectors.compiled import MOMENT, Compiled
from registry.selectors.lists import any_of
from registry.selectors.moments import count_then, existing_at, holding, model_existed, open_at

START = datetime(1, 1, 1, tzinfo=UTC)  # before all
LAST_IN = 200  # versions that came last into a stage: the newest of them tell where to look for the newest


def came_since(at: datetime, first: int) -> dict[str, datetime]:
    """When the `first` newest of the versions that held a stage at a moment had come into it at the earliest.

    Of all models, by stage; START where that isn't known. One query.

    A tenure begins when its version is made, or later. Of the versions that came last into a stage `first`
    were made after a certain time, so the newest came into it after that: few tenures are read, by an index.
    """
    made: dict[str, list[datetime]] = {stage: [] for stage in STAGES}
    for stage, created_at in _came_last(LAST_IN).rows(at):
        made[stage].append(created_at)
    return {
        stage: sorted(times, reverse=True)[first - 1] if len(times) >= first else START
        for stage, times in made.items()
    }


def newest_in(stage: str, at: datetime, since: datetime, first: int) -> QuerySet[ModelVersion]:
    """The `first` newest of the versions that held a stage at a moment, and came into it after `since`."""
    there = existing_at(at, "version__") & model_existed(at)
    then = Tenure.objects.filter(open_at(at), there, stage=stage, valid_from__gte=since)
    # Sorted as no index is: walked in the order of one, all versions would be asked instead of these.
    made = Coalesce("version__created_at", "version__created_at")
    newest = then.order_by(made.desc(), "-version_id").values("version")[:first]
    return ModelVersion.objects.filter(pk__in=newest).order_by("-created_at", "-id")


@cache
def _came_last(many: int) -> Compiled:
    """The stage of the tenures, so `many` of each, that began last, and when their versions were made.

    Of those open at a moment, of versions that existed.
    """

    def build(at: datetime) -> QuerySet[Any, Any]:
        then = Tenure.objects.filter(open_at(at)).order_by("-valid_from")
        lasts = (then.filter(stage=stage).values("pk")[:many] for stage in STAGES)
        found = any_of(*(Tenure.objects.filter(pk__in=last) for last in lasts))
        there = found.filter(existing_at(at, "version__"), model_existed(at))
        return there.values_list("stage", "version__created_at")

    return Compiled(build, MOMENT)


def counts_of(model: uuid.UUID, at: datetime | None) -> dict[str, Any]:
    """How many of a model's versions are archived, and how many are, or are new: those without a stage.

    As expressions of its versions, now or at a moment. The archived ones may be many: an index counts them
    all, and those of the deleted are taken off.
    """
    if at is None:
        placed: QuerySet[Any] = ModelVersion.objects.filter(model=model, stage=ARCHIVED)
        gone = placed.filter(deleted_at__isnull=False)
        made: Any = F("model__version_count")
    else:
        placed = Tenure.objects.filter(open_at(at), model=model, stage=ARCHIVED)
        kept = placed.filter(version=OuterRef("pk"))
        gone = ModelVersion.objects.filter(Exists(kept), model=model, deleted_at__lte=at)
        made = count_then(at, "model_id")
    holders = [IsNull(holding(model, stage, at), False) for stage in EXCLUSIVE]
    held_by = sum((Case(When(holder, then=1), default=0) for holder in holders), Value(0))
    return {"archived": _number_of(placed) - _number_of(gone), "others": made - held_by}


def _number_of(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("model").annotate(many=Count("*"))  # not a column: the index alone
    return Coalesce(Subquery(counted.values("many")), 0)
