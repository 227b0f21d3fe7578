"""The shapes of what runs, artifacts and lineage answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from registry.api.shapes import ComparedValue, JSONObject, VersionRow
from registry.rules.lineage import KINDS as NODE_KINDS
from registry.rules.lineage import STATES as SINCE_STATES
from registry.rules.runs import KINDS, RUN_STATES, STEP_STATES


class Named(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()


class ResolvedVersion(s.Serializer[Any]):
    id = s.UUIDField()
    model = s.CharField()
    number = s.IntegerField()
    asked = s.CharField(
        help_text="The words it was asked by: production, latest, 5, a name; new for the next number."
    )
    created = s.BooleanField()
    deleted = s.BooleanField()


class RunRow(s.Serializer[Any]):
    id = s.UUIDField()
    pipeline = s.CharField()
    name = s.CharField()
    status = s.ChoiceField(RUN_STATES)
    started_at = s.DateTimeField()
    ended_at = s.DateTimeField(allow_null=True)
    duration = s.FloatField(allow_null=True, help_text="Seconds.")
    parameters = JSONObject()
    code = JSONObject()
    environment = JSONObject()
    error = s.CharField(allow_blank=True)
    author = s.CharField(allow_null=True)
    tags = s.ListField(child=s.CharField())
    steps = s.IntegerField(help_text="How many.")
    versions = s.ListField(child=ResolvedVersion())


class ArtifactRow(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    versions = s.IntegerField(help_text="How many that aren't deleted.")
    latest = s.IntegerField(allow_null=True)
    tags = s.ListField(child=s.CharField())
    created_at = s.DateTimeField()
    created_by = s.CharField(allow_null=True)


class ArtifactVersionRow(s.Serializer[Any]):
    id = s.UUIDField()
    artifact = s.CharField()
    number = s.IntegerField()
    uri = s.CharField()
    size = s.IntegerField(allow_null=True, help_text="Bytes.")
    sha256 = s.CharField(allow_blank=True)
    data_type = s.CharField(allow_blank=True)
    media_type = s.CharField(allow_blank=True)
    summary = JSONObject()
    metadata = JSONObject()
    created_at = s.DateTimeField()
    created_by = s.CharField(allow_null=True)
    step = Named(allow_null=True)
    run = Named(allow_null=True)


class LinkRow(ArtifactVersionRow):
    link = s.UUIDField()
    name = s.CharField(help_text="The link's.")
    kind = s.ChoiceField(KINDS)


class StepInputRow(s.Serializer[Any]):
    name = s.CharField()
    artifact_version = ArtifactVersionRow()


class StepOutputRow(StepInputRow):
    position = s.IntegerField()


class StepRow(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    position = s.IntegerField()
    status = s.ChoiceField(STEP_STATES)
    started_at = s.DateTimeField(allow_null=True)
    ended_at = s.DateTimeField(allow_null=True)
    parameters = JSONObject()
    upstream = s.ListField(child=s.CharField())
    code = JSONObject()
    cache_key = s.CharField(allow_blank=True)
    cached_from = s.UUIDField(allow_null=True)
    logged = JSONObject()
    error = s.CharField(allow_blank=True)
    attempts = s.IntegerField()
    inputs = s.ListField(child=StepInputRow())
    outputs = s.ListField(child=StepOutputRow())


class StepWithLogs(StepRow):
    logs = s.CharField(allow_blank=True)


class RunDetail(RunRow):
    rerun = s.CharField(
        allow_null=True,
        help_text="A line for a shell in a clone of its repository, if what it told of its code is enough.",
    )
    metadata = JSONObject()
    step_runs = s.ListField(child=StepRow())


class ComparedPart(s.Serializer[Any]):
    step = s.CharField()
    way = s.ChoiceField(("reads", "writes"))
    name = s.CharField()
    versions = s.ListField(child=JSONObject(allow_null=True))
    same = s.BooleanField()


class ComparedRuns(s.Serializer[Any]):
    runs = s.ListField(child=RunRow(), help_text="The one that it is compared with, then the run.")
    parameters = s.ListField(child=ComparedValue())
    values = s.ListField(child=ComparedValue(), help_text="Metadata of the run and of the versions it made.")
    artifacts = s.ListField(child=ComparedPart())
    code = s.ListField(child=ComparedValue(), help_text="With the digest of each step's code.")
    environment = s.ListField(child=ComparedValue())


class Resolved(s.Serializer[Any]):
    id = s.UUIDField(help_text="Of the resolution.")
    model = s.CharField()
    asked = s.CharField()
    created = s.BooleanField()
    version = VersionRow()
    warnings = s.ListField(child=s.CharField())


class StartedRun(s.Serializer[Any]):
    run = RunRow()
    versions = s.ListField(child=Resolved())


class RunStatus(s.Serializer[Any]):
    id = s.UUIDField()
    status = s.ChoiceField(RUN_STATES)


class Reported(s.Serializer[Any]):
    run = RunStatus()
    steps = s.IntegerField(help_text="How many this report told of.")
    left_out = s.ListField(child=s.CharField(), help_text="What there was no room for, in sentences.")


class CachedStep(s.Serializer[Any]):
    id = s.UUIDField()
    run = Named()
    outputs = s.ListField(child=StepOutputRow())
    logged = JSONObject()


class LastRun(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    status = s.ChoiceField(RUN_STATES)
    started_at = s.DateTimeField()


class PipelineRow(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    created_at = s.DateTimeField()
    runs = s.IntegerField()
    last_run = LastRun(allow_null=True)


class Stored(s.Serializer[Any]):
    sha256 = s.CharField()
    size = s.IntegerField(help_text="Bytes.")
    uri = s.CharField()


class LineageNode(s.Serializer[Any]):
    """More facts by type: number, stage and model; status, run and pipeline; size and data_type."""

    id = s.UUIDField()
    type = s.ChoiceField(["artifact_version", "step_run", "model_version"])
    kind = s.ChoiceField(NODE_KINDS)
    name = s.CharField()
    distance = s.IntegerField(help_text="Edges from where the graph begins.")
    folded = s.IntegerField(required=False, help_text="Neighbours that are left out.")
    at_least = s.BooleanField(required=False, help_text="So many were counted, and there are more of them.")
    since = s.ChoiceField(SINCE_STATES, required=False, help_text="Beside the version named by `since`.")
    differs = s.ListField(child=s.ChoiceField(["bytes", "code", "parameters"]), required=False)


LineageEdge = type(
    "LineageEdge",
    (s.Serializer,),
    {
        "from": s.UUIDField(),
        "to": s.UUIDField(),
        "kind": s.ChoiceField(["input", "output", "reused", "link"]),
    },
)


class Truncated(s.Serializer[Any]):
    folded = s.IntegerField(help_text="Neighbours that are left out, of all nodes.")
    at_least = s.BooleanField(help_text="Of a node there are more than were counted.")
    deeper = s.BooleanField()


class LineageAnswer(s.Serializer[Any]):
    nodes = s.ListField(child=LineageNode())
    edges = s.ListField(child=LineageEdge())
    truncated = Truncated(required=False)
    since = s.IntegerField(required=False, help_text="The number of the version that `since` named.")


class ImpactRow(s.Serializer[Any]):
    id = s.UUIDField()
    model = s.CharField()
    number = s.IntegerField()
    name = s.CharField()
    stage = s.CharField(allow_null=True)
    stages_before = s.ListField(child=s.CharField())
    distance = s.IntegerField()


class ImpactAnswer(s.Serializer[Any]):
    versions = s.ListField(child=ImpactRow())
    next = s.CharField(allow_null=True, help_text="The `cursor` of the page after it.")
    total = s.IntegerField(help_text="How many versions on all pages.")
    models = s.IntegerField()
    stages = s.DictField(child=s.IntegerField())
    truncated = s.BooleanField()


class Preview(s.Serializer[Any]):
    preview = JSONObject(allow_null=True)
    made = s.CharField(help_text="save: at the save; server: from the bytes' beginning; none: there is none.")
    why = s.CharField(allow_null=True, help_text="Why there is none.")
