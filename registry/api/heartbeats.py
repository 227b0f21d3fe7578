"""Heartbeats over HTTP."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.request import Request

from registry.api.describe import operation
from registry.api.fields import name
from registry.api.http import Endpoint, Shape
from registry.api.shapes import listed
from registry.rules.stages import EXCLUSIVE, PRODUCTION
from registry.selectors import heartbeats as read
from registry.selectors.catalog import find_model
from registry.services import heartbeats as write


class Beat(Shape):
    instance = name(help_text="What tells it from the others, such as a pod's name.")
    version = s.IntegerField(help_text="The number of the version that it has loaded.")
    stage = s.CharField(max_length=100, default=PRODUCTION, help_text="The stage that it follows.")
    environment = name(required=False, allow_null=True, help_text="Where it runs, in your words.")


class HeartbeatRow(s.Serializer[Any]):
    id = s.UUIDField()
    model = s.CharField()
    instance = s.CharField()
    stage = s.ChoiceField(EXCLUSIVE)
    environment = s.CharField(allow_blank=True)
    version = s.IntegerField()
    current = s.BooleanField(help_text="The version holds the stage now.")
    gone = s.BooleanField(help_text="It was silent for too long to be counted.")
    since = s.DateTimeField(help_text="When it first said that it runs this version.")
    seen_at = s.DateTimeField()


class Heartbeats(Endpoint):
    """What the instances that serve a model say."""

    batchable = False  # each has its moment: repeated later it would tell what isn't so

    @operation("list_heartbeats", {200: listed(HeartbeatRow)}, listing=read.HEARTBEATS)
    def get(self, request: Request, model: str) -> HttpResponse:
        """The instances that said within a day which version of a model they run."""
        return self.listed(read.HEARTBEATS, read.heartbeats_of(find_model(model)))

    @operation("send_heartbeat", {200: HeartbeatRow}, request=Beat)
    def post(self, request: Request, model: str) -> HttpResponse:
        """Says which version an instance runs, instead of what it said before; send it every minute or so."""
        body = self.body(Beat)
        told = write.send_heartbeat(
            actor=self.actor(),
            model=model,
            instance=body["instance"],
            version=body["version"],
            stage=body["stage"],
            environment=body.get("environment"),
        )
        return self.answer(read.heartbeat_row(told.id))
