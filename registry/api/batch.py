"""Many operations in one post: applied in order, each by the endpoint it names, each with its own answer."""

from __future__ import annotations

import io
import logging
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpResponse
from django.urls import ResolverMatch, resolve
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.bodies import Unread
from registry.api.describe import operation
from registry.api.errors import as_refusal
from registry.api.http import Endpoint, Shape
from registry.rules.chain import canonical
from registry.rules.errors import InvalidInput, NotFound, Refusal
from registry.services.operations import Answer, apply_once, prune_operations

log = logging.getLogger("modelcp.api")
METHODS = ("POST", "PUT", "PATCH", "DELETE")
PREFIX = "/api/v1/"
MANY = 1000
FAILED = 500
NOT_TRIED = {"error": {"code": "not_tried", "message": "An operation before this one could not be done."}}


class OperationShape(Shape):
    id = serializers.UUIDField()
    method = serializers.ChoiceField(METHODS)
    path = serializers.CharField(max_length=10_000)
    body = Unread(required=False, allow_null=True)
    door = serializers.ChoiceField(["sdk", "cli", "api"], required=False, default="api")
    run = serializers.UUIDField(required=False, allow_null=True)
    step = serializers.UUIDField(required=False, allow_null=True)


class Operations(Shape):
    operations = serializers.ListField(child=OperationShape(), max_length=MANY)


class OperationAnswer(Shape):
    id = serializers.UUIDField()
    status = serializers.IntegerField()
    body = serializers.JSONField(allow_null=True)


class Answers(Shape):
    results = OperationAnswer(many=True)


class Batch(Endpoint):
    """Operations that wait at a client, and go together."""

    batchable = False

    @operation("batch", {200: Answers}, request=Operations)
    def post(self, request: Request) -> HttpResponse:
        """Applies operations in order, each as a whole; a repeated id gets its first answer again.

        A refused one doesn't stop the rest; a failure of the server does: what follows is answered 424.
        """
        results: list[dict[str, Any]] = []
        stopped = False
        for op in self.body(Operations)["operations"]:
            status, body = (424, orjson.dumps(NOT_TRIED)) if stopped else self._apply(op)
            stopped = stopped or status >= FAILED
            results.append({"id": op["id"], "status": status, "body": orjson.Fragment(body or b"null")})
        prune_operations()
        return self.answer({"results": results})

    def _apply(self, op: dict[str, Any]) -> tuple[int, bytes]:
        try:
            match = _find(op["path"])
            content = canonical([op["method"], op["path"], op.get("body")])
            answer = apply_once(
                actor=self.actor(), id=op["id"], content=content, act=lambda: self._dispatch(op, match)
            )
            return answer.status, answer.body.encode()
        except _Failed as failed:
            return failed.answer.status, failed.answer.body.encode()
        except Exception as error:
            return _refused(error)

    def _dispatch(self, op: dict[str, Any], match: ResolverMatch) -> Answer:
        """The endpoint's own answer, called on this thread as the sender of the batch."""
        inner = _request(op, self.request._request)
        inner.batch_identity = self.request.auth  # type: ignore[attr-defined]
        inner.resolver_match = match
        response = match.func(inner, *match.args, **match.kwargs)
        answer = Answer(response.status_code, response.content.decode())
        if answer.status >= FAILED:
            raise _Failed(answer)
        return answer


class _Failed(Exception):
    """The server couldn't: everything of this operation is undone."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _find(path: str) -> ResolverMatch:
    """The endpoint at a path; InvalidInput for one that doesn't go into a batch."""
    plain = unquote(urlsplit(path).path)
    if not plain.startswith(PREFIX):
        raise InvalidInput(f"A batch holds paths under {PREFIX}, not {plain[:80]!r}.", code="bad_path")
    try:
        match = resolve(plain)
    except Http404:
        match = None
    view = getattr(getattr(match, "func", None), "view_class", None)
    if match is None or view is None:
        raise NotFound(f"There is nothing at {plain[:200]}.")
    if not getattr(view, "batchable", False):
        raise InvalidInput(
            f"{plain[:200]} doesn't go into a batch.", code="not_batchable", hint="Send it by itself."
        )
    return match


def _request(op: dict[str, Any], outer: Any) -> WSGIRequest:
    parts = urlsplit(op["path"])
    body = orjson.dumps(op["body"]) if op.get("body") is not None else b""
    environ = {
        "REQUEST_METHOD": op["method"],
        "PATH_INFO": unquote(parts.path).encode().decode("latin-1"),
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_MODELCP_DOOR": op["door"],
        "HTTP_MODELCP_RUN": str(op.get("run") or ""),
        "HTTP_MODELCP_STEP": str(op.get("step") or ""),
        "wsgi.input": io.BytesIO(body),
        **{
            key: outer.META[key]
            for key in ("SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "HTTP_HOST")
            if key in outer.META
        },
    }
    environ.setdefault("SERVER_NAME", "localhost")
    environ.setdefault("SERVER_PORT", "80")
    return WSGIRequest(environ)


def _refused(error: Exception) -> tuple[int, bytes]:
    refusal = as_refusal(error)
    if refusal is None:
        log.exception("an operation of a batch failed", exc_info=error)
        refusal = Refusal("The server failed at this operation.", code="failed")
        refusal.status = FAILED
    return refusal.status, orjson.dumps({"error": refusal.as_dict()})
