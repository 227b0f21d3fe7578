"""Approvals: requests for one, and what people answered; each from one moment to another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from registry.models.catalog import OPEN, ModelVersion
from registry.models.fields import JSONText
from registry.rules.ids import new_id


class ApprovalRequest(models.Model):
    """Somebody asks that a version may go into a stage; open until withdrawn or until it went there."""

    id = models.UUIDField(primary_key=True, default=new_id)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="approval_requests")
    stage = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default="waiting")
    reason = models.TextField(blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "stage"], condition=OPEN, name="approval_one_open"),
            models.CheckConstraint(
                condition=Q(stage__in=["staging", "production"]), name="approval_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", valid_to__isnull=True)
                | Q(state__in=["withdrawn", "promoted"], valid_to__isnull=False),
                name="approval_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "valid_from", "id"], name="approval_state"),
            models.Index(fields=["stage", "valid_from", "id"], name="approval_stage"),
            models.Index(fields=["version", "valid_from"], name="approval_version"),
            models.Index(fields=["valid_from", "id"], name="approval_from"),
        ]


class ApprovalAnswer(models.Model):
    """What one person answered to a request, and what of the version that rests on."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="answers")
    decision = models.CharField(max_length=16)
    comment = models.TextField(blank=True)
    basis = JSONText(help_text="See rules.approvals.basis: another one, and the answer is stale.")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "actor"], condition=OPEN, name="answer_one_open"),
            models.CheckConstraint(
                condition=Q(decision__in=["approved", "declined"]), name="answer_decision_known"
            ),
        ]
        indexes = [models.Index(fields=["request", "valid_from"], name="answer_request")]
