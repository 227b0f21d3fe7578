"""Reads of runs: rows for lists, one run with its steps, the step run that a cache key finds."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, F, QuerySet

from registry.models import ArtifactVersion, ModelVersion, Run, RunVersion, StepInput, StepOutput, StepRun
from registry.rules.contents import held_digest
from registry.rules.errors import InvalidInput, NotFound
from registry.rules.reruns import rerun_command
from registry.rules.runs import COMPLETED, STEP_FACTS
from registry.selectors.artifacts import artifact_version_rows
from registry.selectors.attached import metadata_of, tags_of
from registry.selectors.catalog_rows import version_rows
from registry.selectors.contents import content_size
from registry.selectors.lists import among

CANDIDATES = 5  # step runs of one cache key that are looked at, newest first


def run_exists(ident: uuid.UUID) -> bool:
    """Whether a run of this id was ever started."""
    return Run.objects.filter(id=ident).exists()


def find_run(ident: uuid.UUID) -> Run:
    """The run of that id, with its pipeline; NotFound if there is none."""
    run = Run.objects.select_related("pipeline").filter(id=ident).first()
    if run is None:
        raise NotFound(
            f"There is no run {ident}.", code="no_such_run", hint="`modelcp run list` shows the runs."
        )
    return run


def run_id(text: str) -> uuid.UUID:
    """The id that `text` is, or that the newest run of that name has; NotFound if there is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        newest = (
            Run.objects.filter(name=text).order_by("-started_at", "-id").values_list("id", flat=True).first()
        )
    if newest is None:
        raise NotFound(
            f"There is no run {text[:80]!r}.", code="no_such_run", hint="`modelcp run list` shows the runs."
        )
    return newest


def runs_of_version(version: ModelVersion) -> QuerySet[Run]:
    """The runs that made or used a model version."""
    return among(Run.objects.all(), RunVersion.objects.filter(version=version), "run_id")


def all_runs() -> QuerySet[Run]:
    """The runs that lists show."""
    return Run.objects.all()


def run_rows(runs: QuerySet[Run]) -> list[dict[str, Any]]:
    """The rows of a sliced queryset of runs as every door shows them, in four queries."""
    rows = list(
        runs.values(
            "id",
            "name",
            "status",
            "started_at",
            "ended_at",
            "parameters",
            "code",
            "environment",
            "error",
            pipeline_name=F("pipeline__name"),
            author=F("actor__username"),
        )
    )
    ids = [row["id"] for row in rows]
    counts = dict(
        StepRun.objects.filter(run_id__in=ids)
        .order_by()
        .values("run_id")
        .annotate(n=Count("id"))
        .values_list("run_id", "n")
    )
    tags, resolved = tags_of("run", ids), _resolved(ids)
    return [
        {
            "id": row["id"],
            "pipeline": row["pipeline_name"],
            **{key: row[key] for key in ("name", "status", "started_at", "ended_at")},
            "duration": (row["ended_at"] - row["started_at"]).total_seconds() if row["ended_at"] else None,
            **{key: row[key] for key in ("parameters", "code", "environment", "error")},
            "author": row["author"],
            "tags": tags.get(row["id"], []),
            "steps": counts.get(row["id"], 0),
            "versions": resolved.get(row["id"], []),
        }
        for row in rows
    ]


