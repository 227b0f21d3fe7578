"""Events over HTTP."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from registry.api import fields
from registry.api.describe import Param, operation
from registry.api.http import Endpoint, Shape
from registry.api.shapes import Checkpoint, EventRow, Verified, listed
from registry.selectors import events as read
from registry.services import verification


class Which(Shape):
    model = fields.name(required=False)


class Events(Endpoint):
    """What changed."""

    @operation("list_events", {200: listed(EventRow)}, listing=read.EVENTS)
    def get(self, request: Request) -> HttpResponse:
        """Events, newest first: who did what, when, by which door, before and after."""
        return self.listed(read.EVENTS, read.all_events())


class Verify(Endpoint):
    """The check of the chains."""

    @operation(
        "verify_events",
        {200: Verified},
        params=(Param("model", "Only the chain of the models of this name."),),
    )
    def get(self, request: Request) -> HttpResponse:
        """Checks that no event was changed, dropped, swapped, added or cut off; names the first that was."""
        return self.answer(verification.verify(self.query(Which).get("model")))


class Checkpoints(Endpoint):
    """What a checkpoint holds."""

    batchable = False

    @operation("checkpoint_events", {200: Checkpoint}, request=Shape)
    def post(self, request: Request) -> HttpResponse:
        """Checks all chains; their heads, to be signed and kept elsewhere; for administrators."""
        self.body(Shape)
        return self.answer(verification.checkpoint(actor=self.actor()))
