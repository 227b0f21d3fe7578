"""What every page shares: who asks, what is shown when a service refuses, toasts, fragments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from registry.pages import past
from registry.pages.errors import not_by_this_method
from registry.selectors.access import identity_of_user
from registry.services.access import actor_for
from registry.services.actors import Actor

View = Callable[..., HttpResponse]


class PageRequest(past.PastRequest):
    """A request of somebody who is signed in."""

    actor: Actor


def page(view: View) -> View:
    """A page for people who are signed in: others are led to the sign-in and back; sets `request.actor`.

    It is there to change something: looked at in the past it is refused.
    """
    return _page(view, past.ACTS)


def page_of_past(view: View) -> View:
    """A page that can show itself as it was at a moment: `request.at`, None for now."""
    return _page(view, past.SHOWN)


def page_of_now(view: View) -> View:
    """A page to read that is always now, and says so to who comes from the past."""
    return _page(view, past.ALWAYS_NOW)


def _page(view: View, about_past: str) -> View:
    @wraps(view)
    def signed_in(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated or not request.user.is_active:
            return _to_sign_in(request)
        request.actor = actor_for(identity_of_user(request.user), "page")  # type: ignore[attr-defined]
        past.look(request, about_past)
        response = view(request, *args, **kwargs)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            response = not_by_this_method(request, response["Allow"])
        patch_vary_headers(response, ["HX-Request"])
        return response

    signed_in.about_past = about_past  # type: ignore[attr-defined]
    return signed_in


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path() if request.method == "GET" else "/"
    where = redirect(settings.LOGIN_URL).url + "?" + urlencode({"next": back})
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": where})
    return HttpResponseRedirect(where)


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    fragment: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, or the fragment that it includes when htmx asks for that one.

    Args:
        template: the page's file.
        fragment: the `_name.html` that the page includes; sent alone when htmx's target is its id
            (`_version_stage.html` stands in the element with the id `version-stage`).
    """
    if fragment and wants(request, fragment):
        template = fragment
    html = render_to_string(template, dict(context or {}), request)
    if getattr(request, "no_moment", None) is not None:
        status = HTTPStatus.BAD_REQUEST
    return HttpResponse(past.keep(request, html), status=status)


def wants(request: HttpRequest, fragment: str) -> bool:
    """Whether htmx asks for this fragment: its target is the fragment's id."""
    htmx = getattr(request, "htmx", None)
    name = fragment.rsplit("/", 1)[-1].removeprefix("_").removesuffix(".html").replace("_", "-")
    return htmx is not None and not htmx.history_restore_request and htmx.target == name


def done(request: HttpRequest, where: str, toast: str, *, undo: str = "") -> HttpResponse:
    """After a change: a toast, and on to `where` (a URL of ours); `undo` is the plan that undoes it."""
    messages.success(request, toast, extra_tags=f"undo:{undo}" if undo else "")
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": where})
    return HttpResponseRedirect(where)


def back_to(request: HttpRequest, default: str) -> str:
    """Where a form says it came from (`next`), if that is on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return default
