"""Events: one row per change, chained by hash; one chain per model and one for the rest."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from registry.models.fields import NameField
from registry.rules.chain import SYSTEM_CHAIN
from registry.rules.ids import new_id

__all__ = ["SYSTEM_CHAIN", "Chain", "Event", "Verification"]


class Chain(models.Model):
    """The head of one chain. Its row lock serialises the writers of that chain."""

    id = models.UUIDField(primary_key=True, default=new_id)
    count = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default="")
    last_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return "system" if self.id == SYSTEM_CHAIN else str(self.id)


class Event(models.Model):
    """What changed: who, when, by which door, what, before, after, why. Append-only."""

    id = models.BigAutoField(primary_key=True)
    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="events")
    seq = models.BigIntegerField(help_text="Position in the chain, from 1.")
    at = models.DateTimeField()
    actor_id = models.IntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    door = models.CharField(max_length=16)
    action = models.CharField(max_length=64)
    # No foreign keys: an event outlives what it tells of.
    model_id = models.UUIDField(null=True)
    target_type = models.CharField(max_length=32)
    target_id = models.CharField(max_length=64)
    target_name = NameField(max_length=600, help_text="What the target was called then; blank once purged.")
    run_id = models.UUIDField(null=True)
    payload = models.TextField(help_text="Canonical JSON: name, before, after, reason …; blank once purged.")
    reason = models.TextField(null=True, help_text="Why, as the payload has it; none once purged.")
    payload_digest = models.CharField(max_length=64)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="event_chain_seq")]
        indexes = [
            models.Index(fields=["at", "id"], name="event_at"),
            models.Index(fields=["model_id", "at", "id"], name="event_model"),
            models.Index(fields=["target_type", "target_id", "at", "id"], name="event_target"),
            models.Index(fields=["target_type", "at", "id"], name="event_type"),
            models.Index(fields=["action", "at", "id"], name="event_action"),
            models.Index(fields=["actor_id", "at", "id"], name="event_actor"),
            models.Index(fields=["door", "at", "id"], name="event_door"),
            models.Index(fields=["run_id", "at", "id"], condition=Q(run_id__isnull=False), name="event_run"),
            models.Index(fields=["at", "id"], condition=Q(reason__isnull=False), name="event_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.target_name}"


class Verification(models.Model):
    """The last time that all chains were read and found whole; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    event = models.BigIntegerField(help_text="The id of the newest event that was read.")
    at = models.DateTimeField()


class Operation(models.Model):
    """An operation of a batch that was applied, with its answer: a repeated post gets it again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    actor_id = models.IntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.SmallIntegerField()
    answer = models.TextField()
    at = models.DateTimeField(db_index=True)
