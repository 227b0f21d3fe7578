"""Links between model versions and artifact versions over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.answers import LinkRow
from registry.api.bodies import ArtifactVersionShape, new_artifact_version
from registry.api.describe import operation
from registry.api.fields import AS_OF, REASON, VersionReference
from registry.api.fields import name as name_field
from registry.api.http import Endpoint, Shape, done
from registry.api.shapes import listed
from registry.rules.errors import InvalidInput
from registry.rules.names import check_name
from registry.selectors import artifacts as read
from registry.selectors.catalog import find_model, find_version
from registry.selectors.run_lists import LINKS, links_listing
from registry.services import links as write


class NewLink(ArtifactVersionShape):
    """One of: artifact_version; artifact and number; uri (with artifact as its name)."""

    id = serializers.UUIDField(required=False, help_text="Of the link.")
    artifact_version = serializers.UUIDField(required=False, allow_null=True)
    artifact = name_field(required=False, allow_null=True)
    number = VersionReference(required=False, allow_null=True, help_text="A number, or 'latest'.")
    artifact_version_id = serializers.UUIDField(required=False, help_text="Of the version made from the uri.")
    name = name_field(required=False, allow_null=True)
    kind = serializers.CharField(max_length=40, default="data")


class Reason(Shape):
    reason = serializers.CharField(max_length=10_000, required=False, allow_blank=True)


class VersionArtifacts(Endpoint):
    """The artifact versions that a model version links."""

    @operation("list_version_artifacts", {200: listed(LinkRow)}, params=(AS_OF,), listing=LINKS)
    def get(self, request: Request, model: str, version: str) -> HttpResponse:
        """The artifact versions that a model version links, each with its link's id, name and kind."""
        at = self.moment()
        this = find_version(find_model(model, at=at), version, at)
        listing = LINKS if at is None else links_listing(at)
        return self.listed(listing, read.open_links(this, at), besides=("as_of",))

    @operation("link_artifact", {200: LinkRow, 201: LinkRow}, request=NewLink)
    def post(self, request: Request, model: str, version: str) -> HttpResponse:
        """Links an artifact version; linking it again with another name or kind updates the link.

        A uri makes an artifact version first.
        """
        body = self.body(NewLink)
        link, made = write.link_artifact(
            actor=self.actor(),
            model=model,
            version=version,
            id=body.get("id"),
            name=body.get("name"),
            kind=body["kind"],
            **_which(body),
        )
        return self.answer(read.link_row(link.id), 201 if made else 200)


def _which(body: dict[str, Any]) -> dict[str, Any]:
    """Which artifact version is meant; exactly one way of saying so."""
    if body.get("artifact_version"):
        return {"artifact_version": body["artifact_version"]}
    if body.get("uri") or body.get("sha256"):
        called = body.get("artifact") or body.get("name")
        if not called:
            raise InvalidInput(
                "A uri needs the name of the artifact it becomes.", fields={"artifact": "Missing."}
            )
        parts = {key: value for key, value in body.items() if key in ArtifactVersionShape().fields}
        new = new_artifact_version({**parts, "id": body.get("artifact_version_id")}, check_name(called))
        return {"new": new}
    if body.get("artifact"):
        return {"artifact": body["artifact"], "number": body.get("number")}
    raise InvalidInput(
        "Say which: artifact_version, or artifact and number, or uri.",
        fields={"artifact_version": "Missing."},
    )


class VersionArtifact(Endpoint):
    """One link."""

    @operation("unlink_artifact", {204: None}, params=(REASON,))
    def delete(self, request: Request, model: str, version: str, link: uuid.UUID) -> HttpResponse:
        """Ends a link, named by its id or by the artifact version's; the artifact stays."""
        reason = self.query(Reason).get("reason", "")
        write.unlink_artifact(actor=self.actor(), model=model, version=version, link=link, reason=reason)
        return done()
