"""Metadata: typed key-values on versions, artifact versions and runs, each with its history."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from registry.models.artifacts import ArtifactVersion
from registry.models.catalog import OPEN, ModelVersion
from registry.models.fields import JSONText
from registry.models.runs import Run, StepRun
from registry.models.tags import exactly_one

TARGETS = ("version", "artifact_version", "run")


class MetadataValue(models.Model):
    """One leaf of an object's metadata, from one moment to another; who wrote it, from which step."""

    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.CASCADE, related_name="metadata_values"
    )
    artifact_version = models.ForeignKey(
        ArtifactVersion, null=True, on_delete=models.CASCADE, related_name="metadata_values"
    )
    run = models.ForeignKey(Run, null=True, on_delete=models.CASCADE, related_name="metadata_values")
    path = models.TextField(help_text="The keys joined by dots; a dot inside a key is escaped.")
    path_digest = models.CharField(max_length=64, help_text="SHA-256 of the path: an index of any length.")
    value = JSONText()
    number = models.FloatField(null=True, help_text="The value again if it is a number, to filter and chart.")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=16)
    by_run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    # A step logs before it is reported, so its row may come after this one.
    by_step = models.ForeignKey(
        StepRun, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=exactly_one(*TARGETS), name="metadata_exactly_one"),
            *(
                models.UniqueConstraint(
                    fields=[target, "path_digest"],
                    condition=OPEN & Q(**{f"{target}__isnull": False}),
                    name=f"metadata_{target}_open",
                )
                for target in TARGETS
            ),
        ]
        indexes = [
            models.Index(fields=["path_digest", "number", "version"], condition=OPEN, name="metadata_number"),
            models.Index(fields=["version", "valid_from"], name="metadata_version_from"),
        ]
