"""How much there is in all: models, versions, and models with a version in production and in staging."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, QuerySet, Subquery, Sum, Value

from registry.models import Model, ModelVersion, Tenure
from registry.rules.stages import PRODUCTION, STAGING
from registry.selectors.catalog import alive_models
from registry.selectors.compiled import MOMENT, Compiled
from registry.selectors.lists import Counted
from registry.selectors.moments import holding, lost_then, model_gone, newest_then, open_at
from registry.selectors.staged import holders_now, standing

HELD = (PRODUCTION, STAGING)
SOON = 50_000  # versions: so many are counted faster than all models are asked for their newest


def totals(at: datetime | None = None) -> dict[str, int]:
    """How many models and versions there are, and how many models have one in production and in staging.

    Of a moment what had been made by then is counted, which indexes do, and taken off what of it was deleted.
    """
    if at is None:
        counted = _NOW.dicts()[0]
        return {name: many or 0 for name, many in counted.items()}
    lately = _since(SOON).rows(at)[0][0] < SOON
    made, gone = (_LATELY if lately else _LONG_AGO).dicts(at)[0], _GONE.dicts(at)[0]
    there = {name: (many or 0) - (gone[name] or 0) for name, many in made.items()}
    lost = there.pop("lost")
    return {**there, "versions": there["versions"] - lost}


def _one(rows: QuerySet[Model], /, **counts: Any) -> QuerySet[Any, Any]:
    """A queryset of one row, of what is counted of these models."""
    counted: QuerySet[Any, Any] = rows.order_by().values(one=Value(1)).annotate(**counts).values(*counts)
    return counted


def _now() -> QuerySet[Any, Any]:
    held = holders_now().filter(model=OuterRef("pk"))
    holders = {stage: Count("id", filter=Exists(held.filter(stage=stage))) for stage in HELD}
    return _one(alive_models(), models=Count("id"), versions=Sum("version_count"), **holders)


@cache
def _since(many: int) -> Compiled:
    """How many versions were made since a moment, up to `many` and one more."""

    def build(at: datetime) -> QuerySet[Any, Any]:
        later = ModelVersion.objects.filter(created_at__gt=at).values("created_at")
        return _one(Model.objects.all(), since=Max(Counted(later[: many + 1])))

    return Compiled(build, MOMENT)


def _lately(at: datetime) -> QuerySet[Any, Any]:
    """Of a moment since which little was made or ended: that is counted, and taken off what there is."""
    later = ModelVersion.objects.filter(created_at__gt=at).values("created_at")
    numbers = _one(Model.objects.all(), numbers=Sum("last_number"))  # a number is given once, and none goes
    held = {}
    for stage in HELD:
        ongoing, ended = (Counted(tenures.values("valid_to")) for tenures in standing([stage], at))
        held[stage] = Max(ongoing + ended)
    return _made(at, versions=Max(Subquery(numbers) - Counted(later)), **held)


def _long_ago(at: datetime) -> QuerySet[Any, Any]:
    """Of a moment since which much was made: what there was is counted."""
    held = {
        stage: Max(Counted(Tenure.objects.filter(open_at(at), stage=stage).values("valid_from")))
        for stage in HELD
    }
    return _made(at, versions=Sum(newest_then(at)), **held)


def _made(at: datetime, **counts: Any) -> QuerySet[Any, Any]:
    lost = ModelVersion.objects.filter(deleted_at__lte=at).values("deleted_at")
    models = Model.objects.filter(created_at__lte=at)
    return _one(models, models=Count("id"), lost=Max(Counted(lost)), **counts)


def _gone(at: datetime) -> QuerySet[Any, Any]:
    """The same of the models that were deleted at a moment: few."""
    held = {stage: Count(holding(OuterRef("pk"), stage, at)) for stage in HELD}
    lost, made = Sum(lost_then(at)), Sum(newest_then(at))
    return _one(Model.objects.filter(model_gone(at)), models=Count("id"), versions=made, lost=lost, **held)


_NOW = Compiled(_now)
_LATELY, _LONG_AGO, _GONE = (Compiled(build, MOMENT) for build in (_lately, _long_ago, _gone))
