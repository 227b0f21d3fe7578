"""The metadata of a version over HTTP."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.describe import Param, operation
from registry.api.fields import AS_OF, AnyObject, AsOf
from registry.api.http import Endpoint, Shape
from registry.api.shapes import Metadata as Answer
from registry.selectors.metadata import version_metadata
from registry.services.metadata import log_version_metadata


class VersionMetadataChange(Shape):
    metadata = AnyObject(default=dict)
    remove = serializers.ListField(
        child=serializers.CharField(max_length=20_000, trim_whitespace=False),
        max_length=10_000,
        required=False,
    )


class Detail(AsOf):
    detail = serializers.BooleanField(default=False)


class Metadata(Endpoint):
    """The metadata of one version."""

    @operation(
        "get_metadata",
        {200: Answer},
        params=(
            Param(
                "detail",
                "Also each value with who wrote it, when, from which step.",
                {"type": "boolean", "default": False},
            ),
            AS_OF,
        ),
    )
    def get(self, request: Request, model: str, version: str) -> HttpResponse:
        """A version's metadata, nested."""
        detailed = self.query(Detail)["detail"]
        return self.answer(version_metadata(model, version, detailed=detailed, at=self.moment()))

    @operation("log_metadata", {200: Answer}, request=VersionMetadataChange)
    def patch(self, request: Request, model: str, version: str) -> HttpResponse:
        """Merges metadata into a version's, key by key; `remove` ends dotted paths."""
        body = self.body(VersionMetadataChange)
        self.check_match(lambda: version_metadata(model, version))
        after = log_version_metadata(
            actor=self.actor(),
            model=model,
            version=version,
            metadata=body["metadata"],
            remove=tuple(body.get("remove", ())),
        )
        return self.answer({"metadata": after})
