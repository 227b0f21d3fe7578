"""What every endpoint shares: its actor, bodies in, JSON and ETags out."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework import serializers
from rest_framework.fields import empty, get_error_detail
from rest_framework.request import Request
from rest_framework.views import APIView

from registry.api.codec import dump
from registry.rules.errors import PreconditionFailed
from registry.selectors.access import Identity
from registry.selectors.lists import Listing, page
from registry.selectors.moments import find_moment
from registry.selectors.renamed import name_now
from registry.selectors.runs import run_exists
from registry.services.access import actor_for
from registry.services.actors import Actor


class Shape(serializers.Serializer[Any]):
    """The shape of a body: the fields it may have; one that isn't named is an error."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        fields = self.fields
        values: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        unknown = next((str(key) for key in data if key not in fields), None)
        if unknown is not None:
            raise serializers.ValidationError({unknown[:80]: [f"Unknown. Known are: {', '.join(fields)}."]})
        for name, field in fields.items():
            if name not in data and not field.required and field.default is empty:
                continue  # asking it would raise and catch an exception: most of the cost of a large body
            try:
                values[name] = field.run_validation(data.get(name, empty))
            except serializers.ValidationError as error:
                errors[name] = error.detail
            except ValidationError as error:
                errors[name] = get_error_detail(error)
        if errors:
            raise serializers.ValidationError(errors)
        return values


@cache
def _checker(shape: type[Shape]) -> Shape:
    """One instance for all requests: making one copies its fields; checking keeps nothing in it."""
    return shape()


class Endpoint(APIView):
    """A thin view: shape in, service or selector, JSON out."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    batchable = True  # may be an operation of a batch

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "version" in kwargs:
            kwargs["model"] = name_now(kwargs["model"], kwargs["version"])
        return super().dispatch(request, *args, **kwargs)

    def identity(self) -> Identity:
        """Who asks, as the authentication found them."""
        found: Any = self.request.auth
        return cast(Identity, found)

    def actor(self) -> Actor:
        """Who asks, by which door: the client may say that it is the SDK or the CLI."""
        said = self.request.headers.get("Modelcp-Door", "api")
        actor = actor_for(self.identity(), said if said in ("sdk", "cli") else "api")
        run = _run(self.request.headers.get("Modelcp-Run"))
        if run is None or not run_exists(run):  # a run that was refused: what it did is taken all the same
            return actor
        return actor.inside(run, _run(self.request.headers.get("Modelcp-Step")))

    def body(self, shape: type[Shape]) -> dict[str, Any]:
        """The body checked against its shape; only what was sent is in it (and declared defaults)."""
        return dict(_checker(shape).run_validation(self.request.data))

    def query(self, shape: type[Shape]) -> dict[str, Any]:
        """The query string checked against its shape, each name's last value."""
        return dict(_checker(shape).run_validation(dict(self.request.query_params.items())))

    def no_query(self) -> None:
        """InvalidInput if the query string holds anything: nothing that was asked is ignored."""
        self.query(Shape)

    def moment(self) -> datetime | None:
        """The moment that `as_of` of the query string names; None without one: now."""
        asked = self.request.query_params if self.request.META["QUERY_STRING"] else {}
        return find_moment(asked["as_of"]).at if "as_of" in asked else None

    def listed(
        self, listing: Listing, within: QuerySet[Any], *, besides: Collection[str] = ()
    ) -> HttpResponse:
        """The page of a list that the query string asks for; `besides`: parameters that aren't the list's."""
        asked = self.request.query_params
        given = {name: asked.getlist(name) for name in asked if name not in besides}
        return self.answer(page(listing, within, given).as_dict())

    def answer(self, data: Any, status: int = 200) -> HttpResponse:
        """JSON with an ETag; 304 to a GET whose If-None-Match names it."""
        return json_response(self.request, data, status)

    def check_match(self, current: Callable[[], Any]) -> None:
        """PreconditionFailed if the request's If-Match names another state than what `current` reads."""
        wanted = self.request.headers.get("If-Match")
        if wanted and wanted.strip() != "*" and etag(dump(current())) not in _tags(wanted):
            raise PreconditionFailed(
                "It was changed since it was read.", hint="Read it again, then repeat the change."
            )


def _run(value: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        return None


NO_CONTENT = 204


def done() -> HttpResponse:
    """The answer of what leaves nothing to show."""
    return HttpResponse(status=NO_CONTENT)


def etag(content: bytes) -> str:
    """The strong ETag of a body."""
    return '"' + hashlib.blake2b(content, digest_size=16).hexdigest() + '"'


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def json_response(request: HttpRequest | Request, data: Any, status: int = 200) -> HttpResponse:
    """`data` as JSON, conditional if the request is a GET."""
    content = dump(data)
    tag = etag(content)
    if request.method in ("GET", "HEAD") and status == 200:
        if tag in _tags(request.headers.get("If-None-Match", "")):
            return HttpResponse(status=304, headers={"ETag": tag, "Cache-Control": "private, no-cache"})
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
        return HttpResponse(content, status=status, content_type="application/json", headers=headers)
    return HttpResponse(content, status=status, content_type="application/json", headers={"ETag": tag})
