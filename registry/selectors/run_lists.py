"""The lists of runs, pipelines and artifacts: their filters and orders."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from registry.models import (
    Artifact,
    ArtifactLink,
    ArtifactVersion,
    Model,
    Pipeline,
    Run,
    RunVersion,
    StepOutput,
)
from registry.rules.errors import NotFound
from registry.rules.filter_values import Kind, bad_filter
from registry.rules.filters import EXACT, Field, Test, tests_of
from registry.rules.runs import KINDS, RUN_STATES
from registry.selectors.artifacts import artifact_rows, artifact_version_rows, link_rows
from registry.selectors.catalog import find_model, find_version
from registry.selectors.catalog_lists import NAME, NUMBER, SEARCHED, TIME, made_by, measured, tagged
from registry.selectors.columns import Column, compare
from registry.selectors.lists import Given, Listing, Sort
from registry.selectors.runs import run_rows

_PIPELINE = Column(NAME, "name", names=True)
_MODEL = Column(NAME, "name", names=True)


def _of_pipeline(test: Test) -> Q:
    """Runs by their pipeline's name; the names are looked up first, so that an index of runs is used."""
    found = Pipeline.objects.filter(compare(_PIPELINE, test)).values_list("pk", flat=True)
    return Q(pipeline__in=list(found[:1000]))


def _looked_up(accepts: Field, rows: Callable[[Test], QuerySet[Any]], key: str) -> Column:
    """A filter by rows of another table, whose `key` is that of the list's rows."""

    def walk(test: Test) -> Q:
        return Q(Exists(rows(test).filter(**{key: OuterRef("pk")})))

    return Column(accepts, where=walk, sparse=True, walked=walk, source=lambda test: rows(test).values(key))


def _of_model(test: Test) -> QuerySet[RunVersion]:
    """What runs resolved of the models of that name; these are looked up first, so that an index is used."""
    named = Model.objects.filter(compare(_MODEL, test), deleted_at__isnull=True)
    return RunVersion.objects.filter(of_model__in=list(named.values_list("pk", flat=True)[:1000]))


def _of_version(test: Test) -> QuerySet[RunVersion]:
    return RunVersion.objects.filter(version__in=test.value if test.op == "in" else (test.value,))


_REFERENCE = Field(ops=("eq", "in"), literal=True)
_VERSION = Field(
    Kind.ID,
    about="A version that it resolved: its id; beside model=NAME also a number, a name, a stage, an alias.",
)


def _versions_by_id(given: Given) -> Given:
    """The question with the ids of the versions that it names; NotFound lists what the model has."""
    if "version" not in given:
        return given
    models = {test.value for test in tests_of("model", given.get("model", ()), NAME) if test.op == "eq"}
    model = find_model(models.pop()) if len(models) == 1 else None
    values = []
    for test in tests_of("version", given["version"], _REFERENCE):
        ids = [_version_id(model, text) for text in (test.value if test.op == "in" else (test.value,))]
        values.append(f"{test.op}:{','.join(ids)}")
    return {**given, "version": values}


