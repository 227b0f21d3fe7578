"""Moments: what is open now, or was at a time. Every row-builder asks here: one way for both.

Stages, aliases, tags, metadata, links and cards are rows with `valid_from` and `valid_to`; models and
versions exist from their creation to their deletion. Their names, descriptions and owners are today's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from registry.models import Alias, Event, Model, ModelVersion, Run, RunVersion, Tenure
from registry.rules.errors import InvalidInput, NotFound
from registry.rules.filter_values import parse_time
from registry.rules.stages import EXCLUSIVE
from registry.rules.versions import MAX_NUMBER, By, Ref

EVENT = "event:"
SKEW = timedelta(minutes=1)  # by which the clock of who asks may be ahead
FEW = 2000  # rows that cost no more to look up by key than a page costs to walk to
M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Moment:
    """A moment of the past: its time, the last event by then, and the words that asked for it."""

    at: datetime
    event: int
    given: str


def find_moment(given: str) -> Moment:
    """The moment that a date, a time (ISO 8601, UTC if it names no zone) or `event:N` names.

    A date is its beginning; an event's moment is just after it.

    Raises:
        InvalidInput: it is none of these, is still to come, or lies before the first event.
        NotFound: there is no such event.
    """
    if given.startswith(EVENT):
        return _after_event(given)
    at = parse_time("as_of", given)[0]
    if at > timezone.now() + SKEW:
        raise InvalidInput(
            f"{at.isoformat()} is still to come.", code="bad_moment", hint="Name a moment that has passed."
        )
    last = Event.objects.filter(at__lte=at).order_by("-at").values_list("id", flat=True).first()
    if last is None:
        first = Event.objects.order_by("at").values_list("at", flat=True).first()
        raise InvalidInput(
            f"Nothing was registered yet at {at.isoformat()}.",
            code="bad_moment",
            hint=f"The first event was at {first.isoformat()}." if first else "There are no events.",
        )
    return Moment(at, last, given)


def _after_event(given: str) -> Moment:
    number = given.removeprefix(EVENT)
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise InvalidInput(f"{given[:40]!r} names no event: write event:123.", code="bad_moment")
    at = Event.objects.filter(id=int(number)).values_list("at", flat=True).first()
    if at is None:
        raise NotFound(f"There is no event {number}.", code="no_such_event")
    return Moment(at, int(number), given)


def open_at(at: datetime | None, prefix: str = "") -> Q:
    """The condition of rows with `valid_from` and `valid_to`: open now (None), or at a moment."""
    ongoing = Q(**{f"{prefix}valid_to__isnull": True})
    if at is None:
        return ongoing
    return Q(**{f"{prefix}valid_from__lte": at}) & (ongoing | Q(**{f"{prefix}valid_to__gt": at}))


def existing_at(at: datetime | None, prefix: str = "") -> Q:
    """The condition of versions that aren't deleted now (None), or existed at a moment."""
    alive = Q(**{f"{prefix}deleted_at__isnull": True})
    if at is None:
        return alive
    return Q(**{f"{prefix}created_at__lte": at}) & (alive | Q(**{f"{prefix}deleted_at__gt": at}))


def models_at(at: datetime | None) -> QuerySet[Model]:
    """The models that aren't deleted now (None), or existed at a moment."""
    found = Model.objects.filter(existing_at(at))
    return found if at is None else found.exclude(id__in=_deleted_then(at))


def model_gone(at: datetime) -> Q:
    """The condition of models that were made before a moment, and were deleted at it."""
    return Q(created_at__lte=at) & (Q(deleted_at__lte=at) | Q(id__in=_deleted_then(at)))


def model_existed(at: datetime | None) -> Q:
    """The condition of versions whose model isn't deleted now (None), or existed at a moment.

    By the few models that were deleted: joined, all models would lead a walk in the versions' order.
    """
    if at is None:
        return ~Q(model__in=Model.objects.filter(deleted_at__isnull=False).values("pk"))
    gone = Model.objects.filter(deleted_at__lte=at).values("pk")
    return ~Q(model__in=gone) & ~Q(model__in=_deleted_then(at))


