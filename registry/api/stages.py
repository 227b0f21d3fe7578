"""Stages and aliases over HTTP."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.describe import Param, operation
from registry.api.fields import AS_OF, AsOf, VersionReference, text
from registry.api.http import Endpoint, Shape, done
from registry.api.plans import Plan, UndoPlan
from registry.api.shapes import AliasRow, Promoted, StagesNow, TenureRow, Undone, listed
from registry.rules.stages import STAGES
from registry.selectors import plans, undo
from registry.selectors import stages as read
from registry.selectors.catalog import find_model
from registry.selectors.catalog_rows import version_row
from registry.services import aliases
from registry.services import stages as write

MAX_REASON = 10_000
TO = Param("to", "The stage to promote to.", {"type": "string", "enum": list(STAGES)}, required=True)


TENURE = Param("tenure", "The promotion's id, from the stage history.", {"type": "string", "format": "uuid"})
EVENT = Param("event", "An event's id instead.", {"type": "integer"})


class Promotion(Shape):
    stage = serializers.CharField(max_length=100)
    reason = text(max_length=MAX_REASON)
    force = serializers.BooleanField(default=False)
    plan = text(max_length=64, help_text="The hash of the plan that is confirmed; an empty one is stale.")


class PlanQuery(Shape):
    to = serializers.CharField(max_length=100)


class UndoQuery(Shape):
    tenure = serializers.UUIDField(required=False, allow_null=True)
    event = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, allow_null=True, help_text="An event's id instead."
    )


class Undo(UndoQuery):
    reason = text(max_length=MAX_REASON)
    plan = text(max_length=64, help_text="The hash of the plan that is confirmed; an empty one is stale.")


class AliasTarget(Shape):
    version = VersionReference()


class Stage(Endpoint):
    """The stage of a version."""

    @operation("plan_promotion", {200: Plan}, params=(TO,))
    def get(self, request: Request, model: str, version: str) -> HttpResponse:
        """What putting a version into a stage would mean; its hash confirms it."""
        return self.answer(plans.plan_promotion(model, version, self.query(PlanQuery)["to"]))

    @operation("promote", {200: Promoted}, request=Promotion)
    def post(self, request: Request, model: str, version: str) -> HttpResponse:
        """Puts a version into a stage; the holder of staging or production is archived with it."""
        body = self.body(Promotion)
        did = write.promote(
            actor=self.actor(),
            model=model,
            version=version,
            to=body["stage"],
            reason=body.get("reason") or "",
            force=body["force"],
            plan=body.get("plan"),
        )
        displaced = did.displaced.number if did.displaced else None
        return self.answer(
            {
                "version": version_row(did.version),
                "stage": did.stage,
                "changed": did.changed,
                "displaced": displaced,
            }
        )


class Stages(Endpoint):
    """Who holds which stage."""

    @operation("list_stages", {200: StagesNow}, params=(AS_OF,))
    def get(self, request: Request, model: str) -> HttpResponse:
        """Which version holds staging and production, and which was archived last; now or at a moment."""
        self.query(AsOf)
        return self.answer(read.stages_now(model, self.moment()))


class History(Endpoint):
    """The history of a model's stages."""

    @operation("stage_history", {200: listed(TenureRow)}, listing=read.TENURES)
    def get(self, request: Request, model: str) -> HttpResponse:
        """Every stretch in which a version held a stage, newest first."""
        return self.listed(read.TENURES, read.tenures_of(find_model(model)))


class UndoPromotion(Endpoint):
    """Undoing a promotion."""

    @operation("plan_undo", {200: UndoPlan}, params=(TENURE, EVENT))
    def get(self, request: Request, model: str) -> HttpResponse:
        """What restoring the stages before a promotion (else the last) or an event would mean."""
        return self.answer(undo.plan_undo(model, **self.query(UndoQuery)))

    @operation("undo_promotion", {200: Undone}, request=Undo)
    def post(self, request: Request, model: str) -> HttpResponse:
        """Restores the stages to what they were before a promotion (else the last) or an event."""
        body = self.body(Undo)
        changed = write.undo(
            actor=self.actor(),
            model=model,
            tenure=body.get("tenure"),
            event=body.get("event"),
            reason=body.get("reason") or "",
            plan=body.get("plan"),
        )
        return self.answer({"changed": [version_row(version) for version in changed]})


class Aliases(Endpoint):
    """The aliases of a model."""

    @operation("list_aliases", {200: listed(AliasRow)}, params=(AS_OF,), listing=read.ALIASES)
    def get(self, request: Request, model: str) -> HttpResponse:
        """A model's aliases and the versions that they point to."""
        at = self.moment()
        return self.listed(read.ALIASES, read.aliases_in(find_model(model, at=at), at), besides=("as_of",))


class Alias(Endpoint):
    """One alias."""

    @operation("get_alias", {200: AliasRow}, params=(AS_OF,))
    def get(self, request: Request, model: str, alias: str) -> HttpResponse:
        """Where an alias points."""
        self.query(AsOf)
        return self.answer(read.get_alias(model, alias, self.moment()))

    @operation("set_alias", {200: AliasRow}, request=AliasTarget)
    def put(self, request: Request, model: str, alias: str) -> HttpResponse:
        """Points an alias to a version."""
        body = self.body(AliasTarget)
        self.check_match(lambda: read.get_alias(model, alias))
        aliases.set_alias(actor=self.actor(), model=model, alias=alias, version=body["version"])
        return self.answer(read.get_alias(model, alias))

    @operation("delete_alias", {204: None})
    def delete(self, request: Request, model: str, alias: str) -> HttpResponse:
        """Ends an alias."""
        self.no_query()
        aliases.delete_alias(actor=self.actor(), model=model, alias=alias)
        return done()
