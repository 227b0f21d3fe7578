"""What serves a model, as it says itself: facts of now, outside the history of decisions."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from registry.models.catalog import Model, ModelVersion
from registry.models.fields import NameField
from registry.rules.ids import new_id


class Heartbeat(models.Model):
    """The last that an instance said: which version it runs where a stage is declared."""

    id = models.UUIDField(primary_key=True, default=new_id)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="heartbeats")
    instance = NameField()
    stage = models.CharField(max_length=16)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="heartbeats")
    environment = NameField(blank=True)
    since = models.DateTimeField(help_text="When it first said that it runs this version.")
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "instance", "stage"], name="heartbeat_instance"),
            models.CheckConstraint(
                condition=Q(stage__in=["staging", "production"]), name="heartbeat_stage_known"
            ),
        ]
