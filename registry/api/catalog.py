"""Models and versions over HTTP."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.describe import Param, operation
from registry.api.fields import AS_OF, FLAG, REASON, AsOf, name, names, text
from registry.api.http import Endpoint, Shape, done
from registry.api.shapes import Compared, ModelRow, PointedRow, Purged, VersionRow, listed
from registry.selectors import catalog as read
from registry.selectors.catalog_lists import (
    MODELS,
    VERSIONS,
    VERSIONS_OF_MODEL,
    model_versions_listing,
    models_listing,
    versions_listing,
)
from registry.selectors.catalog_rows import model_row
from registry.selectors.compare import compare
from registry.selectors.pointers import get_version, loaded_row
from registry.selectors.stages import version_at
from registry.services import catalog as write
from registry.services import versions
from registry.services.purge import purge_model


class CardShape(Shape):
    license = text(max_length=255)
    description = text()
    audience = text()
    use_cases = text()
    limitations = text()
    trade_offs = text()
    ethics = text()


class NewModel(CardShape):
    id = serializers.UUIDField(required=False)
    name = name()
    tags = names()
    owner = serializers.CharField(max_length=150, required=False, allow_null=True)


class ModelChange(CardShape):
    name = name(required=False)
    owner = serializers.CharField(max_length=150, required=False)
    add_tags = names()
    remove_tags = names()


class ModelDeletion(Shape):
    confirm = name()
    force = serializers.BooleanField(default=False)
    reason = text()


class Purge(Shape):
    confirm = name(required=False)
    dry_run = serializers.BooleanField(default=False)


class NewVersion(Shape):
    id = serializers.UUIDField(required=False)
    name = name(allow_null=True, required=False)
    description = text()
    tags = names()


class VersionChange(Shape):
    name = name(required=False)
    description = text(allow_null=False)
    add_tags = names()
    remove_tags = names()


class VersionDeletion(Shape):
    force = serializers.BooleanField(default=False)
    reason = text()


class Comparison(AsOf):
    versions = serializers.CharField(max_length=10_000)


def _card(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key in read.CARD_FIELDS}


class Models(Endpoint):
    """The models."""

    @operation("list_models", {200: listed(ModelRow)}, params=(AS_OF,), listing=MODELS)
    def get(self, request: Request) -> HttpResponse:
        """Models, by name unless another order is asked for."""
        at = self.moment()
        found = MODELS if at is None else models_listing(at)
        return self.listed(found, read.alive_models(at), besides=("as_of",))

    @operation("create_model", {201: ModelRow, 200: ModelRow}, request=NewModel)
    def post(self, request: Request) -> HttpResponse:
        """Registers a model."""
        body = self.body(NewModel)
        model, made = write.create_model(
            actor=self.actor(),
            name=body["name"],
            id=body.get("id"),
            tags=body.get("tags", ()),
            owner=body.get("owner"),
            card=_card(body),
        )
        return self.answer(model_row(model), 201 if made else 200)


class Model(Endpoint):
    """One model."""

    @operation("get_model", {200: ModelRow}, params=(AS_OF,))
    def get(self, request: Request, model: str) -> HttpResponse:
        """A model: its card, tags, counts and stage holders."""
        self.query(AsOf)
        at = self.moment()
        return self.answer(model_row(read.find_model(model, at=at), at))

    @operation("update_model", {200: ModelRow}, request=ModelChange)
    def patch(self, request: Request, model: str) -> HttpResponse:
        """Changes what is given: the name, the card, the owner, tags."""
        body = self.body(ModelChange)
        self.check_match(lambda: model_row(read.find_model(model)))
        changed = write.update_model(
            actor=self.actor(),
            model=model,
            name=body.get("name"),
            card=_card(body),
            owner=body.get("owner"),
            add_tags=body.get("add_tags", ()),
            remove_tags=body.get("remove_tags", ()),
        )
        return self.answer(model_row(changed))

    @operation(
        "delete_model",
        {204: None},
        params=(
            Param("confirm", "The model's name again.", required=True),
            Param("force", "Even while a version is in production; for administrators.", FLAG),
            REASON,
        ),
    )
    def delete(self, request: Request, model: str) -> HttpResponse:
        """Deletes a model so that it can be restored."""
        asked = self.query(ModelDeletion)
        self.check_match(lambda: model_row(read.find_model(model)))
        write.delete_model(
            actor=self.actor(),
            model=model,
            confirm=asked["confirm"],
            force=asked["force"],
            reason=asked.get("reason") or "",
        )
        return done()


class Restore(Endpoint):
    """Bringing a deleted model back."""

    @operation("restore_model", {200: ModelRow}, request=Shape)
    def post(self, request: Request, model: str) -> HttpResponse:
        """Brings back the model of this name that was deleted last."""
        self.body(Shape)
        return self.answer(model_row(write.restore_model(actor=self.actor(), model=model)))


class PurgeModel(Endpoint):
    """Removing a deleted model for good."""

    @operation("purge_model", {200: Purged}, request=Purge)
    def post(self, request: Request, model: str) -> HttpResponse:
        """Removes a model for good, or with `dry_run` counts what would go."""
        body = self.body(Purge)
        return self.answer(
            purge_model(actor=self.actor(), model=model, confirm=body.get("confirm"), dry_run=body["dry_run"])
        )


class Versions(Endpoint):
    """The versions of a model."""

    @operation("list_model_versions", {200: listed(VersionRow)}, params=(AS_OF,), listing=VERSIONS_OF_MODEL)
    def get(self, request: Request, model: str) -> HttpResponse:
        """A model's versions, newest first unless another order is asked for."""
        at = self.moment()
        listing = VERSIONS_OF_MODEL if at is None else model_versions_listing(at)
        found = read.versions_of(read.find_model(model, at=at), at)
        return self.listed(listing, found, besides=("as_of",))

    @operation("create_model_version", {201: PointedRow, 200: PointedRow}, request=NewVersion)
    def post(self, request: Request, model: str) -> HttpResponse:
        """Creates the model's next version; the server gives its number."""
        body = self.body(NewVersion)
        version, made = versions.create_version(
            actor=self.actor(),
            model=model,
            name=body.get("name"),
            description=body.get("description") or "",
            tags=body.get("tags", ()),
            id=body.get("id"),
        )
        return self.answer(loaded_row(version), 201 if made else 200)


