"""Reads of the overview: what is in production, what waits, what runs, what changed lately."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from registry.models import ModelVersion, Run, RunVersion, StepRun, Tenure
from registry.rules.metadata import flatten
from registry.rules.metrics import verdict, way_of
from registry.rules.runs import CACHED, COMPLETED, FAILED, RUNNING
from registry.rules.stages import PRODUCTION, STAGING
from registry.selectors.compiled import MOMENT, CompiledThen
from registry.selectors.evidence import Evidence, made_by
from registry.selectors.gathered import declared_directions
from registry.selectors.lists import Counted, any_of
from registry.selectors.moments import (
    begun_by,
    existing_at,
    holding,
    number_holding,
    open_at,
    runs_by,
)

SHOWN = 10  # models in production
CANDIDATES = 5
IN_FLIGHT = 6
BROKEN = 5  # pipelines whose last run failed
RECENT = timedelta(days=7)


def _tenures(stage: str, at: datetime | None) -> Any:
    # Whether they are there is asked of each: joined, all models would lead instead of the last tenures.
    there = ModelVersion.objects.filter(existing_at(at), existing_at(at, "model__"), pk=OuterRef("version"))
    return Tenure.objects.filter(open_at(at), Exists(there), stage=stage).order_by("-valid_from", "-id")


def holders(at: datetime | None = None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The models with a version in production, the last promoted first, and the versions in staging.

    Both in one query. Each row: stage, model_id, model_name, version_id, number, since, by, reason;
    displaced_id, the version that it displaced; holder (number) and holder_id, what is in production;
    staging, the number of what is there; written, how many events its model has; and how it was made.
    """
    rows = _HOLDERS.dicts(at)
    held, candidates = ([row for row in rows if row["stage"] == stage] for stage in (PRODUCTION, STAGING))
    return held, candidates


def _holders(at: datetime | None) -> QuerySet[Any, Any]:
    firsts = (
        Tenure.objects.filter(pk__in=_tenures(stage, at).values("pk")[:limit])
        for stage, limit in ((PRODUCTION, SHOWN), (STAGING, CANDIDATES))
    )
    return (
        any_of(*firsts)
        .order_by("-valid_from", "-id")
        .values(
            "stage",
            "reason",
            "model_id",
            "version_id",
            "displaced_id",
            written=F("model__chain__count"),
            model_name=F("model__name"),
            number=F("version__number"),
            since=F("valid_from"),
            by=F("actor__username"),
            holder=number_holding(PRODUCTION, at),
            holder_id=holding(OuterRef("model_id"), PRODUCTION, at),
            staging=number_holding(STAGING, at),
            directions=declared_directions(at),
            **made_by("version__"),
        )
    )


_HOLDERS = CompiledThen(_holders)


def told_versions(rows: list[dict[str, Any]]) -> set[Any]:
    """The versions whose metrics `with_metrics` tells of: those of the rows, and those they displaced."""
    return {row["version_id"] for row in rows} | {row["displaced_id"] for row in rows if row["displaced_id"]}


def with_metrics(
    rows: list[dict[str, Any]], held: Evidence, at: datetime | None = None
) -> list[dict[str, Any]]:
    """The rows of versions in production, each with the metric that tells most of it.

    Each has more: metric, value, change against the version it displaced, verdict, late (it was changed
    after promotion).

    Args:
        held: what the `told_versions` measured, and others.
    """
    found = {ident: held.told(ident, at) for ident in told_versions(rows)}
    metrics = {ident: flatten(nested) for ident, (nested, _) in found.items() if nested}
    lines = []
    for row in rows:
        own, basis = metrics.get(row["version_id"], {}), metrics.get(row["displaced_id"])
        told = telling(own, basis, dict(row["directions"] or ()))
        lines.append({**row, **told, "late": told["metric"] in found[row["version_id"]][1]})
    return lines


def telling(
    metrics: dict[str, Any], basis: dict[str, Any] | None, declared: dict[str, str]
) -> dict[str, Any]:
    """The metric that says most of a version: one that can be judged, before one that can't.

    Args:
        basis: the metrics of the version it is compared with; None for none.
        declared: the directions declared for its model's metrics.
    """
    numbers = [
        name for name, value in metrics.items() if isinstance(value, int | float) and value is not True
    ]
    name = next((name for name in numbers if way_of(name, declared)), next(iter(numbers), None))
    if name is None:
        return {"metric": None, "value": None, "change": None, "verdict": None}
    if basis is None:
        return {"metric": name, "value": metrics[name], "change": None, "verdict": None}
    change, judged = verdict(metrics[name], basis.get(name), way_of(name, declared))
    return {"metric": name, "value": metrics[name], "change": change, "verdict": judged}


