"""The one exception handler and the one error shape: {"error": {code, message, fields?, hint?}}."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from rest_framework import exceptions

from registry.api.codec import dump
from registry.rules import errors as rules

log = logging.getLogger("modelcp.api")


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse | None:  # noqa: ARG001 - DRF's signature
    """DRF's EXCEPTION_HANDLER: any refusal in the one shape; None lets a bug be a 500."""
    refusal = as_refusal(error)
    return None if refusal is None else refused(refusal)


def refused(refusal: rules.Refusal) -> HttpResponse:
    """The response of a refusal."""
    response = HttpResponse(
        dump({"error": refusal.as_dict()}), status=refusal.status, content_type="application/json"
    )
    if refusal.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="modelcp"'
    if refusal.status == 503:
        response["Retry-After"] = "1"
    return response


class Unavailable(rules.Refusal):
    status, code = 503, "unavailable"


def as_refusal(error: Exception) -> rules.Refusal | None:
    """What an exception says to a client; None if it is a bug of ours."""
    if isinstance(error, rules.Refusal):
        return error
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error.detail)
    if isinstance(error, exceptions.APIException):
        return _from_drf(error)
    for kinds, refusal in PLAIN:
        if isinstance(error, kinds):
            return refusal()
    return _from_database(error) if isinstance(error, DatabaseError | OverflowError) else None


PLAIN: list[tuple[Any, Callable[[], rules.Refusal]]] = [
    (Http404, lambda: rules.NotFound("There is nothing at this address.")),
    (PermissionDenied, lambda: rules.Forbidden("You may not do this.")),
    (
        (RequestDataTooBig, TooManyFieldsSent),
        lambda: rules.TooLarge("The body is larger than this server takes.", code="body_too_large"),
    ),
    (
        UnreadablePostError,
        lambda: rules.InvalidInput("The body ended before it was complete.", code="body_incomplete"),
    ),
    (
        (SuspiciousOperation, DataError),
        lambda: rules.InvalidInput("The request holds a value that can't be stored."),
    ),
]


def _from_database(error: Exception) -> rules.Refusal | None:
    """What the database refused: a clash, a number too large, or it doesn't answer at all."""
    if isinstance(error, IntegrityError):
        log.warning("refused by the database: %s", error)
        return rules.Conflict(
            "Something else was stored there meanwhile.", hint="Read it again, then repeat."
        )
    if "too large" in str(error).lower():
        return rules.InvalidInput("The request holds a number that is too large.")
    if slow := rules.too_slow(error):
        log.error("given up: %s", error)
        return slow
    if isinstance(error, OperationalError | InterfaceError):
        log.error("database unavailable: %s", error)
        return Unavailable("The database doesn't answer right now.", hint="Try again in a moment.")
    return None


def _from_drf(error: exceptions.APIException) -> rules.Refusal:
    kinds: dict[int, type[rules.Refusal]] = {
        401: rules.Unauthorized,
        403: rules.Forbidden,
        404: rules.NotFound,
        413: rules.TooLarge,
    }
    refusal = kinds.get(error.status_code, rules.InvalidInput)(str(error.detail))
    if error.status_code in (405, 406, 415, 429):
        refusal.status = error.status_code
        refusal.code = str(error.default_code)
    return refusal


def _invalid(detail: Any) -> rules.InvalidInput:
    if not isinstance(detail, dict):
        return rules.InvalidInput(_words(detail) or "The body has the wrong shape.")
    fields = {str(key): _words(value) for key, value in detail.items()}
    if set(fields) == {"non_field_errors"}:
        return rules.InvalidInput(fields["non_field_errors"])
    said = "; ".join(f"{key}: {words}" for key, words in list(fields.items())[:5])
    return rules.InvalidInput(f"The body isn't right. {said}"[:500], fields=fields)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_words(inner)}" for key, inner in value.items() if inner)
    if isinstance(value, list | tuple):
        return " ".join(filter(None, (_words(inner) for inner in value)))
    return str(value)
