"""Reads of the boards: the cards of each column, their metrics, and the mark of what a board shows."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, Max, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from registry.models import Event, MetadataValue, Model, ModelVersion, Run, StepRun
from registry.rules.heartbeats import Serving
from registry.rules.metadata import path_digest
from registry.rules.runs import CACHED, COMPLETED, FAILED, RUNNING
from registry.rules.stages import ARCHIVED, EXCLUSIVE, PRODUCTION, STAGES, STAGING
from registry.rules.versions import MAX_NUMBER
from registry.selectors.catalog import find_model
from registry.selectors.columns import NOTHING
from registry.selectors.compiled import MOMENT, Compiled, CompiledThen
from registry.selectors.gathered import declared_directions
from registry.selectors.heartbeats import facts_of, serving
from registry.selectors.lists import any_of
from registry.selectors.models_page import plain
from registry.selectors.moments import (
    existing_at,
    held,
    holding,
    model_existed,
    newest_then,
    number_holding,
    open_at,
)
from registry.selectors.placed import came_since, counts_of, newest_in

NEW = "new"
LANES = (NEW, STAGING, PRODUCTION, ARCHIVED)
FIRST = FIRST_OF_ALL = 6  # cards of a column; one more is read to know whether there are others
LINE = 12  # versions in a card's small line

Card = dict[str, Any]
Line = list[tuple[int, float]]  # a version's number and its value


def _stage(lane: str) -> str | None:
    return None if lane == NEW else lane


def cards_of_model(
    model: uuid.UUID, before: Mapping[str, int], at: datetime | None = None
) -> dict[str, list[Card]]:
    """The cards of a model's board by column, now or at a moment, the highest number first; one query.

    Args:
        before: for the columns new and archived a version number: only older versions are shown.

    Returns:
        for each column at most FIRST + 1 cards: id, number, name, stage, created_at, author, model_name,
        last (the number last given in the model), staging and production (numbers of the holders or None),
        production_id, run (status or None), run_id, step (the one that runs or failed), done and total
        (steps of a run that goes on), news and archived (how many versions these two columns have).
    """
    older = (before.get(lane, MAX_NUMBER + 1) for lane in (NEW, ARCHIVED))
    cards = _staged(_OF_MODEL.dicts(at, model, *older))
    return _by_lane([{**card, "news": card["others"] - card["archived"]} for card in cards])


def _of_model(at: datetime | None, model: uuid.UUID, new: int, archived: int) -> QuerySet[Any, Any]:
    """The cards of a model's board: of the new and the archived those whose numbers are lower than these."""
    alive = ModelVersion.objects.filter(existing_at(at), model=model)
    if at is not None:  # a walk from the highest number: not past all that came later
        alive = alive.filter(number__lte=newest_then(at, model)).alias(then=held(at))
    lanes = ((NEW, new), (ARCHIVED, archived))
    newest = (_newest(alive, lane, number, at).values("pk") for lane, number in lanes)
    shown = any_of(
        *(ModelVersion.objects.filter(pk=holding(model, stage, at)) for stage in EXCLUSIVE),
        *(ModelVersion.objects.filter(pk__in=cards) for cards in newest),
    )
    versions = shown.filter(existing_at(at)).order_by("-number").annotate(**counts_of(model, at))
    return _cards(versions, at, "others", "archived")


def cards_of_all(at: datetime | None = None) -> dict[str, list[Card]]:
    """The newest cards of all models by column, FIRST_OF_ALL + 1, without the counts; one query, then two."""
    if at is None:
        return _by_lane(_staged(_ALL_NOW.dicts()))
    since = came_since(at, FIRST_OF_ALL + 1)
    return _by_lane(_staged(_ALL_THEN.dicts(at, *(since[stage] for stage in STAGES))))


def _all_now() -> QuerySet[Any, Any]:
    return _cards_of([_in(_alive_newest(), lane, FIRST_OF_ALL) for lane in LANES], None)