def _version_id(model: Model | None, text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        if model is None:
            raise bad_filter(
                "version",
                f"'version' takes an id, not {text[:40]!r}.",
                "With model=NAME beside it, it takes a number, a name, a stage or an alias too.",
            ) from None
        return str(find_version(model, text).id)


def _by_run(test: Test) -> QuerySet[StepOutput]:
    return StepOutput.objects.filter(step__run__in=test.value if test.op == "in" else (test.value,))


RUNS = Listing(
    rows=lambda ids: run_rows(Run.objects.filter(pk__in=ids)),
    columns={
        "pipeline": Column(SEARCHED, where=_of_pipeline),
        "name": Column(NAME, "name", names=True),
        "status": Column(Field(Kind.TEXT, EXACT, RUN_STATES), "status"),
        "started": Column(TIME, "started_at"),
        "ended": Column(TIME, "ended_at"),
        "by": made_by(Run, "actor_id"),
        "tag": tagged("run"),
        "model": _looked_up(NAME, _of_model, "run_id"),
        "version": _looked_up(_VERSION, _of_version, "run_id"),
        "metric.": measured("run"),
    },
    sorts={"started": Sort("started_at", Kind.TIME), "name": Sort("name")},
    default="-started",
    named=_versions_by_id,
)


def pipeline_rows(ids: list[Any]) -> list[dict[str, Any]]:
    """The rows of pipelines as every door shows them, in four queries."""
    rows = list(Pipeline.objects.filter(pk__in=ids).values("id", "name", "created_at"))
    runs = Run.objects.filter(pipeline__in=ids).order_by()
    counts = dict(runs.values("pipeline_id").annotate(n=Count("id")).values_list("pipeline_id", "n"))
    newest = Run.objects.filter(pipeline=OuterRef("pk")).order_by("-started_at", "-id").values("id")[:1]
    last_ids = (
        Pipeline.objects.filter(pk__in=ids).annotate(last=Subquery(newest)).values_list("last", flat=True)
    )
    last: dict[Any, dict[str, Any]] = {
        row.pop("pipeline_id"): row
        for row in map(dict, Run.objects.filter(id__in=list(last_ids)).values(*_LAST))
    }
    return [{**row, "runs": counts.get(row["id"], 0), "last_run": last.get(row["id"])} for row in rows]


_LAST = ("pipeline_id", "id", "name", "status", "started_at")

PIPELINES = Listing(
    rows=pipeline_rows,
    columns={"name": Column(SEARCHED, "name", names=True), "created": Column(TIME, "created_at")},
    sorts={"name": Sort("name")},
    default="name",
)


def get_pipeline(name: str) -> dict[str, Any]:
    """The row of the pipeline of that name; NotFound if there is none."""
    found = Pipeline.objects.filter(name=name).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(f"There is no pipeline {name[:80]!r}.", code="no_such_pipeline")
    return pipeline_rows([found])[0]


def all_pipelines() -> QuerySet[Pipeline]:
    """The pipelines that lists show."""
    return Pipeline.objects.all()


ARTIFACTS = Listing(
    rows=lambda ids: artifact_rows(Artifact.objects.filter(pk__in=ids)),
    columns={
        "name": Column(SEARCHED, "name", names=True),
        "tag": tagged("artifact"),
        "created": Column(TIME, "created_at"),
        "by": made_by(Artifact, "created_by_id"),
    },
    sorts={"name": Sort("name"), "created": Sort("created_at", Kind.TIME)},
    default="name",
)

ARTIFACT_VERSIONS = Listing(
    rows=lambda ids: artifact_version_rows(ArtifactVersion.objects.filter(pk__in=ids)),
    columns={
        "number": Column(NUMBER, "number"),
        "sha256": Column(Field(ops=("eq", "in"), about="The digest of its bytes."), "sha256", sparse=True),
        "type": Column(Field(ops=EXACT, about="The type of its value."), "data_type"),
        "size": Column(NUMBER, "size"),
        "created": Column(TIME, "created_at"),
        "by": made_by(ArtifactVersion, "created_by_id"),
        "run": _looked_up(Field(Kind.ID, about="The run that wrote it."), _by_run, "artifact_version_id"),
        "metric.": measured("artifact_version"),
    },
    sorts={"number": Sort("number", Kind.NUMBER)},
    default="-number",
)


def versions_of(artifact: Artifact) -> QuerySet[ArtifactVersion]:
    """The versions of an artifact that lists show."""
    return ArtifactVersion.objects.filter(artifact=artifact, deleted_at__isnull=True)


def links_listing(at: datetime | None = None) -> Listing:
    """The list of a model version's links, with what they lead to; its metadata as of a moment."""
    return Listing(
        rows=lambda ids: link_rows(ArtifactLink.objects.filter(pk__in=ids), at),
        columns={
            "kind": Column(Field(Kind.TEXT, EXACT, KINDS), "kind"),
            "name": Column(NAME, "name", names=True),
            "artifact": Column(NAME, "artifact_version__artifact__name", names=True),
            "type": Column(Field(ops=EXACT, about="The type of its value."), "artifact_version__data_type"),
            "linked": Column(TIME, "valid_from"),
        },
        sorts={"name": Sort("name"), "linked": Sort("valid_from", Kind.TIME)},
        default="name",
        key="link",
    )


LINKS = links_listing()
