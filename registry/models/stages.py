"""Stages over time: tenures; aliases over time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from registry.models.catalog import OPEN, Model, ModelVersion
from registry.models.fields import NameField
from registry.rules.ids import new_id


class Tenure(models.Model):
    """One stretch of time in which one version held one stage: from, to, who, why."""

    id = models.UUIDField(primary_key=True, default=new_id)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="tenures")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="tenures")
    stage = models.CharField(max_length=16)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    lasted = models.SmallIntegerField(
        null=True, help_text="How long, as a class of rules.lasting; none while it goes on."
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=16)
    reason = models.TextField(blank=True)
    forced = models.BooleanField(default=False)
    run = models.ForeignKey("registry.Run", null=True, on_delete=models.SET_NULL, related_name="+")
    displaced = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "stage"],
                condition=OPEN & Q(stage__in=["staging", "production"]),
                name="tenure_one_holder",
            ),
            models.UniqueConstraint(fields=["version"], condition=OPEN, name="tenure_one_open"),
            models.CheckConstraint(
                condition=Q(stage__in=["staging", "production", "archived"]), name="tenure_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="tenure_forward",
            ),
        ]
        indexes = [
            models.Index(
                fields=["model", "stage", "valid_from", "id", "valid_to"], name="tenure_model_stage"
            ),
            models.Index(fields=["model", "valid_from", "id"], name="tenure_model_from"),
            models.Index(fields=["model", "valid_to"], name="tenure_model_to"),
            models.Index(fields=["version", "valid_from"], name="tenure_version"),
            models.Index(fields=["valid_from"], name="tenure_from"),
            models.Index(fields=["stage", "valid_from", "id"], condition=OPEN, name="tenure_open_stage"),
            models.Index(fields=["stage", "valid_from", "valid_to"], name="tenure_stage_from"),
            # What a moment lies in, by a few short ranges: see selectors.staged.standing.
            models.Index(
                fields=["stage", "lasted", "valid_to", "valid_from", "model"],
                condition=Q(lasted__isnull=False),
                name="tenure_stage_lasted",
            ),
            models.Index(fields=["stage", "valid_to", "valid_from", "model"], name="tenure_stage_to"),
        ]


class Alias(models.Model):
    """A free pointer of a model to one of its versions, from one moment to another."""

    id = models.UUIDField(primary_key=True, default=new_id)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="aliases")
    name = NameField()
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="aliases")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "name"], condition=OPEN, name="alias_one_open")
        ]
        indexes = [
            models.Index(fields=["model", "name", "valid_from"], name="alias_model_name"),
            models.Index(fields=["version", "valid_from"], name="alias_version"),
        ]
