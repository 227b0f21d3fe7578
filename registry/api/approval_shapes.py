"""The shapes of approvals, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from registry.rules.approvals import DECISIONS, STATES
from registry.rules.stages import EXCLUSIVE, STAGES


class AnswerRow(s.Serializer[Any]):
    by = s.CharField(allow_blank=True)
    decision = s.ChoiceField(DECISIONS)
    comment = s.CharField(allow_blank=True)
    at = s.DateTimeField()
    door = s.CharField()
    stale = s.CharField(allow_blank=True, help_text="What has changed since: the answer counts no more.")


class ApprovalRow(s.Serializer[Any]):
    id = s.UUIDField()
    model = s.CharField()
    version = s.IntegerField()
    version_name = s.CharField()
    version_stage = s.ChoiceField(STAGES, allow_null=True, help_text="The one it holds.")
    author = s.CharField(allow_null=True, help_text="Who made the version, and so can't approve it.")
    stage = s.ChoiceField(EXCLUSIVE, help_text="The one it shall go into.")
    state = s.ChoiceField(STATES)
    reason = s.CharField(allow_blank=True)
    asked_at = s.DateTimeField()
    asked_by = s.CharField(allow_null=True)
    door = s.CharField()
    ended_at = s.DateTimeField(allow_null=True)
    digest = s.CharField(
        allow_null=True, help_text="Of what is answered about, as it is now; null once closed."
    )
    needed = s.IntegerField(help_text="How many approvals the stage's gates ask for.")
    given = s.IntegerField(help_text="How many approvals count now.")
    answers = s.ListField(child=AnswerRow())
