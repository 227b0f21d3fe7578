"""Gates over HTTP."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.request import Request

from registry.api.describe import operation
from registry.api.http import Endpoint, Shape
from registry.api.plans import GateResult
from registry.rules.stages import EXCLUSIVE
from registry.selectors import gates as read
from registry.services import gates as write

MOST = 200  # lines of a stage


class GatesShape(Shape):
    gates = s.DictField(
        child=s.ListField(child=s.CharField(max_length=1000), max_length=MOST), required=False
    )
    directions = s.DictField(child=s.CharField(max_length=40), required=False)


class BackTestShape(Shape):
    stage = s.CharField(max_length=100)
    gates = s.ListField(child=s.CharField(max_length=1000), max_length=MOST)


class GatesOf(s.Serializer[Any]):
    model = s.CharField()
    gates = s.DictField(child=s.ListField(child=s.CharField()), help_text="Rules by stage.")
    directions = s.DictField(child=s.ChoiceField(["higher", "lower"]), help_text="By the metric's name.")


class Tested(s.Serializer[Any]):
    rule = s.CharField()
    words = s.CharField()
    blocked = s.IntegerField(help_text="How many promotions it would have blocked.")


class Blocked(s.Serializer[Any]):
    version = s.IntegerField()
    at = s.DateTimeField()
    by = s.CharField()
    reason = s.CharField(allow_blank=True)
    forced = s.BooleanField()
    gates = s.ListField(child=GateResult())


class BackTested(s.Serializer[Any]):
    stage = s.ChoiceField(EXCLUSIVE)
    gates = s.ListField(child=Tested())
    promotions = s.IntegerField(help_text="How many were looked at, at most twenty.")
    blocked = s.ListField(child=Blocked())


class Gates(Endpoint):
    """The gates of a model."""

    @operation("get_gates", {200: GatesOf})
    def get(self, request: Request, model: str) -> HttpResponse:
        """A model's gates by stage, and the directions declared for its metrics."""
        self.no_query()
        return self.answer(read.get_gates(model))

    @operation("set_gates", {200: GatesOf}, request=GatesShape)
    def put(self, request: Request, model: str) -> HttpResponse:
        """Sets the gates of the stages that are named, and the directions; for administrators."""
        body = self.body(GatesShape)
        self.check_match(lambda: read.get_gates(model))
        write.set_gates(
            actor=self.actor(), model=model, gates=body.get("gates"), directions=body.get("directions")
        )
        return self.answer(read.get_gates(model))


class BackTest(Endpoint):
    """Gates tried on history."""

    batchable = False

    @operation("back_test_gates", {200: BackTested}, request=BackTestShape)
    def post(self, request: Request, model: str) -> HttpResponse:
        """Which of the last promotions to a stage these gates would have blocked; changes nothing."""
        body = self.body(BackTestShape)
        return self.answer(read.back_test(model, body["stage"], body["gates"]))
