"""The filter `stage` of models and of versions, now and at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, Exists, Func, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from registry.models import ModelVersion, Tenure
from registry.rules.filter_values import Kind
from registry.rules.filters import EXACT, Field, Test
from registry.rules.lasting import latest
from registry.rules.stages import EXCLUSIVE, STAGES
from registry.selectors.columns import NOTHING, Column, Where
from registry.selectors.moments import FEW, held_then, open_at

STAGE = Field(Kind.TEXT, EXACT, STAGES, nullable=True, about="The stage; none for those without one.")
OF_MODELS = Field(
    Kind.TEXT,
    EXACT,
    STAGES,
    nullable=True,
    about="A version of it holds this stage; none: no version is in staging or production.",
)


class _IsExclusive(Func):
    """That a stage is an exclusive one, in the words of the condition of the small index of the holders.

    SQLite looks for it by such an index only where the query says the same, not by parameters.
    """

    template = f"%(expressions)s IN {EXCLUSIVE!r}"
    output_field = BooleanField()


def holders_now() -> QuerySet[ModelVersion]:
    """The versions that hold an exclusive stage; none of them is deleted, for then its stage ends."""
    return ModelVersion.objects.filter(_IsExclusive("stage"))


def standing(
    stages: Iterable[str], at: datetime, ends: Iterable[datetime] | None = None
) -> list[QuerySet[Tenure]]:
    """The tenures of these stages that a moment lies in, in parts: those that go on, and the others.

    The others by how long they lasted: what lasted an hour ended within an hour of the moment. So of each
    class a short range is read, by an index that has their model too.

    Args:
        ends: `lasting.latest(at)`, where a query is compiled once and asks for it by parameters.
    """
    begun = LessThanOrEqual(Coalesce("valid_from", "valid_from"), at)  # so that no index by it is used
    there = Tenure.objects.filter(begun, stage__in=list(stages))
    since = there.filter(valid_to__gt=at)
    ended = [
        since.filter(lasted=number, valid_to__lte=last)
        for number, last in enumerate(latest(at) if ends is None else ends)
    ]
    return [there.filter(valid_to__isnull=True), *ended, since.filter(lasted=len(ended))]


def _holders_then(stages: Iterable[str], at: datetime) -> Q:
    """The condition that a model is one of those that had holders of these stages, all of which are read."""
    first, *others = (rows.values("model_id") for rows in standing(stages, at))
    return Q(pk__in=first.union(*others, all=True))


def _staged(at: datetime | None, key: str, *, tally: bool = False) -> Where:
    """Versions (`version`) or models (`model`) by the stage held; of models `none` means neither.

    Args:
        tally: all that match are to be counted, not some found.
    """
    of_models = key == "model"

    def held(stages: Any) -> Q:
        exclusive = set(stages) <= set(EXCLUSIVE)
        if at is None:
            rows = holders_now() if exclusive else ModelVersion.objects.filter(deleted_at__isnull=True)
            return Q(Exists(rows.filter(model=OuterRef("pk"), stage__in=stages)))
        if of_models and exclusive and tally:
            return _holders_then(stages, at)
        if of_models and exclusive:  # production first, which most models have
            return _any(_lasts(stage, at) for stage in sorted(stages))
        then = Tenure.objects.filter(open_at(at), stage__in=stages, **{key: OuterRef("pk")})
        # A version that was there needn't be asked again.
        return Q(Exists(then.exclude(version__deleted_at__lte=at) if of_models else then))

    def without(stages: Any) -> Q:
        if at is None or not of_models or not set(stages) <= set(EXCLUSIVE):
            return ~held(stages)
        # Where nearly all hold one, whoever doesn't is found at once, not by asking each.
        return ~_holders_then(stages, at)

    def where(test: Test) -> Q:
        none = EXCLUSIVE if of_models else STAGES
        if test.op == "not":
            return held(none) if test.value is None else without([test.value])
        condition = NOTHING
        for stage in test.value if test.op == "in" else (test.value,):
            condition |= without(none) if stage is None else held([stage])
        return condition

    return where


def _lasts(stage: str, at: datetime) -> Q:
    """The condition that a model's exclusive stage was held at a moment: one entry of an index."""
    begun = Tenure.objects.filter(model=OuterRef("pk"), stage=stage, valid_from__lte=at).order_by(
        "-valid_from", "-id"
    )
    lasting = Q(valid_to__isnull=True) | Q(valid_to__gt=at)
    last = begun.annotate(lasts=Case(When(lasting, then=True), default=False)).values("lasts")
    return Q(Coalesce(Subquery(last[:1]), False))


def _any(conditions: Iterable[Q]) -> Q:
    found = NOTHING
    for condition in conditions:
        found |= condition
    return found


def held_by_models(at: datetime | None) -> Column:
    """Models by the stages that their versions hold, or held at a moment: where few did, by their tenures."""
    walk = _staged(at, "model")
    if at is None:
        return Column(OF_MODELS, where=walk)

    def bound(test: Test, _within: QuerySet[Any]) -> Q:
        stages = test.value if test.op == "in" else (test.value,)
        if test.op == "not" or None in stages:
            return walk(test)
        then = Tenure.objects.filter(open_at(at), stage__in=stages)
        if then.order_by("-valid_from")[: FEW + 1].count() > FEW:
            return walk(test)
        return Q(pk__in=then.exclude(version__deleted_at__lte=at).values("model_id"))

    return Column(OF_MODELS, bound=bound, tally=_staged(at, "model", tally=True))


def held_by_versions(at: datetime) -> Column:
    """All versions by the stage held at a moment: where few held one, they are looked up by their tenures."""
    walk = _staged(at, "version")

    def source(test: Test) -> QuerySet[Any, Any]:
        stages = test.value if test.op == "in" else (test.value,)
        if test.op == "not" or None in stages:
            return ModelVersion.objects.filter(walk(test)).values("pk")
        return (
            Tenure.objects.filter(open_at(at), stage__in=stages).order_by("-valid_from").values("version_id")
        )

    def newest(test: Test, many: int) -> tuple[list[Any], datetime] | None:
        """Those that came into the stage last: a tenure begins when its version is made, or later."""
        stages = test.value if test.op == "in" else (test.value,)
        if test.op == "not" or None in stages:
            return None
        then = Tenure.objects.filter(open_at(at), stage__in=stages).order_by("-valid_from")
        last = list(then.values_list("version_id", "valid_from")[:many])
        return ([key for key, _ in last], last[-1][1]) if len(last) == many else None

    return Column(STAGE, where=walk, sparse=True, walked=walk, source=source, newest=newest)


def held_in_model(at: datetime) -> Column:
    """One model's versions by the stage held at a moment: whoever held an exclusive one is looked up."""
    walk = _staged(at, "version")

    def bound(test: Test, within: QuerySet[Any]) -> Q:
        stages = test.value if test.op == "in" else (test.value,)
        if test.op == "not" or not set(stages) <= set(EXCLUSIVE):
            return walk(test)
        model = list(within.order_by().values_list("model_id", flat=True)[:1])
        return Q(pk__in=[held_then(model[0], stage, at) for stage in stages] if model else [])

    return Column(STAGE, bound=bound)
