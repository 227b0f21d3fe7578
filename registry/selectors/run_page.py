"""Reads of the runs' pages: the list, one run with some of its steps in eight queries, one step."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from registry.models import Pipeline, Run, RunVersion, StepInput, StepOutput, StepRun
from registry.rules.errors import NotFound
from registry.rules.runs import FAILED, RUNNING
from registry.selectors.attached import metadata_of
from registry.selectors.models_page import plain, tags_with_colors
from registry.selectors.moments import check_begun, held, runs_by
from registry.selectors.pager import Leaf, leaf
from registry.selectors.run_lists import RUNS

ROWS = 40  # runs on a page
STEPS = 20  # of a run, on its page
PARTS = 8  # inputs of a step, and outputs, on its run's page
STEP_PARTS = 60  # inputs and outputs on the step's own page
DRAWN_STEPS = 500
MOST_STEPS = 10_000


def runs_leaf(
    given: Mapping[str, Sequence[str]],
    words: str = "",
    at: datetime | None = None,
    pipeline: uuid.UUID | None = None,
) -> Leaf:
    """One page of the runs whose name or pipeline holds `words`, the last started first.

    Args:
        at: those that had begun at this moment.
        pipeline: those of one pipeline.
    """
    within = runs_by(at)
    if pipeline is not None:
        within = within.filter(pipeline=pipeline)
    if words:
        within = within.filter(Q(name__icontains=words) | Q(pipeline__name__icontains=words))
    return leaf(RUNS, within, {"limit": [str(ROWS)], **given}, {"started": "started_at"})


def pipeline_names(at: datetime | None = None, limit: int = 200) -> list[str]:
    """The names of the pipelines there are, or were at a moment, to filter by."""
    found = Pipeline.objects.all() if at is None else Pipeline.objects.filter(created_at__lte=at)
    return list(found.order_by("name").values_list("name", flat=True)[:limit])


def run_state(ident: uuid.UUID) -> tuple[Any, ...]:
    """What changes when a run reports: its status, when it was last heard. NotFound: there is no such run."""
    found = Run.objects.filter(id=ident).values_list("status", "heard_at", "ended_at").first()
    if found is None:
        raise _no_such_run(ident)
    return tuple(found)


def _no_such_run(ident: uuid.UUID) -> NotFound:
    return NotFound(
        f"There is no run {ident}.", code="no_such_run", hint="The list of runs shows those there are."
    )


def run_page(
    ident: uuid.UUID, at: datetime | None = None, begin: int | None = None, step: uuid.UUID | None = None
) -> dict[str, Any]:
    """A run with its steps, versions, tags, metadata, and the run before it.

    Args:
        at: its versions' stages, tags and metadata at this moment; NotFound if it hadn't begun then.
        begin: how many steps stand before those shown.
        step: one of the steps shown; if neither is given, the first that failed, or runs.

    Returns:
        besides its own facts `steps` (all) and `shown`: STEPS of them with what they read and wrote, PARTS
        of each and how many `more_inputs` and `more_outputs`; `begin`, how many stand before these.
    """
    run = _run(ident)
    check_begun(run["name"], run["started_at"], at)
    end = run["ended_at"] or timezone.now()
    steps = _step_rows(ident, end, MOST_STEPS)
    begin = _begin(steps, begin, step)
    return {
        **run,
        "end": end,
        "seconds": (end - run["started_at"]).total_seconds(),
        "steps": steps,
        "shown": _with_parts(steps[begin : begin + STEPS]),
        "begin": begin,
        "versions": _versions(ident, at),
        "tags": tags_with_colors("run", [ident], at)[ident],
        "metadata": metadata_of("run", [ident], at=at).get(ident, {}),
        "before": _before(run),
    }


def _run(ident: uuid.UUID) -> dict[str, Any]:
    row: Any = (
        Run.objects.filter(id=ident)
        .values(
            "id",
            "name",
            "status",
            "started_at",
            "ended_at",
            "heard_at",
            "parameters",
            "code",
            "environment",
            "error",
            "pipeline_id",
            pipeline_name=F("pipeline__name"),
            by=F("actor__username"),
        )
        .first()
    )
    if row is None:
        raise _no_such_run(ident)
    return {**row, "pipeline": row["pipeline_name"]}


def _before(run: dict[str, Any]) -> dict[str, Any] | None:
    """The run of the same pipeline before this one, to compare parameters with."""
    earlier = Run.objects.filter(pipeline_id=run["pipeline_id"], started_at__lt=run["started_at"])
    found: Any = earlier.order_by("-started_at", "-id").values("id", "name", "parameters", "status").first()
    return dict(found) if found else None


def run_steps(ident: uuid.UUID, at: datetime | None = None) -> list[dict[str, Any]]:
    """The steps of a run without what they read and wrote; two queries. NotFound as `run_page`."""
    found = Run.objects.filter(id=ident).values_list("name", "started_at", "ended_at").first()
    if found is None:
        raise _no_such_run(ident)
    name, started_at, ended_at = found
    check_begun(name, started_at, at)
    return _step_rows(ident, ended_at or timezone.now(), DRAWN_STEPS)


def _begin(steps: Sequence[dict[str, Any]], begin: int | None, step: uuid.UUID | None) -> int:
    """How many steps stand before the page of the one asked for."""
    if begin is None:
        places = [at for at, row in enumerate(steps) if row["id"] == step]
        for status in (FAILED, RUNNING):
            places += [at for at, row in enumerate(steps) if row["status"] == status]
        begin = places[0] if places else 0
    return max(min(begin, len(steps) - 1), 0) // STEPS * STEPS


def _step_rows(run: uuid.UUID, end: datetime, limit: int) -> list[dict[str, Any]]:
    rows = plain(
        StepRun.objects.filter(run_id=run)
        .order_by("position", "id")
        .values(
            "id",
            "name",
            "status",
            "started_at",
            "ended_at",
            "upstream",
            "error",
            "attempts",
            cached_run_id=F("cached_from__run_id"),
        )[:limit]
    )
    return [
        {
            **row,
            "seconds": ((row["ended_at"] or end) - row["started_at"]).total_seconds()
            if row["started_at"]
            else None,
        }
        for row in rows
    ]


def _with_parts(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    ids = [row["id"] for row in rows]
    inputs = _artifacts(StepInput.objects.filter(step_id__in=ids).order_by("name", "id"))
    outputs = _artifacts(StepOutput.objects.filter(step_id__in=ids).order_by("position", "id"))
    return [
        {
            **row,
            "cached_run": str(row["cached_run_id"])[-4:] if row["cached_run_id"] else None,
            "inputs": inputs[row["id"]][:PARTS],
            "outputs": outputs[row["id"]][:PARTS],
            "more_inputs": max(len(inputs[row["id"]]) - PARTS, 0),
            "more_outputs": max(len(outputs[row["id"]]) - PARTS, 0),
        }
        for row in rows
    ]


def _artifacts(parts: QuerySet[Any]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Inputs or outputs by step, each with its artifact version's facts."""
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    far = "artifact_version"
    rows = parts.values(
        "step_id",
        "name",
        number=F(f"{far}__number"),
        artifact=F(f"{far}__artifact__name"),
        size=F(f"{far}__size"),
        sha256=F(f"{far}__sha256"),
        data_type=F(f"{far}__data_type"),
        media_type=F(f"{far}__media_type"),
        deleted=F(f"{far}__deleted_at"),
    )
    for row in rows:
        found[row["step_id"]].append(row)
    return found


