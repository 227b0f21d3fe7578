"""Runs, their reports and their steps over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.answers import (
    CachedStep,
    ComparedRuns,
    PipelineRow,
    Reported,
    Resolved,
    RunDetail,
    RunRow,
    StartedRun,
    StepWithLogs,
)
from registry.api.bodies import (
    Json,
    Printed,
    ResolveShape,
    StepPart,
    TagChange,
    resolve,
    step_report,
)
from registry.api.describe import Param, operation
from registry.api.fields import name as name_field
from registry.api.fields import names
from registry.api.http import Endpoint, Shape
from registry.api.metadata import VersionMetadataChange
from registry.api.shapes import Metadata, listed
from registry.rules import runs as rules
from registry.selectors import run_lists as lists
from registry.selectors import runs as read
from registry.selectors.attached import metadata_of
from registry.selectors.catalog import find_model, find_version
from registry.selectors.run_compare import compare_runs, run_before
from registry.services import reports
from registry.services import runs as write

MANY = 10_000  # steps or resolutions of one post


class NewRun(Shape):
    """A run that starts, with the model versions it asks for."""

    id = serializers.UUIDField(required=False)
    pipeline = name_field()
    name = name_field(required=False, allow_null=True)
    started_at = serializers.DateTimeField(required=False, allow_null=True)
    parameters = Json(required=False)
    code = Json(required=False)
    environment = Json(required=False)
    tags = names()
    versions = serializers.ListField(child=ResolveShape(), required=False, max_length=MANY)


class ReportShape(Shape):
    """Any part of what a run has to tell; may be repeated."""

    status = serializers.ChoiceField(rules.RUN_STATES, required=False)
    ended_at = serializers.DateTimeField(required=False, allow_null=True)
    error = Printed(required=False, allow_null=True)
    metadata = Json(required=False)
    steps = serializers.ListField(child=StepPart(), required=False, max_length=MANY)


class OtherRun(Shape):
    def get_fields(self) -> dict[str, Any]:
        return {"with": serializers.CharField(required=False, max_length=300)}


class CacheKey(Shape):
    cache_key = serializers.CharField(max_length=200)


class Runs(Endpoint):
    """The runs."""

    @operation("list_runs", {200: listed(RunRow)}, listing=lists.RUNS)
    def get(self, request: Request) -> HttpResponse:
        """The runs, newest first."""
        return self.listed(lists.RUNS, read.all_runs())

    @operation("start_run", {200: StartedRun, 201: StartedRun}, request=NewRun)
    def post(self, request: Request) -> HttpResponse:
        """Starts a run and gives it the model versions it asks for; one that is refused refuses the whole."""
        body = self.body(NewRun)
        wanted = [resolve(one) for one in body.pop("versions", ())]
        started = write.start_run(actor=self.actor(), versions=wanted, **body)
        rows = read.resolved_rows(started.run.id, [one.id for one in wanted])
        versions = [{**row, "warnings": started.warnings.get(row["id"], [])} for row in rows]
        answer = {"run": read.run_row(started.run.id), "versions": versions}
        return self.answer(answer, 201 if started.made else 200)


class Run(Endpoint):
    """One run."""

    @operation("get_run", {200: RunDetail})
    def get(self, request: Request, run: str) -> HttpResponse:
        """A run with its metadata and its steps; by its id, or the newest of a name."""
        self.no_query()
        return self.answer(read.run_detail(read.run_id(run)))

    @operation("report_run", {200: Reported}, request=ReportShape)
    def post(self, request: Request, run: str) -> HttpResponse:
        """Merges a report into the run: steps, what they read and wrote, links, its end.

        Repeating it changes nothing; a final status stays.
        """
        body = self.body(ReportShape)
        steps = [step_report(step) for step in body.pop("steps", ())]
        report = rules.Report(**body, steps=steps)
        found, left_out = reports.report_run(actor=self.actor(), run=read.run_id(run), report=report)
        told = {"id": found.id, "status": found.status}
        return self.answer({"run": told, "steps": len(steps), "left_out": left_out})

    @operation("update_run", {200: RunRow}, request=TagChange)
    def patch(self, request: Request, run: str) -> HttpResponse:
        """Attaches and detaches tags of a run."""
        found = write.update_run(actor=self.actor(), run=read.run_id(run), **self.body(TagChange))
        return self.answer(read.run_row(found.id))


class RunComparison(Endpoint):
    """A run beside another."""

    @operation(
        "compare_runs",
        {200: ComparedRuns},
        params=(Param("with", "The other run; without it the one before, of the same pipeline."),),
    )
    def get(self, request: Request, run: str) -> HttpResponse:
        """A run beside another: parameters, metadata, what its steps read and wrote, code, environment."""
        other = self.query(OtherRun).get("with")
        ident = read.run_id(run)
        return self.answer(compare_runs(ident, read.run_id(other) if other else run_before(ident)))


class RunVersions(Endpoint):
    """The model versions that a run resolves."""

    @operation("resolve_in_run", {200: Resolved}, request=ResolveShape)
    def post(self, request: Request, run: str) -> HttpResponse:
        """Gives the run one more model version; the same one for the same model, asked by the same words."""
        wanted, ident = resolve(self.body(ResolveShape)), read.run_id(run)
        warnings = write.resolve_in_run(actor=self.actor(), run=ident, wanted=wanted)
        return self.answer({**read.resolved_rows(ident, [wanted.id])[0], "warnings": warnings})


class RunMetadata(Endpoint):
    """A run's metadata."""

    @operation("get_run_metadata", {200: Metadata})
    def get(self, request: Request, run: str) -> HttpResponse:
        """A run's metadata, nested."""
        self.no_query()
        ident = read.run_id(run)
        return self.answer({"metadata": metadata_of("run", [ident]).get(ident, {})})

    @operation("log_run_metadata", {200: Metadata}, request=VersionMetadataChange)
    def patch(self, request: Request, run: str) -> HttpResponse:
        """Merges metadata into a run's, key by key; `remove` ends dotted paths."""
        body = self.body(VersionMetadataChange)
        after = write.log_run_metadata(actor=self.actor(), run=read.run_id(run), **body)
        return self.answer({"metadata": after})