def version_then(model: Model, ref: Ref, at: datetime) -> ModelVersion | None:
    """The version of a model that `ref` addressed at a moment, or None. Names are today's."""
    versions = ModelVersion.objects.filter(existing_at(at), model=model)
    match ref.by:
        case By.NUMBER:
            return versions.filter(number=min(ref.value, MAX_NUMBER)).first()
        case By.LATEST:
            return versions.order_by("-created_at").first()
        case By.NAME:
            return versions.filter(name=ref.value).first()
        case By.ID:
            resolved = RunVersion.objects.filter(id=ref.value).values("version_id")
            return versions.filter(Q(id=ref.value) | Q(id__in=resolved)).first()
        case By.ALIAS:
            set_then = Alias.objects.filter(model=model, name=ref.value, valid_from__lte=at)
            last = set_then.order_by("-valid_from", "-id").values_list("version_id", "valid_to").first()
            return versions.filter(id=last[0]).first() if last and _lasts(last[1], at) else None
        case _:
            held = held_then(model.id, ref.value, at)
            return versions.filter(id=held).first() if held else None


def _lasts(valid_to: datetime | None, at: datetime) -> bool:
    return valid_to is None or valid_to > at


def held_then(model: uuid.UUID, stage: str, at: datetime) -> uuid.UUID | None:
    """The version that held a stage at a moment; of the archived ones that existed, the last."""
    begun = Tenure.objects.filter(model=model, stage=stage, valid_from__lte=at).order_by("-valid_from", "-id")
    if stage in EXCLUSIVE:  # they follow one another: one entry of the index
        last = begun.values_list("version_id", "valid_to").first()
        return last[0] if last and _lasts(last[1], at) else None
    gone = Q(version__deleted_at__lte=at)
    return begun.filter(open_at(at)).exclude(gone).values_list("version_id", flat=True).first()


def made_by_then(model: Model, at: datetime) -> int:
    """How many versions a model had made at a moment, deleted ones too: the highest number."""
    made = ModelVersion.objects.filter(model=model, created_at__lte=at).order_by("-created_at")
    return made.values_list("number", flat=True).first() or 0


def _deleted_then(at: datetime) -> QuerySet[Any]:
    """The models that were deleted at a moment and restored since: their rows don't say so any more.

    Few: one look at the index of actions, whatever the query around it walks.
    """
    changes = Event.objects.filter(action__in=["model.deleted", "model.restored"], at__gt=at)
    between = changes.filter(model_id=OuterRef("model_id"), at__lt=OuterRef("at"))
    restored = Event.objects.filter(action="model.restored", at__gt=at, model_id__isnull=False)
    return restored.filter(~Exists(between)).values("model_id")


def early(rows: QuerySet[M], at: datetime | None) -> QuerySet[M]:
    """The same rows, by their keys where there were few at that moment: no walk past all that came later."""
    if at is None:
        return rows
    then = rows.model._default_manager.filter(created_at__lte=at).order_by().values("pk")
    return rows.filter(pk__in=then) if then[: FEW + 1].count() <= FEW else rows


def newest_then(at: datetime, model: str | uuid.UUID = "pk") -> Any:
    """The number of versions that a model had made at a moment, deleted ones too, as a subquery.

    Args:
        model: its id, or where the outer query has it.
    """
    key = OuterRef(model) if isinstance(model, str) else model
    made = ModelVersion.objects.filter(model=key, created_at__lte=at).order_by("-created_at")
    return Subquery(made.values("number")[:1])


def counts_at(model_ids: Iterable[uuid.UUID], at: datetime) -> dict[uuid.UUID, int]:
    """How many versions each model had at a moment."""
    counted = Model.objects.filter(id__in=list(model_ids)).annotate(existed=count_then(at))
    return dict(counted.values_list("id", "existed"))


def count_then(at: datetime, model: str = "pk") -> Any:
    """How many versions a model had at a moment, as an expression: those made but for those deleted.

    Args:
        model: where the outer query has the model's id.
    """
    return Coalesce(newest_then(at, model), 0) - lost_then(at, model)


def lost_then(at: datetime, model: str = "pk") -> Any:
    """How many versions of a model were deleted at a moment, as an expression; `model` as above."""
    gone = ModelVersion.objects.filter(model=OuterRef(model), deleted_at__lte=at).order_by().values("model")
    return Coalesce(Subquery(gone.annotate(n=models.Count("*")).values("n")), 0)


