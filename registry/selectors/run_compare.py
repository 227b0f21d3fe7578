"""Runs side by side: what they were given, read, wrote and reached; a fixed number of queries."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from registry.models import MetadataValue, ModelVersion, Run, StepInput, StepOutput, StepRun
from registry.rules.errors import InvalidInput, NotFound
from registry.rules.metadata import join_path, split_path
from registry.selectors.compare import aligned
from registry.selectors.late import changed_later
from registry.selectors.lists import in_order
from registry.selectors.models_page import plain, tags_with_colors
from registry.selectors.moments import check_begun, existing_at, open_at, runs_by
from registry.selectors.runs import find_run, run_rows

CHUNK = 200  # steps that are read at a time: each brings its source along
READS, WRITES = "reads", "writes"
EARLIER = 12  # runs of the pipeline to choose from

_RUN = ("id", "name", "status", "parameters", "code", "environment")


def runs_before(run: uuid.UUID, at: datetime | None = None) -> list[dict[str, Any]]:
    """The last runs of the same pipeline that started before this one, the last first."""
    this = Run.objects.filter(id=run)
    earlier = runs_by(at).filter(
        pipeline__in=this.values("pipeline"), started_at__lt=this.values("started_at")[:1]
    )
    return plain(earlier.order_by("-started_at", "-id").values("id", "status", "started_at")[:EARLIER])


def run_before(run: uuid.UUID) -> uuid.UUID:
    """The run of the same pipeline before this one; NotFound if this is the first."""
    earlier = runs_before(find_run(run).id)
    if not earlier:
        raise NotFound(
            "There is no run of this pipeline before this one.",
            code="no_run_before",
            hint="Name the run to compare it with.",
        )
    found: uuid.UUID = earlier[0]["id"]
    return found


def compare_runs(run: uuid.UUID, other: uuid.UUID) -> dict[str, Any]:
    """A run beside another, which comes first: a value of each by path, and whether they are the same.

    Raises:
        NotFound: there is no such run. InvalidInput: they are one and the same.
    """
    pair = runs_side_by_side([other, run])
    rows = in_order(run_rows(Run.objects.filter(id__in=[other, run])), [other, run])
    return {
        "runs": rows,
        "parameters": aligned([one["parameters"] for one in pair]),
        "values": aligned([one["values"] for one in pair], flat=True),
        "artifacts": _parts_of(pair),
        "code": aligned([one["code"] for one in pair]),
        "environment": aligned([one["environment"] for one in pair]),
    }


def _parts_of(pair: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    keys = sorted({key for one in pair for key in one["artifacts"]})
    told = []
    for way, step, name in keys:
        found = [one["artifacts"].get((way, step, name)) for one in pair]
        digests = {one["sha256"] if one else None for one in found}
        same = len(digests) == 1 and digests != {""}
        told.append({"step": step, "way": way, "name": name, "versions": found, "same": same})
    return told


def runs_side_by_side(idents: Sequence[uuid.UUID], at: datetime | None = None) -> list[dict[str, Any]]:
    """The runs in the order named, now or at a moment; six queries.

    Each: its facts; `values`, the metadata of the run and of the versions it made, by path; `late`, the
    paths of metrics changed after promotion; `artifacts` by way, step and name; `tags`; its `code` with
    the digest of each step's.

    Raises:
        NotFound: there is no such run, or it hadn't begun. InvalidInput: two are one and the same.
    """
    if len(set(idents)) < len(idents):
        raise InvalidInput("This is one and the same run.", code="bad_comparison")
    rows = _rows(idents, at)
    values, late = _values(idents, at)
    steps, artifacts = _step_digests(idents), _artifacts(idents)
    tags = tags_with_colors("run", idents, at)
    for row in rows:
        ident = row["id"]
        row.update(values=values[ident], late=late[ident], artifacts=artifacts[ident], tags=tags[ident])
        code = row["code"] if isinstance(row["code"], dict) else {}
        row["code"] = {**code, **({"steps": steps[ident]} if steps[ident] else {})}
    return rows


def _rows(idents: Sequence[uuid.UUID], at: datetime | None) -> list[dict[str, Any]]:
    found = plain(
        Run.objects.filter(id__in=idents).values(
            *_RUN,
            started=F("started_at"),
            ended=F("ended_at"),
            author=F("actor__username"),
            pipeline_name=F("pipeline__name"),
        )
    )
    by_id = {row["id"]: {**row, "run_id": row["id"]} for row in found}
    for ident in idents:
        if ident not in by_id:
            raise NotFound(
                f"There is no run {ident}.", code="no_such_run", hint="`modelcp run list` shows the runs."
            )
        check_begun(by_id[ident]["name"], by_id[ident]["started"], at)
    return [by_id[ident] for ident in idents]


def _values(
    idents: Sequence[uuid.UUID], at: datetime | None
) -> tuple[dict[uuid.UUID, dict[str, Any]], dict[uuid.UUID, set[str]]]:
    """The metadata of each run and of the versions that it made; the metrics changed after promotion."""
    made = ModelVersion.objects.filter(existing_at(at), created_by_run__in=idents)
    rows: list[Any] = list(
        MetadataValue.objects.filter(open_at(at), Q(run__in=idents) | Q(version__in=made.values("pk")))
        .order_by("path")
        .values_list(
            "run_id", "version__created_by_run_id", "version__model__name", "path", "value", changed_later()
        )
    )
    models = {model for _, _, model, *_ in rows if model}
    own = {path for run, _, _, path, *_ in rows if run}
    found: dict[uuid.UUID, dict[str, Any]] = defaultdict(dict)
    late: dict[uuid.UUID, set[str]] = defaultdict(set)
    for run, maker, model, path, value, changed in rows:
        apart = model and (len(models) > 1 or path in own)
        shown, ident = (_of_model(model, path) if apart else path), run or maker
        found[ident][shown] = value
        if changed and model and path.startswith("metrics."):
            late[ident].add(shown)
    return found, late


def _of_model(model: str, path: str) -> str:
    """A path of a version's metadata that isn't another model's, nor the run's: the model's name in it."""
    keys = split_path(path)
    head = keys[:1] if keys[0] == "metrics" and len(keys) > 1 else []
    return join_path([*head, model, *keys[len(head) :]])


def _step_digests(idents: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, str]]:
    found: dict[uuid.UUID, dict[str, str]] = defaultdict(dict)
    steps = StepRun.objects.filter(run__in=list(idents)).order_by("run", "position", "id")
    for run, name, code in steps.values_list("run_id", "name", "code").iterator(CHUNK):
        if isinstance(code, dict) and code.get("digest"):
            found[run][name] = code["digest"]
    return found


def _artifacts(idents: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[tuple[str, str, str], dict[str, Any]]]:
    """What each run's steps read and wrote: by reads or writes, the step's name, and the part's."""
    found: dict[uuid.UUID, dict[tuple[str, str, str], dict[str, Any]]] = defaultdict(dict)
    parts: tuple[tuple[str, QuerySet[Any]], ...] = (
        (READS, StepInput.objects.all()),
        (WRITES, StepOutput.objects.all()),
    )
    for way, rows in parts:
        for row in plain(
            rows.filter(step__run__in=list(idents))
            .order_by("id")
            .values(
                "name",
                run=F("step__run_id"),
                step_name=F("step__name"),
                artifact=F("artifact_version__artifact__name"),
                number=F("artifact_version__number"),
                size=F("artifact_version__size"),
                sha256=F("artifact_version__sha256"),
            )
        ):
            key = (way, row.pop("step_name"), row.pop("name"))
            found[row.pop("run")][key] = row
    return found
