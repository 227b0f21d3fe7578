"""The past on pages: the moment that an address names, what is refused there, and how links keep it.

`?as_of=` holds a date, a time or `event:N`. A page that is built on what changes over time shows itself
as it was; one that is always now says so; what changes something is refused, and its buttons are off.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from html import escape
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.utils import timezone

from registry.pages import tables
from registry.pages.tables import AS_OF
from registry.rules.errors import Conflict, Refusal
from registry.selectors.moments import Moment, find_moment

SHOWN, ALWAYS_NOW, ACTS = "shown", "always now", "acts"  # what a page does about the past
OFF = "Nothing can be changed in the past: go back to now first"
LEAVING = ("sign-out",)  # what one may do at any moment
NOT_KEPT = (AS_OF, "seen", "open", "verify", *tables.PLACES)


class PastRequest(HttpRequest):
    """A request that may name a moment."""

    moment: Moment | None
    no_moment: Refusal | None  # why what the address names is none
    about_past: str  # one of SHOWN, ALWAYS_NOW, ACTS
    at: datetime | None  # what the page is to show; None is now


def look(request: Any, about_past: str) -> None:
    """Finds the moment that the address names, if it names one.

    Raises:
        Conflict: something would be changed, or the page is there to change something.
    """
    request.moment, request.no_moment, request.about_past, request.at = None, None, about_past, None
    if AS_OF not in request.GET:
        return
    try:
        request.moment = find_moment(request.GET[AS_OF])
    except Refusal as refusal:
        request.no_moment = refusal
    else:
        request.at = request.moment.at if about_past == SHOWN else None
    if request.method not in ("GET", "HEAD") or about_past == ACTS:
        raise Conflict(
            "You are looking at the past. Nothing can be changed there, and nothing was.",
            code="in_the_past",
            hint="Go back to now, and do it there.",
        )


def facts(request: Any) -> dict[str, Any]:
    """What the shell shows of the past: the moment, what is wrong with it, the control's choices."""
    about_past = getattr(request, "about_past", None)
    if about_past is None:
        return {}
    moment = request.moment
    return {
        "as_of": moment,
        "always_now": about_past == ALWAYS_NOW,
        "shows_past": about_past == SHOWN,
        "no_moment": request.no_moment,
        "as_of_typed": request.GET.get(AS_OF, "")[:64],
        "as_of_kept": tables.kept(request, without=NOT_KEPT),
        "as_of_choices": _choices(),
        "here_now": tables.address(request, **dict.fromkeys(NOT_KEPT)),
    }


def _choices() -> list[tuple[str, str]]:
    """Moments that are often asked for: in words, and as the address names them."""
    now = timezone.now()
    quarter = now.replace(month=now.month - (now.month - 1) % 3, day=1)
    return [
        ("Yesterday, this time", f"{now - timedelta(days=1):%Y-%m-%dT%H:%MZ}"),
        ("A week ago", f"{now - timedelta(days=7):%Y-%m-%dT%H:%MZ}"),
        ("Start of the quarter", f"{quarter:%Y-%m-%d}"),
    ]


# Links that keep the moment, actions that are off ---------------------------------------------------

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s(?:[^<>"]|"[^"]*")*)?)>')
_ADDRESS = re.compile(r'(\s(?:href|action|hx-get|data-url)=")([/?][^"]*)"')
_LEADS = re.compile(r'\s(?:href|hx-get|hx-target|hx-swap)="[^"]*"')
_POLL = re.compile(r'(\shx-trigger=")every [^"]*"')
_FIELDS = ("button", "input", "select", "textarea")
_OFF_FIELD = f' disabled title="{OFF}"'
_OFF_LINK = f' role="link" aria-disabled="true" tabindex="0" title="{OFF}"'


def keep(request: Any, html: str) -> str:
    """The page with the moment in each of its links and forms, and without a way to change anything.

    Only a moment of the past does that; a page that is always now keeps it in its links alone.
    """
    moment: Moment | None = getattr(request, "moment", None)
    if moment is None:
        return html
    pen = _Pen(moment.given, request.path, off=request.about_past == SHOWN)
    return _POLL.sub(r'\1never"', _TAG.sub(pen.tag, html))


class _Pen:
    """Rewrites the tags of one page, in order."""

    def __init__(self, given: str, path: str, *, off: bool) -> None:
        self.given, self.path, self.off = given, path, off
        self.asked = f"{AS_OF}={quote(given, safe=':')}"
        self.acting = False  # within a form that changes something

    def tag(self, found: re.Match[str]) -> str:
        close, name, rest = found.groups()
        if close:
            self.acting = self.acting and name != "form"
            return found.group()
        if " data-now" in rest:
            return found.group()
        if name == "form":
            return self._form(rest)
        if name in _FIELDS and self.acting and " disabled" not in rest and 'type="hidden"' not in rest:
            return f"<{name}{_OFF_FIELD}{rest}>"
        if name == "a" and self.off and self._acts(_ADDRESS.search(rest)):
            return f"<a{_OFF_LINK}{_LEADS.sub('', rest)}>"
        return f"<{name}{_ADDRESS.sub(self._kept, rest)}>"

    def _form(self, rest: str) -> str:
        target = _ADDRESS.search(rest)
        posts = 'method="post"' in rest
        self.acting = self.off and (self._acts(target) or (posts and not target))
        if posts:  # it goes to now, if it goes anywhere
            return f"<form{rest}>"
        hidden = f'<input type="hidden" name="{AS_OF}" value="{escape(self.given)}">'
        return f"<form{_ADDRESS.sub(self._kept, rest)}>{hidden}"

    def _acts(self, target: re.Match[str] | None) -> bool:
        return target is not None and _about(target[2].partition("?")[0].partition("#")[0]) == ACTS

    def _kept(self, target: re.Match[str]) -> str:
        address, hash_, part = target[2].partition("#")
        path, _, asked = address.partition("?")
        if _about(path or self.path) in (None, ACTS) or f"{AS_OF}=" in asked:
            return target.group()
        joint = "&amp;" if asked else "" if address.endswith("?") else "?"
        return f'{target[1]}{address}{joint}{self.asked}{hash_}{part}"'


@cache
def _routes() -> tuple[re.Pattern[str], list[str]]:
    """One pattern of all pages' addresses, and what each of its groups does about the past."""
    from registry.pages.urls import urlpatterns

    said = [
        ALWAYS_NOW if route.name in LEAVING else getattr(route.callback, "about_past", ALWAYS_NOW)
        for route in urlpatterns
    ]
    patterns = (re.sub(r"\?P<\w+>", "?:", route.pattern.regex.pattern) for route in urlpatterns)
    return re.compile("|".join(f"({pattern})" for pattern in patterns)), said


def _about(path: str) -> str | None:
    """What the page at an address does about the past; None where there is no page."""
    pattern, said = _routes()
    found = pattern.match(path.removeprefix("/"))
    return said[found.lastindex - 1] if found and found.lastindex else None