def failed_runs(at: datetime | None = None) -> list[dict[str, Any]]:
    """Pipelines whose last run failed within a week: the run, its failed step, the last line of its error.

    Args:
        at: the end of that week; now if not given.
    """
    rows = _FAILED.dicts(at, (at or timezone.now()) - RECENT)
    return [{**row, "error": last_line(row["error"])} for row in rows]


def _failed(at: datetime | None, since: datetime) -> QuerySet[Any, Any]:
    ended = Q() if at is None else Q(ended_at__lte=at)
    newer = (
        runs_by(at)
        .filter(pipeline=OuterRef("pipeline_id"), started_at__gt=OuterRef("started_at"))
        .exclude(status=RUNNING)
    )
    step = StepRun.objects.filter(run=OuterRef("pk"), status=FAILED).order_by("position")
    return (
        runs_by(at)
        .filter(ended, status=FAILED, started_at__gte=since)
        .annotate(newer=Subquery(newer.values("pk")[:1]))
        .filter(newer__isnull=True)
        .order_by("-started_at")
        .values(
            "id",
            "name",
            "error",
            "ended_at",
            "started_at",
            pipeline_name=F("pipeline__name"),
            by=F("actor__username"),
            step=Subquery(step.values("name")[:1]),
        )[:BROKEN]
    )


_FAILED = CompiledThen(_failed, MOMENT.replace(year=2))


def last_line(error: str) -> str:
    """What an exception says, without the frames above it."""
    lines = [line for line in error.strip().splitlines() if line.strip() and not line.startswith(" ")]
    return lines[-1] if lines else error.strip()[:200]


def in_flight(at: datetime | None = None) -> list[dict[str, Any]]:
    """The runs that go on, or went on at a moment, the last started first; one query.

    Each row: id, name, pipeline_name, started_at, heard_at, model (whose version it makes, if it does), done
    (steps), step (the one that runs), total (of the pipeline's last run that ended well; None if it has
    none), at (done, and the one that runs).
    """
    return [_with_total(run) for run in _IN_FLIGHT.dicts(at)]


def _in_flight(at: datetime | None) -> QuerySet[Any, Any]:
    ended = Q() if at is None else Q(ended_at__lte=at)
    last = runs_by(at).filter(ended, pipeline=OuterRef("pipeline_id"), status=COMPLETED)
    done, going = _step_states(at)
    own = StepRun.objects.filter(begun_by(at), run=OuterRef("pk"))
    many = Counted(own.values("pk"))
    made = RunVersion.objects.filter(run=OuterRef("pk"), created=True).order_by("at")
    runs: QuerySet[Any, Any] = (
        _going(at)
        .order_by("-started_at")
        .values(
            "id",
            "name",
            "started_at",
            "heard_at",
            pipeline_name=F("pipeline__name"),
            model=Subquery(made.values("of_model__name")[:1]),
            step=Subquery(own.filter(going).order_by("-position").values("name")[:1]),
            done=Counted(own.filter(done).values("pk")),
            many=many,
            before=Subquery(last.order_by("-started_at").values(many=many)[:1]),
        )[:IN_FLIGHT]
    )
    return runs


_IN_FLIGHT = CompiledThen(_in_flight)


def _step_states(at: datetime | None) -> tuple[Q, Q]:
    """The conditions of steps that ended well, and of those that run: what ended after a moment ran at it."""
    done, running = Q(status__in=(COMPLETED, CACHED)), Q(status=RUNNING)
    if at is None:
        return done, running
    return done & Q(ended_at__lte=at), running | Q(ended_at__isnull=True) | Q(ended_at__gt=at)


def _going(at: datetime | None) -> Any:
    if at is None:
        return Run.objects.filter(status=RUNNING)
    return runs_by(at).filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at))


def _with_total(run: dict[str, Any]) -> dict[str, Any]:
    many, before = run.pop("many"), run.pop("before")
    total = max(before, many) if before is not None else None
    return {**run, "total": total, "at": run["done"] + bool(run["step"])}
