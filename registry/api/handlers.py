"""What is answered under the API's prefix where no endpoint is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from registry.api.errors import refused
from registry.rules.errors import NotFound


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """No such address: also where only the slash at the end is missing, since a redirect loses a body."""
    ended = request.path.endswith("/")
    hint = "/api/v1/docs/ lists the addresses." if ended else "The API's addresses end with a slash."
    return refused(NotFound("There is nothing at this address.", code="no_such_address", hint=hint))