def holders_at(model_ids: Iterable[uuid.UUID], at: datetime) -> dict[tuple[uuid.UUID, str], int]:
    """Which version number held staging and production at a moment, by (model, stage)."""
    rows = Model.objects.filter(id__in=list(model_ids)).annotate(
        **{stage: Subquery(holder_at(OuterRef("pk"), stage, at).values("holder")) for stage in EXCLUSIVE}
    )
    return {
        (row[0], stage): number
        for row in rows.values_list("id", *EXCLUSIVE)
        for stage, number in zip(EXCLUSIVE, row[1:], strict=True)
        if number is not None
    }


def holder_at(model: Any, stage: str, at: datetime) -> Any:
    """The last tenure of an exclusive stage that had begun at a moment; `holder` is None if it had ended.

    One entry of the index: tenures of such a stage follow one another.
    """
    begun: Any = Tenure.objects.filter(model=model, stage=stage, valid_from__lte=at).order_by(
        "-valid_from", "-id"
    )
    lasting = Q(valid_to__isnull=True) | Q(valid_to__gt=at)
    return begun.annotate(holder=Case(When(lasting, then=F("version__number")), default=None))[:1]


def held(at: datetime | None, version: str = "") -> Any:
    """The stage that a version holds now or held at a moment, as an expression.

    Args:
        version: the foreign key that leads to the version; none on versions themselves.
    """
    if at is None:
        return F(f"{version}__stage" if version else "stage")
    tenures = Tenure.objects.filter(open_at(at), version=OuterRef(f"{version}_id" if version else "pk"))
    return Subquery(tenures.values("stage")[:1])


def holding(model: Any, stage: Any, at: datetime | None) -> Any:
    """The id of the version that holds an exclusive stage of a model now or held it then, as a subquery.

    Args:
        model, stage: a model's id and the stage, or expressions that name them.
    """
    if at is None:
        alive = ModelVersion.objects.filter(model=model, stage=stage, deleted_at__isnull=True)
        return Subquery(alive.values("pk")[:1])
    begun = Tenure.objects.filter(model=model, stage=stage, valid_from__lte=at).order_by("-valid_from", "-id")
    lasting = Q(valid_to__isnull=True) | Q(valid_to__gt=at)
    last = begun.annotate(then=Case(When(lasting, then=F("version_id")), default=None))
    return Subquery(last.values("then")[:1])


def number_holding(stage: str, at: datetime | None) -> Any:
    """The number of the version that holds an exclusive stage of the outer row's model, as a subquery."""
    if at is not None:
        return Subquery(holder_at(OuterRef("model_id"), stage, at).values("holder"))
    alive = ModelVersion.objects.filter(model=OuterRef("model_id"), stage=stage, deleted_at__isnull=True)
    return Subquery(alive.values("number")[:1])


def stages_at(version_ids: Iterable[uuid.UUID], at: datetime) -> dict[uuid.UUID, str]:
    """The stage that each version held at a moment; those without one aren't in it."""
    held = Tenure.objects.filter(open_at(at), version_id__in=list(version_ids))
    return dict(held.values_list("version_id", "stage"))


def runs_by(at: datetime | None) -> QuerySet[Run]:
    """All runs, or those that had begun at a moment."""
    return Run.objects.all() if at is None else Run.objects.filter(started_at__lte=at)


def check_begun(run: str, started_at: datetime, at: datetime | None) -> None:
    """NotFound if a run had not begun yet at a moment."""
    if at is not None and started_at > at:
        raise NotFound(
            f"The run {run} had not begun yet at {at.isoformat()}: it began at {started_at.isoformat()}.",
            code="no_such_run",
        )


def begun_by(at: datetime | None, prefix: str = "") -> Q:
    """The condition of steps: any, or those that had begun at a moment."""
    if at is None:
        return Q()
    by_run = Q(**{f"{prefix}started_at__isnull": True, f"{prefix}run__started_at__lte": at})
    return Q(**{f"{prefix}started_at__lte": at}) | by_run


def changed_at(at: datetime) -> Any:
    """When a model was last changed by a moment, as a subquery."""
    events = Event.objects.filter(model_id=OuterRef("pk"), at__lte=at).order_by("-at")
    return Subquery(events.values("at")[:1])
