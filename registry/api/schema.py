"""The OpenAPI document and the page that shows it; the library behind them is loaded when asked for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from registry.api.http import json_response


def document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, for whoever is signed in or not: it holds nothing of the registry's."""
    from registry.api.openapi import document as made

    return json_response(request, made())


def docs(_: HttpRequest) -> HttpResponse:
    """The document as a page, without any outside host."""
    from registry.api.openapi import page

    return HttpResponse(page(), headers={"Content-Security-Policy": DOCS_POLICY})


def start(_: HttpRequest) -> HttpResponse:
    """The script that starts the page's viewer: the policy allows none inside the page."""
    from registry.api.openapi import START

    return HttpResponse(START, content_type="text/javascript; charset=utf-8")


# The viewer writes styles into its page; nothing but its own files is run or loaded.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
