"""Webhooks and their deliveries over HTTP; for administrators."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.request import Request

from registry.api import fields
from registry.api.describe import operation
from registry.api.http import Endpoint, Shape, done
from registry.api.shapes import listed
from registry.rules.addresses import MAX_URL
from registry.rules.stages import STAGES
from registry.rules.webhooks import FORMATS, PING, STATES, TOPICS
from registry.selectors import webhooks as read
from registry.services import deliveries
from registry.services import webhooks as write


def _words() -> s.ListField:
    return s.ListField(child=s.CharField(max_length=1000), max_length=1000, required=False)


class WebhookShape(Shape):
    name = fields.name()
    url = s.CharField(max_length=MAX_URL * 2, trim_whitespace=False, allow_blank=True)
    events = _words()
    models = _words()
    tags = _words()
    stages = _words()
    format = s.CharField(max_length=40, required=False)


class WebhookChange(WebhookShape):
    name = fields.name(required=False)
    url = s.CharField(max_length=MAX_URL * 2, trim_whitespace=False, allow_blank=True, required=False)
    active = s.BooleanField(required=False)
    rotate = s.BooleanField(required=False, help_text="Makes a new secret.")


class WebhookRow(s.Serializer[Any]):
    id = s.UUIDField()
    name = s.CharField()
    url = s.CharField()
    format = s.ChoiceField(FORMATS)
    events = s.ListField(child=s.ChoiceField(list(TOPICS)))
    models = s.ListField(child=s.CharField())
    tags = s.ListField(child=s.CharField())
    stages = s.ListField(child=s.ChoiceField(STAGES))
    active = s.BooleanField()
    disabled = s.CharField(allow_blank=True, help_text="Why it was disabled, if not by somebody.")
    old_secret_until = s.DateTimeField(allow_null=True)
    created_at = s.DateTimeField()
    created_by = s.CharField(allow_null=True)
    waiting = s.IntegerField(help_text="Deliveries that wait.")
    last_state = s.ChoiceField(STATES, allow_null=True)
    last_at = s.DateTimeField(allow_null=True)


class WebhookWithSecret(WebhookRow):
    secret = s.CharField(required=False, help_text="Only where it is new; it is shown this once.")


class DeliveryRow(s.Serializer[Any]):
    id = s.UUIDField(help_text="The webhook-id.")
    webhook = s.CharField()
    type = s.ChoiceField([*TOPICS, PING])
    state = s.ChoiceField(STATES)
    attempts = s.IntegerField()
    created_at = s.DateTimeField()
    next_at = s.DateTimeField(allow_null=True)
    ended_at = s.DateTimeField(allow_null=True)
    event = s.IntegerField(allow_null=True, help_text="The id of the event that it tells of.")
    status = s.IntegerField(allow_null=True, help_text="The last attempt's.")
    error = s.CharField(allow_null=True, allow_blank=True)
    milliseconds = s.IntegerField(allow_null=True)


class AttemptRow(s.Serializer[Any]):
    number = s.IntegerField()
    at = s.DateTimeField()
    ended = s.BooleanField()
    status = s.IntegerField(allow_null=True)
    milliseconds = s.IntegerField(allow_null=True)
    error = s.CharField(allow_blank=True)
    answer = s.CharField(allow_blank=True, help_text="The beginning of what was answered.")


class DeliveryDetail(DeliveryRow):
    body = s.CharField()
    log = s.ListField(child=AttemptRow())


class AdminEndpoint(Endpoint):
    """An endpoint that only administrators may read; its answers may hold secrets, so no batch keeps them."""

    batchable = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses others before anything is looked up."""
        super().initial(request, *args, **kwargs)
        self.actor().require(write.RIGHT, "see or change webhooks")


class Webhooks(AdminEndpoint):
    """The webhooks."""

    @operation("list_webhooks", {200: listed(WebhookRow)}, listing=read.WEBHOOKS)
    def get(self, request: Request) -> HttpResponse:
        """The webhooks; never their secrets."""
        return self.listed(read.WEBHOOKS, read.all_webhooks())

    @operation("create_webhook", {201: WebhookWithSecret}, request=WebhookShape)
    def post(self, request: Request) -> HttpResponse:
        """Makes a webhook; its secret is in this answer and nowhere else."""
        made, secret = write.create_webhook(actor=self.actor(), **self.body(WebhookShape))
        return self.answer({**read.webhook_row(made.id), "secret": secret}, 201)


class Webhook(AdminEndpoint):
    """One webhook."""

    @operation("get_webhook", {200: WebhookRow})
    def get(self, request: Request, webhook: uuid.UUID) -> HttpResponse:
        """A webhook; never its secret."""
        self.no_query()
        return self.answer(read.webhook_row(webhook))

    @operation("update_webhook", {200: WebhookWithSecret}, request=WebhookChange)
    def patch(self, request: Request, webhook: uuid.UUID) -> HttpResponse:
        """Changes what is given; `active` pauses and resumes it, `rotate` gives it a new secret."""
        body = self.body(WebhookChange)
        self.check_match(lambda: read.webhook_row(webhook))
        _, secret = write.update_webhook(actor=self.actor(), webhook=webhook, **body)
        row = read.webhook_row(webhook)
        return self.answer({**row, "secret": secret} if secret else row)

    @operation("delete_webhook", {204: None})
    def delete(self, request: Request, webhook: uuid.UUID) -> HttpResponse:
        """Deletes a webhook with its deliveries; what waits is dropped."""
        self.no_query()
        write.delete_webhook(actor=self.actor(), webhook=webhook)
        return done()


class Test(AdminEndpoint):
    """A message to try a webhook by."""

    @operation("test_webhook", {201: DeliveryDetail}, request=Shape)
    def post(self, request: Request, webhook: uuid.UUID) -> HttpResponse:
        """Queues a message of type webhook.ping; its delivery tells how it went."""
        self.body(Shape)
        made = write.test_webhook(actor=self.actor(), webhook=webhook)
        return self.answer(read.delivery_row(made.id), 201)


class Deliveries(AdminEndpoint):
    """What was or will be delivered to a webhook."""

    @operation("list_deliveries", {200: listed(DeliveryRow)}, listing=read.DELIVERIES)
    def get(self, request: Request, webhook: uuid.UUID) -> HttpResponse:
        """The deliveries of a webhook, newest first."""
        return self.listed(read.DELIVERIES, read.deliveries_to(read.find_webhook(webhook)))


class Delivery(AdminEndpoint):
    """One delivery."""

    @operation("get_delivery", {200: DeliveryDetail})
    def get(self, request: Request, delivery: uuid.UUID) -> HttpResponse:
        """A delivery with what was sent and each attempt."""
        self.no_query()
        return self.answer(read.delivery_row(delivery))


class Replay(AdminEndpoint):
    """Sending once more."""

    @operation("replay_delivery", {200: DeliveryDetail}, request=Shape)
    def post(self, request: Request, delivery: uuid.UUID) -> HttpResponse:
        """Sends a delivery once more, now, with the same webhook-id."""
        self.body(Shape)
        deliveries.replay(actor=self.actor(), delivery=delivery)
        return self.answer(read.delivery_row(delivery))
