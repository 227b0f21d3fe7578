"""Writes the OpenAPI document from what the endpoints say of themselves (`registry.api.describe`)."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.templatetags.static import static
from django.utils.html import format_html
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from registry.api.describe import Operation
from registry.api.fields import AnyObject, VersionReference
from registry.api.shapes import Error, JSONObject

EMPTY = (204, 304)  # statuses that have no body
BEARER = {"bearer": {"type": "http", "scheme": "bearer"}}
REFUSED = {
    "400": "The request has the wrong shape, or asks what isn't understood.",
    "401": "Nobody is signed in, or the token isn't known.",
    "403": "The role doesn't allow it.",
    "404": "There is no such thing.",
    "405": "The address doesn't take this method.",
    "409": "It exists already, or moved meanwhile.",
    "412": "It changed since the state that If-Match names.",
    "413": "Over a limit.",
    "415": "The body isn't JSON.",
    "422": "A rule of the domain refuses it.",
    "503": "The database doesn't answer right now, or took too long.",
}


class Described(AutoSchema):
    """Reads `operation` of the view's method."""

    @property
    def facts(self) -> Operation:
        return getattr(self.view, self.method.lower()).operation

    def get_operation_id(self) -> str:
        return self.facts.id

    def get_request_serializer(self) -> Any:
        if self.facts.takes is not None:
            return {self.facts.takes: OpenApiTypes.BINARY}
        return self.facts.request

    def get_response_serializers(self) -> Any:
        return {
            status if self.facts.text is None else (status, self.facts.text): shape
            or self._without_shape(status)
            for status, shape in self.facts.answers.items()
        }

    def _without_shape(self, status: int) -> OpenApiResponse:
        """An answer that is bytes or text, or nothing at all."""
        if self.facts.text is None or status in EMPTY:
            return OpenApiResponse(description="Done.")
        kind = OpenApiTypes.STR if self.facts.text.startswith("text/") else OpenApiTypes.BINARY
        return OpenApiResponse(kind, description="The content.")

    def get_override_parameters(self) -> list[Any]:
        return [
            OpenApiParameter(param.name, dict(param.schema), description=param.about, required=param.required)
            for param in self.facts.params
        ]

    def get_auth(self) -> list[dict[str, Any]]:
        return []

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        if isinstance(field, VersionReference):
            return {"oneOf": [{"type": "integer"}, {"type": "string", "maxLength": 1000}]}
        if isinstance(field, JSONObject | AnyObject):
            kind: Any = ["object", "null"] if field.allow_null else "object"
            return {"type": kind, "additionalProperties": {}}
        return super()._map_serializer_field(field, direction, bypass_extensions)


class Generator(SchemaGenerator):
    """Gives each described method its own reader, and leaves out what isn't described."""

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        view = super().create_view(callback, method, request)
        if hasattr(getattr(view, method.lower(), None), "operation"):
            self._set_schema_to_view(view, Described())
        return view

    def _initialise_endpoints(self) -> None:
        super()._initialise_endpoints()
        found: Any = self.endpoints
        self.endpoints = [one for one in found if _is_described(one[2], one[3])]


def _is_described(method: str, callback: Any) -> bool:
    function = getattr(callback.cls, method.lower(), None)
    return hasattr(function, "operation") or "schema" in getattr(function, "kwargs", {})


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    with GENERATOR_STATS.silence():  # its remarks are for whoever writes endpoints
        made: dict[str, Any] = Generator().get_schema(public=True)
    components = made.setdefault("components", {})
    components["securitySchemes"] = BEARER
    components.setdefault("schemas", {}).update(_error_shape())
    made["security"] = [{"bearer": []}]
    for path in made["paths"].values():
        for operation in path.values():
            _complete(operation)
    return made


def _error_shape() -> dict[str, Any]:
    text = {"type": "string"}
    fields = {"type": "object", "additionalProperties": text}
    body = {
        "type": "object",
        "properties": {"code": text, "message": text, "fields": fields, "hint": text},
        "required": ["code", "message"],
    }
    return {Error.__name__: {"type": "object", "properties": {"error": body}, "required": ["error"]}}


def _complete(operation: dict[str, Any]) -> None:
    """The refusals that every operation may answer with, all of one shape."""
    operation.pop("security", None)
    reference = {"application/json": {"schema": {"$ref": f"#/components/schemas/{Error.__name__}"}}}
    for status, about in REFUSED.items():
        operation["responses"].setdefault(status, {"description": about, "content": reference})


def page() -> str:
    """The page that shows the document, by the viewer that is installed with the server."""
    viewer = "drf_spectacular_sidecar/swagger-ui-dist/"
    return format_html(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>modelcp API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="{}">'
        '</head><body><main id="api" data-url="/api/v1/schema/"></main><script src="{}"></script>'
        '<script src="/api/v1/docs/start.js"></script></body></html>',
        static(f"{viewer}swagger-ui.css"),
        static(f"{viewer}swagger-ui-bundle.js"),
    )


START = """const place = document.getElementById("api");
SwaggerUIBundle({ url: place.dataset.url, domNode: place, deepLinking: true, withCredentials: true });
"""
