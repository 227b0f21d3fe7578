"""The shapes of promotion plans, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from registry.api.approval_shapes import ApprovalRow
from registry.api.shapes import JSONObject
from registry.rules.metrics import BETTER, HIGHER, LOWER, MISSING, NOT_JUDGED, SAME, WORSE
from registry.rules.stages import EXCLUSIVE, STAGES


class PlanRun(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    status = s.CharField()
    pipeline = s.CharField()


class PlanSide(s.Serializer[Any]):
    id = s.UUIDField()
    number = s.IntegerField()
    name = s.CharField()
    stage = s.ChoiceField(STAGES, allow_null=True)
    created_at = s.DateTimeField()
    created_by = s.CharField(allow_null=True)
    since = s.DateTimeField(allow_null=True, help_text="Since when it holds its stage.")
    by = s.CharField(allow_null=True, help_text="Who put it there.")
    run = PlanRun(allow_null=True)


class PlanMetric(s.Serializer[Any]):
    name = s.CharField()
    direction = s.ChoiceField([HIGHER, LOWER], allow_null=True)
    candidate = s.JSONField(allow_null=True)
    holder = s.JSONField(allow_null=True)
    change = s.FloatField(allow_null=True)
    verdict = s.ChoiceField([BETTER, WORSE, SAME, MISSING, NOT_JUDGED])
    candidate_changed_after_promotion = s.BooleanField()
    holder_changed_after_promotion = s.BooleanField()


class PlanLine(s.Serializer[Any]):
    path = s.CharField()
    candidate = s.JSONField(allow_null=True)
    holder = s.JSONField(allow_null=True)
    same = s.BooleanField()


class PlanBytes(s.Serializer[Any]):
    artifact = s.CharField()
    number = s.IntegerField()
    sha256 = s.CharField(allow_blank=True)
    summary = JSONObject()


class PlanArtifact(s.Serializer[Any]):
    kind = s.CharField()
    name = s.CharField()
    candidate = PlanBytes(allow_null=True)
    holder = PlanBytes(allow_null=True)
    same = s.BooleanField()


class GateResult(s.Serializer[Any]):
    rule = s.CharField()
    words = s.CharField()
    state = s.ChoiceField(["passed", "failed", "waiting"])
    value = s.CharField(allow_blank=True)
    why = s.CharField(allow_blank=True)


class PlanEffect(s.Serializer[Any]):
    action = s.ChoiceField(["version.displaced", "version.promoted"])
    version = s.IntegerField()
    before = s.ChoiceField(STAGES, allow_null=True)
    after = s.ChoiceField(STAGES)


class UndoEffect(s.Serializer[Any]):
    action = s.ChoiceField(["version.stage_restored"])
    version = s.IntegerField()
    before = s.ChoiceField(STAGES, allow_null=True)
    after = s.ChoiceField(STAGES, allow_null=True)


class UndoGate(GateResult):
    version = s.IntegerField()
    stage = s.ChoiceField(STAGES)


class GoneHolder(s.Serializer[Any]):
    version = s.IntegerField()
    stage = s.ChoiceField(EXCLUSIVE)


class UndoPlan(s.Serializer[Any]):
    hash = s.CharField()
    model = s.CharField()
    tenure = s.UUIDField(allow_null=True)
    event = s.IntegerField(allow_null=True)
    drawn_at = s.DateTimeField()
    changes = s.BooleanField()
    effects = s.ListField(child=UndoEffect())
    gates = s.ListField(child=UndoGate(), help_text="Of the stages that are entered again: for information.")
    webhooks = s.ListField(child=s.CharField(), help_text="The names of those that fire.")
    deleted = s.ListField(child=GoneHolder(), help_text="They held a stage then, and were deleted since.")


class PlanAlias(s.Serializer[Any]):
    name = s.CharField()
    version = s.IntegerField()
    moves_to = s.IntegerField(allow_null=True)


class PlanUser(s.Serializer[Any]):
    pipeline = s.CharField()
    runs = s.IntegerField()
    last_at = s.DateTimeField()


class Plan(s.Serializer[Any]):
    hash = s.CharField()
    model = s.CharField()
    to = s.ChoiceField(STAGES)
    drawn_at = s.DateTimeField()
    changes = s.BooleanField()
    candidate = PlanSide()
    holder = PlanSide(allow_null=True)
    metrics = s.ListField(child=PlanMetric())
    parameters = s.ListField(child=PlanLine())
    code = s.ListField(child=PlanLine())
    environment = s.ListField(child=PlanLine())
    artifacts = s.ListField(child=PlanArtifact())
    missing = s.ListField(child=s.CharField())
    gates = s.ListField(child=GateResult())
    approvals = s.ListField(child=ApprovalRow(), help_text="The request that is open, if there is one.")
    effects = s.ListField(child=PlanEffect())
    aliases = s.ListField(child=PlanAlias())
    webhooks = s.ListField(child=s.CharField(), help_text="The names of those that fire.")
    users = s.ListField(child=PlanUser())
