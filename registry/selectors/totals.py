"""How much there is in all: models, versions, and models with a version in production and in staging."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, QuerySet, Subquery, Sum, Value

from registry.models import Event, Model, ModelVersion
from registry.rules.lasting import latest
from registry.rules.stages import PRODUCTION, STAGING
from registry.selectors.catalog import alive_models
from registry.selectors.compiled import MOMENT, Compiled
from registry.selectors.lists import Counted
from registry.selectors.moments import holding, lost_then, model_gone, newest_then
from registry.selectors.staged import holders_now, standing

HELD = (PRODUCTION, STAGING)
A_MODEL = 60  # versions: so many are counted in an index as fast as a model is asked for its newest


def totals(at: datetime | None = None) -> dict[str, int]:
    """How many models and versions there are, and how many models have one in production and in staging.

    Of a moment what had been made by then is counted, which indexes do, and taken off what of it was deleted.
    """
    if at is None:
        counted = _NOW.dicts()[0]
        return {name: many or 0 for name, many in counted.items()}
    made, gone = _then(*_way(at)).dicts(at, *latest(at))[0], _GONE.dicts(at)[0]
    there = {name: (many or 0) - (gone[name] or 0) for name, many in made.items()}
    lost = there.pop("lost")
    return {**there, "versions": there["versions"] - lost}


def _way(at: datetime) -> tuple[bool, bool]:
    """How what was made by a moment is counted with the least reading; the answer is the same by each way.

    Returns:
        whether most of the history had happened by then, so that what came since is less; and whether the
        versions on that side are few beside the models.
    """
    seen = _SEEN.dicts(at)[0]
    first, then, last = (seen[name] or 0 for name in ("first", "then", "last"))
    share = (then - first) / max(last - first, 1)
    return share > 0.5, seen["numbers"] * min(share, 1 - share) <= A_MODEL * seen["models"]


def _one(rows: QuerySet[Model], /, **counts: Any) -> QuerySet[Any, Any]:
    """A queryset of one row, of what is counted of these models."""
    counted: QuerySet[Any, Any] = rows.order_by().values(one=Value(1)).annotate(**counts).values(*counts)
    return counted


def _now() -> QuerySet[Any, Any]:
    held = holders_now().filter(model=OuterRef("pk"))
    holders = {stage: Count("id", filter=Exists(held.filter(stage=stage))) for stage in HELD}
    return _one(alive_models(), models=Count("id"), versions=Sum("version_count"), **holders)


def _seen(at: datetime) -> QuerySet[Any, Any]:
    """How many models and version numbers there are; and the first event, the last by then, and the last."""
    by_then = Event.objects.filter(at__lte=at).order_by("-at")
    events = {"first": Event.objects.order_by("id"), "then": by_then, "last": Event.objects.order_by("-id")}
    ids = {name: Max(Subquery(found.values("id")[:1])) for name, found in events.items()}
    return _one(Model.objects.all(), models=Count("id"), numbers=Sum("last_number", default=0), **ids)


@cache
def _then(late: bool, few: bool) -> Compiled:
    """What had been made by a moment, deleted or not, and who held a stage, counted by one of the ways."""

    def build(at: datetime, *ends: datetime) -> QuerySet[Any, Any]:
        lost = ModelVersion.objects.filter(deleted_at__lte=at).values("deleted_at")
        made = _made_lately(at) if late else _made_early(at)
        return _one(
            Model.objects.filter(created_at__lte=at),
            models=Count("id"),
            lost=Max(Counted(lost)),
            versions=Max(made) if few else Sum(newest_then(at)),
            **{stage: Max(_held(stage, at, ends)) for stage in HELD},
        )

    return Compiled(build, MOMENT, *latest(MOMENT))


def _made_lately(at: datetime) -> Any:
    numbers = _one(Model.objects.all(), numbers=Sum("last_number"))  # a number is given once, and none goes
    return Subquery(numbers) - Counted(ModelVersion.objects.filter(created_at__gt=at).values("created_at"))


def _made_early(at: datetime) -> Any:
    return Counted(ModelVersion.objects.filter(created_at__lte=at).values("created_at"))


def _held(stage: str, at: datetime, ends: Iterable[datetime]) -> Any:
    first, *others = (Counted(tenures.values("valid_to")) for tenures in standing([stage], at, ends))
    return sum(others, first)


def _gone(at: datetime) -> QuerySet[Any, Any]:
    """The same of the models that were deleted at a moment: few."""
    held = {stage: Count(holding(OuterRef("pk"), stage, at)) for stage in HELD}
    lost, made = Sum(lost_then(at)), Sum(newest_then(at))
    return _one(Model.objects.filter(model_gone(at)), models=Count("id"), versions=made, lost=lost, **held)


_NOW = Compiled(_now)
_SEEN, _GONE = Compiled(_seen, MOMENT), Compiled(_gone, MOMENT)
