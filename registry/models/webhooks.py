"""Webhooks, what is delivered to them, and each attempt at it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from registry.models.fields import JSONText, NameField
from registry.rules.ids import new_id
from registry.rules.webhooks import FORMATS, STATES, WAITING


class Webhook(models.Model):
    """Who is told of events: a URL, what it wants to hear of, and the secret that signs what it gets."""

    id = models.UUIDField(primary_key=True, default=new_id)
    name = NameField(unique=True)
    url = models.CharField(max_length=4000, help_text="May itself be a secret: administrators only.")
    format = models.CharField(max_length=16)
    topics = JSONText(default=list, help_text="Of rules.webhooks.")
    # Ids and names, empty for all. No foreign keys: a purged model must not turn one into all.
    only_models = JSONText(default=list)
    only_tags = JSONText(default=list)
    only_stages = JSONText(default=list)
    active = models.BooleanField(default=True)
    disabled = models.TextField(blank=True, help_text="Why it was disabled, if not by an administrator.")
    secret = models.CharField(max_length=100)
    old_secret = models.CharField(max_length=100, blank=True, help_text="Signs too, until it ends.")
    old_secret_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(format__in=FORMATS), name="webhook_format_known"),
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="webhook_created")]


class Delivery(models.Model):
    """One event told to one webhook; its id is the webhook-id of every attempt."""

    id = models.UUIDField(primary_key=True, default=new_id)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    topic = models.CharField(max_length=64)
    body = models.TextField(help_text="What is sent, to the byte.")
    # The event by its place in its chain; none for a test. No foreign keys: purging blanks it first.
    chain_id = models.UUIDField(null=True)
    seq = models.BigIntegerField(null=True)
    model_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=16, default=WAITING)
    attempts = models.IntegerField(default=0, help_text="That have ended.")
    tries = models.IntegerField(default=0, help_text="The same since it was last replayed.")
    next_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=STATES), name="delivery_state_known")]
        indexes = [
            models.Index(fields=["webhook", "created_at", "id"], name="delivery_webhook"),
            models.Index(fields=["chain_id", "seq"], name="delivery_event"),
            models.Index(fields=["model_id"], name="delivery_model"),
            models.Index(fields=["ended_at"], name="delivery_ended"),
            models.Index(fields=["state", "created_at"], name="delivery_state"),
        ]


class Attempt(models.Model):
    """One try at a delivery; written before anything is sent, so that none is unknown."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    number = models.IntegerField(help_text="From 1.")
    at = models.DateTimeField()
    ended = models.BooleanField(default=False)
    status = models.IntegerField(null=True, help_text="Of the HTTP answer, if there was one.")
    milliseconds = models.IntegerField(null=True)
    error = models.TextField(blank=True, help_text="In words; empty for a success.")
    answer = models.TextField(blank=True, help_text="The beginning of the body that was answered.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number")]