class AllVersions(Endpoint):
    """The versions of all models."""

    @operation("list_versions", {200: listed(VersionRow)}, params=(AS_OF,), listing=VERSIONS)
    def get(self, request: Request) -> HttpResponse:
        """Versions of all models, newest first unless another order is asked for."""
        at = self.moment()
        listing = VERSIONS if at is None else versions_listing(at)
        return self.listed(listing, read.alive_versions(at), besides=("as_of",))


class Version(Endpoint):
    """One version of a model."""

    @operation("get_model_version", {200: PointedRow}, params=(AS_OF,))
    def get(self, request: Request, model: str, version: str) -> HttpResponse:
        """A version by number, name, stage, `latest` or `@alias`, with what it loads: what deployers poll."""
        if request.META["QUERY_STRING"]:
            self.query(AsOf)
        as_of = self.moment()
        return self.answer(version_at(model, version, as_of) if as_of else get_version(model, version))

    @operation("update_model_version", {200: PointedRow}, request=VersionChange)
    def patch(self, request: Request, model: str, version: str) -> HttpResponse:
        """Changes what is given: the name, the description, tags."""
        body = self.body(VersionChange)
        self.check_match(lambda: get_version(model, version))
        changed = versions.update_version(
            actor=self.actor(),
            model=model,
            version=version,
            name=body.get("name"),
            description=body.get("description"),
            add_tags=body.get("add_tags", ()),
            remove_tags=body.get("remove_tags", ()),
        )
        return self.answer(loaded_row(changed))

    @operation(
        "delete_model_version",
        {204: None},
        params=(Param("force", "Even while it is in production; for administrators.", FLAG), REASON),
    )
    def delete(self, request: Request, model: str, version: str) -> HttpResponse:
        """Deletes a version; its number stays used."""
        asked = self.query(VersionDeletion)
        self.check_match(lambda: get_version(model, version))
        versions.delete_version(
            actor=self.actor(),
            model=model,
            version=version,
            force=asked["force"],
            reason=asked.get("reason") or "",
        )
        return done()


class Compare(Endpoint):
    """Versions side by side."""

    @operation(
        "compare_versions",
        {200: Compared},
        params=(Param("versions", "Two or more versions, by commas: 3,5,production.", required=True), AS_OF),
    )
    def get(self, request: Request, model: str) -> HttpResponse:
        """Two or more versions of a model side by side: metadata, parameters, artifacts."""
        asked = self.query(Comparison)["versions"].split(",")
        return self.answer(compare(model, asked, self.moment()))
