"""The catalogue: models, the revisions of their cards, versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from registry.models.events import Chain
from registry.models.fields import NameField
from registry.rules.ids import new_id

ALIVE = Q(deleted_at__isnull=True)
OPEN = Q(valid_to__isnull=True)


class Model(models.Model):
    """A named entity that groups everything about one machine-learning product."""

    id = models.UUIDField(primary_key=True, default=new_id)
    chain = models.OneToOneField(Chain, on_delete=models.PROTECT, related_name="model")
    name = NameField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    last_number = models.IntegerField(default=0, help_text="The last version number given; never goes back.")
    version_count = models.IntegerField(default=0, help_text="Versions that aren't deleted.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], condition=ALIVE, name="model_name_alive")]
        indexes = [
            models.Index(fields=["name", "id"], name="model_name"),
            models.Index(fields=["created_at", "id"], name="model_created"),
        ]

    def __str__(self) -> str:
        return self.name


class CardRevision(models.Model):
    """One state of a model's card, from one moment to another; the open one is current."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="cards")
    license = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True, help_text="Markdown.")
    audience = models.TextField(blank=True)
    use_cases = models.TextField(blank=True)
    limitations = models.TextField(blank=True)
    trade_offs = models.TextField(blank=True)
    ethics = models.TextField(blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model"], condition=OPEN, name="card_one_open")]
        indexes = [models.Index(fields=["model", "valid_from"], name="card_model_from")]


class ModelVersion(models.Model):
    """One iteration of a model, with a number that is never reused."""

    id = models.UUIDField(primary_key=True, default=new_id)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    name = NameField()
    description = models.TextField(blank=True, help_text="Markdown.")
    # The stage of the open tenure, kept here too so that lists filter and page by one index.
    stage = models.CharField(max_length=16, null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_by_run = models.ForeignKey(
        "registry.Run", null=True, on_delete=models.SET_NULL, related_name="created_versions"
    )
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="version_number"),
            models.UniqueConstraint(fields=["model", "name"], condition=ALIVE, name="version_name_alive"),
            models.UniqueConstraint(
                fields=["model", "stage"],
                condition=Q(stage__in=["staging", "production"]),
                name="version_stage_one",
            ),
            models.CheckConstraint(
                condition=Q(stage__isnull=True) | Q(stage__in=["staging", "production", "archived"]),
                name="version_stage_known",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="version_created"),
            models.Index(fields=["stage", "created_at", "id"], name="version_stage"),
            models.Index(fields=["model", "stage", "number"], name="version_model_stage"),
            models.Index(fields=["name", "id"], name="version_name"),
            # What a model's versions were at a moment.
            models.Index(fields=["model", "created_at", "number"], name="version_model_created"),
            models.Index(
                fields=["model", "deleted_at"],
                condition=Q(deleted_at__isnull=False),
                name="version_model_deleted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model.name} {self.number}"