class RunStep(Endpoint):
    """One step of a run."""

    @operation("get_run_step", {200: StepWithLogs})
    def get(self, request: Request, run: str, step: uuid.UUID) -> HttpResponse:
        """A step with its logs."""
        self.no_query()
        return self.answer(read.step_detail(read.run_id(run), step))


class Steps(Endpoint):
    """Step runs, found by their cache key."""

    @operation(
        "find_cached_step",
        {200: CachedStep},
        params=(Param("cache_key", "The key of the step.", required=True),),
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest completed step run of a cache key whose outputs all still exist."""
        return self.answer(read.find_cached_step(self.query(CacheKey)["cache_key"]))


class VersionRuns(Endpoint):
    """The runs of a model version."""

    @operation("list_version_runs", {200: listed(RunRow)}, listing=lists.RUNS)
    def get(self, request: Request, model: str, version: str) -> HttpResponse:
        """The runs that made or used a model version, newest first."""
        return self.listed(lists.RUNS, read.runs_of_version(find_version(find_model(model), version)))


class Pipelines(Endpoint):
    """The pipelines."""

    @operation("list_pipelines", {200: listed(PipelineRow)}, listing=lists.PIPELINES)
    def get(self, request: Request) -> HttpResponse:
        """The pipelines, by name."""
        return self.listed(lists.PIPELINES, lists.all_pipelines())


class Pipeline(Endpoint):
    """One pipeline."""

    @operation("get_pipeline", {200: PipelineRow})
    def get(self, request: Request, pipeline: str) -> HttpResponse:
        """A pipeline by its name, with its last run."""
        self.no_query()
        return self.answer(lists.get_pipeline(pipeline))
