"""Pipelines, their runs, the steps of a run: facts that a training program reports."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from registry.models.fields import JSONText, NameField
from registry.rules.ids import new_id


class Pipeline(models.Model):
    """A named pipeline; its runs carry what happened."""

    id = models.UUIDField(primary_key=True, default=new_id)
    name = NameField(unique=True)
    created_at = models.DateTimeField()


class Run(models.Model):
    """One execution of a pipeline."""

    id = models.UUIDField(primary_key=True, default=new_id)
    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="runs")
    name = NameField()
    status = models.CharField(max_length=16)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True, help_text="When the run last reported.")
    parameters = JSONText(default=dict)
    code = JSONText(default=dict, help_text="commit, dirty, source_digest, entry point")
    environment = JSONText(default=dict, help_text="python, platform, packages")
    error = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["started_at", "id", "ended_at"], name="run_started"),
            models.Index(fields=["pipeline", "started_at", "id"], name="run_pipeline"),
            models.Index(fields=["status", "started_at", "id"], name="run_status"),
            models.Index(fields=["name", "id"], name="run_name"),
        ]


class StepRun(models.Model):
    """One execution of a step in a run; a cached one points to the step run it reused."""

    id = models.UUIDField(primary_key=True, default=new_id)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    name = NameField()
    position = models.IntegerField(help_text="Order in the run, from 0.")
    status = models.CharField(max_length=16)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    parameters = JSONText(default=dict)
    upstream = JSONText(default=list, help_text="Names of the steps it waits for.")
    code = JSONText(default=dict, help_text="digest, source, module")
    cache_key = models.CharField(max_length=64, blank=True)
    cached_from = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    logged = JSONText(default=dict, help_text="Metadata it logged, logged again when it is reused.")
    error = models.TextField(blank=True)
    logs = models.TextField(blank=True)
    attempts = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="step_run_name")]
        indexes = [models.Index(fields=["cache_key", "ended_at"], name="step_cache_key")]
