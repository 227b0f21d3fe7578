"""Gates of a model's stages, and which way its metrics are better; each from one moment to another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from registry.models.catalog import OPEN, Model
from registry.models.fields import NameField


class Gate(models.Model):
    """One rule that a promotion to a stage must pass."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="gates")
    stage = models.CharField(max_length=16)
    position = models.IntegerField(help_text="Order within the stage, from 0.")
    rule = models.CharField(max_length=300, help_text="In the one spelling of rules.gates.")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "stage", "rule"], condition=OPEN, name="gate_one_open"),
            models.CheckConstraint(condition=Q(stage__in=["staging", "production"]), name="gate_stage_known"),
        ]
        indexes = [models.Index(fields=["model", "stage", "valid_from"], name="gate_model_stage")]


class MetricDirection(models.Model):
    """Which way a metric of a model is better, where its name doesn't tell."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="metric_directions")
    metric = NameField(help_text="Its path below metrics.")
    direction = models.CharField(max_length=8)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "metric"], condition=OPEN, name="direction_one_open"),
            models.CheckConstraint(condition=Q(direction__in=["higher", "lower"]), name="direction_known"),
        ]
