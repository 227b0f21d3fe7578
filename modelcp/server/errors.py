"""What answers when no view does: JSON of the one shape under /api/, a page elsewhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from registry.api.errors import refused
from registry.pages import errors as pages
from registry.rules.errors import Forbidden, InvalidInput, NotFound, Refusal


class Fault(Refusal):
    """A fault of ours; the log has it."""

    status, code = 500, "server_error"


def _for_programs(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/healthz", "/readyz", "/metrics"))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """400: an address or a body that can't be read."""
    if _for_programs(request):
        return refused(InvalidInput("The request can't be read.", hint="Check its address and its body."))
    return pages.bad_request(request)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403: refused before any service was asked."""
    if _for_programs(request):
        return refused(Forbidden("You may not do this."))
    return pages.forbidden(request)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: there is nothing at this address."""
    if _for_programs(request):
        return refused(
            NotFound("There is nothing at this address.", hint="/api/v1/docs/ lists the addresses.")
        )
    return pages.not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a fault of ours."""
    if _for_programs(request):
        return refused(Fault("The server failed; the failure is in its log.", hint="Try again."))
    return pages.server_error()
