"""What goes around every view: the content security policy; refusals that no page showed at a field."""

from __future__ import annotations

import logging
from collections.abc import Callable

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from registry.pages.errors import refusal_page
from registry.rules.errors import Refusal, too_slow

log = logging.getLogger("modelcp.pages")


class PolicyMiddleware:
    """Sends the settings' content security policy, unless the view sent one of its own.

    django-csp's middleware writes the same text anew for each response: a tenth of a hot read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (
            settings.DEBUG and response.status_code in (404, 500)
        ):  # Django's own pages have inline styles
            response.headers.setdefault(HEADER, self.policy)
        return response


class RefusalMiddleware:
    """Renders `errors/refusal.html` for a Refusal raised by a page's view, or a query that took too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        refusal = error if isinstance(error, Refusal) else None
        if isinstance(error, OperationalError) and (refusal := too_slow(error)):
            log.error("given up at %s: %s", request.path, error)
        return refusal_page(refusal, request) if refusal else None