def _resolved(run_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    rows = (
        RunVersion.objects.filter(run_id__in=list(run_ids))
        .order_by("at", "id")
        .values(
            "run_id",
            "version_id",
            "asked",
            "created",
            number=F("version__number"),
            model_name=F("version__model__name"),
            deleted=F("version__deleted_at"),
        )
    )
    seen: set[tuple[uuid.UUID, uuid.UUID]] = set()
    for row in rows:
        if (row["run_id"], row["version_id"]) not in seen:
            seen.add((row["run_id"], row["version_id"]))
            found[row["run_id"]].append(
                {
                    "id": row["version_id"],
                    "model": row["model_name"],
                    "number": row["number"],
                    "asked": row["asked"],
                    "created": row["created"],
                    "deleted": row["deleted"] is not None,
                }
            )
    return found


def run_row(ident: uuid.UUID) -> dict[str, Any]:
    """The row of one run."""
    return run_rows(Run.objects.filter(id=ident))[0]


def run_detail(ident: uuid.UUID) -> dict[str, Any]:
    """One run with its metadata and its steps, each with inputs and outputs; a fixed number of queries."""
    find_run(ident)
    row = run_row(ident)
    return {
        **row,
        "rerun": rerun_command(row["code"]),
        "metadata": metadata_of("run", [ident]).get(ident, {}),
        "step_runs": step_rows(StepRun.objects.filter(run_id=ident).order_by("position", "id")),
    }


_STEP = ("id", "name", *STEP_FACTS, "cached_from")


def step_rows(steps: QuerySet[StepRun], *, logs: bool = False) -> list[dict[str, Any]]:
    """The rows of steps with what they read and wrote, in five queries."""
    rows = list(steps.values(*_STEP, *(("logs",) if logs else ())))
    ids = [row["id"] for row in rows]
    inputs: list[Any] = list(
        StepInput.objects.filter(step_id__in=ids)
        .order_by("id")
        .values("step_id", "name", "artifact_version_id")
    )
    outputs: list[Any] = list(
        StepOutput.objects.filter(step_id__in=ids)
        .order_by("position", "id")
        .values("step_id", "name", "position", "artifact_version_id")
    )
    versions = _versions_by_id(row["artifact_version_id"] for row in [*inputs, *outputs])
    by_step: dict[tuple[str, uuid.UUID], list[dict[str, Any]]] = defaultdict(list)
    for key, part in (("inputs", inputs), ("outputs", outputs)):
        for row in part:
            shown = {name: row[name] for name in ("name", "position") if name in row}
            by_step[key, row["step_id"]].append(
                {**shown, "artifact_version": versions[row["artifact_version_id"]]}
            )
    return [
        {**row, "inputs": by_step["inputs", row["id"]], "outputs": by_step["outputs", row["id"]]}
        for row in rows
    ]


def _versions_by_id(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    rows = artifact_version_rows(ArtifactVersion.objects.filter(id__in=set(ids)))
    return {row["id"]: row for row in rows}


def step_detail(run: uuid.UUID, step: uuid.UUID) -> dict[str, Any]:
    """One step of a run with its logs; NotFound if the run has no such step."""
    rows = step_rows(StepRun.objects.filter(id=step, run_id=run), logs=True)
    if not rows:
        raise NotFound("The run has no such step.", code="no_such_step")
    return rows[0]


def find_cached_step(key: str) -> dict[str, Any]:
    """The newest completed step run of a cache key whose outputs all still exist.

    Raises:
        NotFound: there is none.
    """
    if not key:
        raise InvalidInput("A cache_key must be given.", fields={"cache_key": "Missing."})
    newest = (
        StepRun.objects.select_related("run")
        .filter(cache_key=key, status=COMPLETED)
        .order_by("-ended_at", "-id")
    )
    for step in newest[:CANDIDATES]:
        outputs = list(
            StepOutput.objects.filter(step=step)
            .select_related("artifact_version__artifact")
            .order_by("position", "id")
        )
        if outputs and all(_exists(output.artifact_version) for output in outputs):
            return _cached(step, outputs)
    raise NotFound("No step run has this cache key and all its outputs.", code="no_cached_step")


def _exists(version: ArtifactVersion) -> bool:
    if version.deleted_at is not None or version.artifact.deleted_at is not None:
        return False
    held = held_digest(version.uri)
    return held is None or content_size(held) is not None


def _cached(step: StepRun, outputs: Sequence[StepOutput]) -> dict[str, Any]:
    rows = _versions_by_id(output.artifact_version_id for output in outputs)
    return {
        "id": step.id,
        "run": {"id": step.run_id, "name": step.run.name},
        "outputs": [
            {
                "name": output.name,
                "position": output.position,
                "artifact_version": rows[output.artifact_version_id],
            }
            for output in outputs
        ],
        "logged": step.logged,
    }


def resolved_rows(run: uuid.UUID, resolutions: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """What a run resolved, with the version rows, in the order asked; deleted versions too."""
    found = {
        r.id: r
        for r in RunVersion.objects.filter(run_id=run, id__in=resolutions).select_related("version__model")
    }
    wanted = {r.version_id for r in found.values()}
    rows = {row["id"]: row for row in version_rows(ModelVersion.objects.filter(id__in=wanted))}
    return [
        {
            "id": ident,
            "model": found[ident].version.model.name,
            "asked": found[ident].asked,
            "created": found[ident].created,
            "version": rows[found[ident].version_id],
        }
        for ident in resolutions
    ]