def _all_then(at: datetime, *since: datetime) -> QuerySet[Any, Any]:
    """Those of a moment; of each stage, in the order of STAGES, the ones that came into it since a time."""
    staged = [newest_in(stage, at, time, FIRST_OF_ALL + 1) for stage, time in zip(STAGES, since, strict=True)]
    return _cards_of([_in(_alive_newest(at), NEW, FIRST_OF_ALL, at), *staged], at)


def _cards_of(lanes: Iterable[QuerySet[ModelVersion]], at: datetime | None) -> QuerySet[Any, Any]:
    shown = any_of(*(ModelVersion.objects.filter(pk__in=cards.values("pk")) for cards in lanes))
    return _cards(shown.order_by("-created_at", "-id"), at)


def _alive_newest(at: datetime | None = None) -> QuerySet[ModelVersion]:
    alive = ModelVersion.objects.filter(existing_at(at), model_existed(at)).order_by("-created_at", "-id")
    return alive if at is None else alive.alias(then=held(at))


def _in(
    versions: QuerySet[ModelVersion], lane: str, first: int, at: datetime | None = None
) -> QuerySet[ModelVersion]:
    """The first that hold a lane's stage, or none; of a moment's, by the alias `then`."""
    key, stage = "stage" if at is None else "then", _stage(lane)
    return versions.filter(**{f"{key}__isnull": True} if stage is None else {key: stage})[: first + 1]


def _newest(
    versions: QuerySet[ModelVersion], lane: str, before: int, at: datetime | None = None
) -> QuerySet[ModelVersion]:
    return _in(versions.filter(number__lt=before).order_by("-number"), lane, FIRST, at)


def _by_lane(cards: Sequence[Card]) -> dict[str, list[Card]]:
    lanes: dict[str, list[Card]] = {lane: [] for lane in LANES}
    for card in cards:
        lanes[card["stage"] or NEW].append(card)
    return lanes


def _cards(versions: QuerySet[ModelVersion], at: datetime | None, *more: str) -> QuerySet[Any, Any]:
    holders = {stage: holding(OuterRef("model_id"), stage, at) for stage in EXCLUSIVE}
    cards: QuerySet[Any, Any] = versions.annotate(**_steps()).values(
        "id",
        "number",
        "name",
        "created_at",
        "model_id",
        "run_id",
        "step",
        "done",
        "total",
        *more,
        model_name=F("model__name"),
        author=F("created_by__username"),
        run=F("created_by_run__status"),
        held=held(at),
        directions=declared_directions(at),
        last=F("model__last_number") if at is None else newest_then(at, "model_id"),
        **{f"{stage}_id": holder for stage, holder in holders.items()},
        **{stage: number_holding(stage, at) for stage in EXCLUSIVE},
    )
    return cards


def _staged(cards: Iterable[Card]) -> list[Card]:
    return [{**card, "stage": card["held"]} for card in cards]


def _steps() -> dict[str, Any]:
    """Annotations of a version: the run that made it, where that is or broke, how many steps it has."""
    steps = StepRun.objects.filter(run=OuterRef("created_by_run")).order_by("-position")
    last = Run.objects.filter(pipeline=OuterRef("created_by_run__pipeline"), status=COMPLETED)
    last_run = last.order_by("-started_at", "-id").values("pk")[:1]
    going = Q(created_by_run__status=RUNNING)
    return {
        "run_id": F("created_by_run_id"),
        "step": Subquery(steps.filter(status__in=(RUNNING, FAILED)).values("name")[:1]),
        "done": _if(going, Coalesce(Subquery(_many(steps.filter(status__in=(COMPLETED, CACHED)))), 0)),
        "last_run": _if(going, Subquery(last_run)),
        "total": _if(going, Subquery(_many(StepRun.objects.filter(run=OuterRef("last_run"))))),
    }


def _if(condition: Q, value: Any) -> Case:
    """The value where the condition holds, else NULL: what isn't shown isn't counted."""
    return Case(When(condition, then=value))


def _many(steps: QuerySet[StepRun]) -> QuerySet[Any]:
    return steps.order_by().values("run").annotate(many=Count("pk")).values("many")


