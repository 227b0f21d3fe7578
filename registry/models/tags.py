"""Tags and what they are attached to, over time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from registry.models.artifacts import Artifact
from registry.models.catalog import ALIVE, OPEN, Model, ModelVersion
from registry.models.fields import NameField
from registry.models.runs import Run
from registry.rules.ids import new_id

TARGETS = ("model", "version", "artifact", "run")


def exactly_one(*names: str) -> Q:
    """A condition: one of the columns `names` is set and the others are null."""
    condition = Q()
    for name in names:
        condition |= Q(**{f"{other}__isnull": other != name for other in names})
    return condition


class Tag(models.Model):
    """A coloured word; its colour is one of the palette's eight."""

    id = models.UUIDField(primary_key=True, default=new_id)
    name = NameField()
    color = models.SmallIntegerField()
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, help_text="It went, or was merged into another.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(color__range=(1, 8)), name="tag_color_known"),
            models.UniqueConstraint(fields=["name"], condition=ALIVE, name="tag_name_alive"),
        ]
        indexes = [models.Index(fields=["name", "id"], name="tag_name")]


class TagAttachment(models.Model):
    """A tag on one model, version, artifact or run, from one moment to another."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="attachments")
    model = models.ForeignKey(Model, null=True, on_delete=models.CASCADE, related_name="tagged")
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.CASCADE, related_name="tagged")
    artifact = models.ForeignKey(Artifact, null=True, on_delete=models.CASCADE, related_name="tagged")
    run = models.ForeignKey(Run, null=True, on_delete=models.CASCADE, related_name="tagged")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=exactly_one(*TARGETS), name="tagged_exactly_one"),
            *(
                models.UniqueConstraint(
                    fields=["tag", target],
                    condition=OPEN & Q(**{f"{target}__isnull": False}),
                    name=f"tagged_{target}",
                )
                for target in TARGETS
            ),
        ]
        indexes = [
            # Which models carried a tag at a moment: few beside its versions.
            models.Index(
                fields=["tag", "valid_from", "valid_to", "model"],
                condition=Q(model__isnull=False),
                name="tagged_model_then",
            )
        ]
