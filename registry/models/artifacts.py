"""Artifacts, their versions, links to model versions, and who read and wrote them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from registry.models.catalog import ALIVE, OPEN, Model, ModelVersion
from registry.models.fields import JSONText, NameField
from registry.models.runs import Run, StepRun
from registry.rules.ids import new_id


class Artifact(models.Model):
    """A named thing that a step produced or that someone saved."""

    id = models.UUIDField(primary_key=True, default=new_id)
    name = NameField()
    last_number = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], condition=ALIVE, name="artifact_name_alive")]
        indexes = [
            models.Index(fields=["created_at", "id"], name="artifact_created"),
            models.Index(fields=["name", "id"], name="artifact_name"),
        ]


class ArtifactVersion(models.Model):
    """The numbered contents of an artifact: where the bytes are, how many, their digest."""

    id = models.UUIDField(primary_key=True, default=new_id)
    artifact = models.ForeignKey(Artifact, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    uri = models.TextField(help_text="modelcp:sha256/… in the server's own store, else where it is.")
    size = models.BigIntegerField(null=True, help_text="Bytes; unknown for a URI that was only named.")
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    data_type = models.CharField(
        max_length=255, blank=True, help_text="The value's type, such as pandas.DataFrame."
    )
    media_type = models.CharField(max_length=127, blank=True)
    summary = JSONText(default=dict, help_text="Shape, columns, class …, as the SDK saw them.")
    preview = JSONText(null=True, help_text="A bounded look at the contents, made at save.")
    step = models.ForeignKey(StepRun, null=True, on_delete=models.SET_NULL, related_name="produced")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["artifact", "number"], name="artifact_version_number")]
        indexes = [
            models.Index(fields=["created_at", "id"], name="artifact_version_created"),
            models.Index(
                fields=["artifact"],
                condition=Q(deleted_at__isnull=False),
                name="artifact_version_deleted",
            ),
        ]


class ArtifactLink(models.Model):
    """Joins an artifact version to a model version with a kind, from one moment to another."""

    id = models.UUIDField(primary_key=True, default=new_id)
    # The version's model, kept here too so that all links of one are found by one index.
    of_model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="+", db_index=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="links")
    artifact_version = models.ForeignKey(
        ArtifactVersion, on_delete=models.CASCADE, related_name="links", db_index=False
    )
    name = NameField()
    kind = models.CharField(max_length=16)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "artifact_version"], condition=OPEN, name="link_one_open"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["data", "model", "deployment"]), name="link_kind_known"
            ),
        ]
        indexes = [
            models.Index(fields=["version", "kind", "name"], name="link_version"),
            models.Index(fields=["artifact_version", "valid_from"], name="link_artifact"),
            models.Index(fields=["artifact_version", "kind"], name="link_artifact_kind"),
            models.Index(fields=["of_model", "valid_from", "id"], condition=OPEN, name="link_model"),
            models.Index(fields=["of_model", "valid_from"], name="link_model_from"),
        ]


class StepInput(models.Model):
    """An artifact version that a step read."""

    step = models.ForeignKey(StepRun, on_delete=models.CASCADE, related_name="inputs")
    name = NameField()
    artifact_version = models.ForeignKey(
        ArtifactVersion, on_delete=models.CASCADE, related_name="read_by", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["step", "name", "artifact_version"], name="step_input_once")
        ]
        indexes = [models.Index(fields=["artifact_version", "id"], name="step_input_read")]


class StepOutput(models.Model):
    """An artifact version that a step wrote, or reused when it was cached."""

    step = models.ForeignKey(StepRun, on_delete=models.CASCADE, related_name="outputs")
    name = NameField()
    position = models.IntegerField(default=0)
    artifact_version = models.ForeignKey(ArtifactVersion, on_delete=models.CASCADE, related_name="written_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "name"], name="step_output_once")]


class RunVersion(models.Model):
    """A model version that a run resolved, with the words it asked by.

    `id` is made by the client before the server knows which version it is, so that records that
    wait can already point to it.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="resolved")
    step = models.ForeignKey(StepRun, null=True, on_delete=models.SET_NULL, related_name="resolved")
    # The version's model, kept here too so that all runs of one are found by one index.
    of_model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="+", db_index=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="resolved_by")
    asked = NameField(help_text="production, latest, 5, a name …; 'new' for the next number.")
    created = models.BooleanField(default=False, help_text="The run made this version.")
    delete_on_failure = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["version", "at"], name="run_version"),
            models.Index(fields=["version", "run"], name="run_version_run"),
            models.Index(fields=["of_model", "run"], name="run_model"),
        ]