def lines(
    newest: Mapping[uuid.UUID, int | None], metrics: Iterable[str], at: datetime | None = None
) -> dict[tuple[uuid.UUID, str], Line]:
    """The values of metrics over each model's last versions, oldest first; one query.

    Args:
        newest: the models, and the number last given to a version of each, as their cards tell it.
        metrics: paths below `metrics`.

    Returns:
        by model and metric, pairs of a version's number and its value.
    """
    digests = {path_digest(f"metrics.{metric}") for metric in metrics}
    last = NOTHING  # by numbers, which an index answers, also PostgreSQL's
    for model, number in newest.items():
        last |= Q(model_id=model, number__gt=(number or 0) - 3 * LINE, number__lte=number or 0)
    recent = ModelVersion.objects.filter(existing_at(at), last)
    rows = MetadataValue.objects.filter(open_at(at), version__in=recent, path_digest__in=digests).order_by(
        "version__number"
    )
    found: dict[tuple[uuid.UUID, str], Line] = defaultdict(list)
    for model, path, number, value in rows.values_list(
        "version__model_id", "path", "version__number", "number"
    ):
        if value is not None:
            found[model, path.removeprefix("metrics.")].append((number, value))
    return found


_OF_MODEL = CompiledThen(_of_model, uuid.UUID(int=1), 987_654_321, 987_654_322)
_ALL_NOW = Compiled(_all_now)
_ALL_THEN = Compiled(_all_then, MOMENT, *(MOMENT.replace(year=year) for year in (2, 3, 4)))


# What a board shows -----------------------------------------------------------------------------


def progress(cards: Iterable[Card]) -> list[tuple[Any, ...]]:
    """How far the runs have come that made these versions: what changes on a board without an event."""
    return sorted(
        (str(card["id"]), card["done"], card["step"] or "") for card in cards if card["run"] == RUNNING
    )


def model_facts(name: str, before: Mapping[str, int]) -> tuple[Any, ...]:
    """What a model's board is drawn from, in three queries: its chain's length, its runs' progress, what
    its instances say.

    Raises:
        NotFound: no living model has that name.
    """
    head = Model.objects.filter(name=name, deleted_at__isnull=True)
    found = head.values_list("id", "chain__count").first()
    if found is None:
        find_model(name)  # says what there is instead
        raise AssertionError("a model appeared while it was looked for")
    alive = ModelVersion.objects.filter(model=found[0], deleted_at__isnull=True)
    newest = _newest(alive, NEW, before.get(NEW, MAX_NUMBER + 1)).values("pk")
    said = serving(Q(model=found[0]))
    return (*found, _progress_of(alive.filter(pk__in=newest)), facts_of(said.items()))


def all_facts() -> tuple[Any, ...]:
    """What the board of all models is drawn from, in three queries: the newest event, the runs' progress,
    what the instances say."""
    newest = _in(_alive_newest(), NEW, FIRST_OF_ALL).values("pk")
    going = _progress_of(ModelVersion.objects.filter(pk__in=newest))
    return (newest_event(), going, facts_of(serving_on_board().items()))


def serving_on_board() -> dict[tuple[uuid.UUID, str], Serving]:
    """What the instances of the models say whose holders the board of all shows; one query."""
    shown = Q()
    for stage in EXCLUSIVE:
        shown |= Q(stage=stage, model__in=_in(_alive_newest(), stage, FIRST_OF_ALL).values("model"))
    return serving(shown)


def newest_event() -> int:
    """The id of the newest event of all; 0 before the first."""
    newest: int | None = Event.objects.aggregate(newest=Max("id"))["newest"]
    return newest or 0


def _progress_of(versions: QuerySet[ModelVersion]) -> list[tuple[Any, ...]]:
    rows: QuerySet[Any] = versions.filter(created_by_run__status=RUNNING).annotate(**_steps())
    return progress(plain(rows.values("id", "done", "step", run=F("created_by_run__status"))))
