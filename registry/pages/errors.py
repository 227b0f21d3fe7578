"""The error pages: what did not happen, why, what to do.

They need neither the database nor a session: who is signed in gets them within the shell, if that can be
drawn. A fault of ours is always told bare.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string

from registry.pages import past
from registry.rules.errors import Refusal
from registry.selectors.access import identity_of_user
from registry.services.access import actor_for

# What a refusal is called at the top of its page, and what to do when it doesn't say so itself.
WORDS = {
    400: ("This request could not be read", "Go back and try again; if you typed the address, check it."),
    401: ("You are not signed in", "Sign in again: by your password, or by a new sign-in link."),
    403: ("You may not do this", "Ask an administrator for the role, or sign in as someone who has it."),
    404: ("There is no such thing here", "It may have been deleted or renamed. Look for it by name."),
    409: ("This moved since you looked", "Go back, reload the page and look again before you decide."),
    413: ("This is too large", "Send less at once, or keep it in a store of your own and link it."),
    422: ("This was not done", "Go back, change what was refused and send it again."),
    503: ("The server can't do this right now", "Wait a moment, then try again."),
}


def refusal_page(refusal: Refusal, request: HttpRequest | None = None) -> HttpResponse:
    """The page of a refusal that no form shows: its message, and its hint as what to do.

    Args:
        request: the one that was refused, if it is known: from the past the page leads back to now.
    """
    title, advice = WORDS.get(refusal.status, WORDS[422])
    context = {"title": title, "message": refusal.message, "advice": refusal.hint or advice}
    asked_by = request if refusal.status < HTTPStatus.INTERNAL_SERVER_ERROR else None
    answer = _page("errors/refusal.html", refusal.status, {**context, **past.facts(request)}, asked_by)
    answer.content = past.keep(request, answer.content.decode())
    return answer


def csrf_failure(request: HttpRequest, **_why: str) -> HttpResponse:
    """A form that came without its token: nothing was changed."""
    return _page("errors/csrf.html", 403, asked_by=request)


def bad_request(request: HttpRequest) -> HttpResponse:
    """400: an address or a body that can't be read."""
    return _page("errors/400.html", 400, asked_by=request)


def forbidden(request: HttpRequest) -> HttpResponse:
    """403: refused before any service was asked."""
    return _page("errors/403.html", 403, asked_by=request)


def not_found(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    """404: no page has this address. A message that a view gave is shown."""
    said = error.args[0] if isinstance(error, Http404) and error.args else None
    return _page("errors/404.html", 404, {"message": said} if isinstance(said, str) else {}, request)


def not_by_this_method(request: HttpRequest, allowed: str) -> HttpResponse:
    """405: the address of a form was opened by itself, as by reloading or copying it.

    Args:
        allowed: the methods there are, as the header Allow names them.
    """
    context = {
        "title": "Nothing is to be seen at this address",
        "message": "Only a form sends to it, and nothing was changed.",
        "advice": "Go back to the page that has the form.",
    }
    answer = _page("errors/refusal.html", 405, context, request)
    answer["Allow"] = allowed
    return answer


def server_error() -> HttpResponse:
    """500: a fault of ours; the log has it."""
    return _page("errors/500.html", 500)


def _page(
    template: str,
    status: int,
    context: Mapping[str, object] | None = None,
    asked_by: HttpRequest | None = None,
) -> HttpResponse:
    told = dict(context or {})
    with suppress(DatabaseError):  # without it nobody knows who is signed in
        if asked_by is not None and _signed_in(asked_by):
            html = render_to_string(template, {**told, "shell": "base.html"}, asked_by)
            return HttpResponse(html, status=status)
    return HttpResponse(render_to_string(template, told), status=status)


def _signed_in(request: HttpRequest) -> bool:
    """Whether the shell can be drawn for who asks; their actor, where no view was reached to set it."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.is_active:
        return False
    if not hasattr(request, "actor"):
        request.actor = actor_for(identity_of_user(user), "page")  # type: ignore[attr-defined]
    return True