def _versions(run: uuid.UUID, at: datetime | None) -> list[dict[str, Any]]:
    """The model versions that the run resolved, each once, with the words it asked by."""
    rows = (
        RunVersion.objects.filter(run_id=run)
        .order_by("at", "id")
        .values(
            "version_id",
            "asked",
            "created",
            number=F("version__number"),
            model=F("version__model__name"),
            stage=held(at, "version"),
            deleted=F("version__deleted_at"),
        )
    )
    if at is not None:
        rows = rows.filter(at__lte=at)
    return list({row["version_id"]: row for row in reversed(plain(rows))}.values())[::-1]


def step_page(run: uuid.UUID, step: uuid.UUID, at: datetime | None = None, begin: int = 0) -> dict[str, Any]:
    """A step with its log, traceback, parameters and code; NotFound if the run has no such step, or had.

    Args:
        begin: how many of its inputs and outputs stand before those shown.

    Returns:
        besides its own facts STEP_PARTS of its `inputs` and `outputs`, and how many `parts` there are.
    """
    row: Any = (
        StepRun.objects.filter(id=step, run_id=run)
        .values(
            "id",
            "name",
            "status",
            "logs",
            "error",
            "started_at",
            "ended_at",
            "run_id",
            "parameters",
            "upstream",
            "code",
            "attempts",
            "cache_key",
            run_name=F("run__name"),
            run_started=F("run__started_at"),
            pipeline=F("run__pipeline__name"),
            cached_run_id=F("cached_from__run_id"),
        )
        .first()
    )
    if row is None:
        raise NotFound(
            "This run has no such step.", code="no_such_step", hint="The run's page lists its steps."
        )
    check_begun(row["run_name"], row["run_started"], at)
    return {**row, **_parts_of(step, begin)}


def _parts_of(step: uuid.UUID, begin: int) -> dict[str, Any]:
    """Some inputs and outputs of a step, the inputs first."""
    inputs = StepInput.objects.filter(step_id=step).order_by("name", "id")
    outputs = StepOutput.objects.filter(step_id=step).order_by("position", "id")
    read, end = inputs.count(), begin + STEP_PARTS
    return {
        "inputs": _artifacts(inputs[begin:end])[step],
        "outputs": _artifacts(outputs[max(begin - read, 0) : max(end - read, 0)])[step],
        "parts": read + outputs.count(),
    }
