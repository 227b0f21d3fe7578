"""Pages that stay true while they are open: a fragment asks again, and is answered only if something changed.

<div id="run-live" hx-get="{{ here }}" hx-vals='{"seen": "{{ mark }}"}' hx-trigger="every 2s"
     hx-target="this" hx-swap="outerHTML">
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from math import ceil

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


def mark_of(*facts: object) -> str:
    """A short mark of what a fragment shows: another one as soon as one of the facts is another."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def until(mark: str, end: datetime | None) -> str:
    """The mark of what is true until a moment, when it becomes another by time alone."""
    return f"{mark}_{ceil(end.timestamp())}" if end else mark


def unchanged(request: HttpRequest, mark: str) -> HttpResponse | None:
    """204, at which htmx leaves everything as it is, if the fragment that asks shows this already."""
    seen, _, end = request.GET.get("seen", "").partition("_")
    over = end.isdecimal() and int(end) <= timezone.now().timestamp()
    if getattr(request, "htmx", False) and seen == mark and not over:
        return HttpResponse(status=204)
    return None
