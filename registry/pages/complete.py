"""Completion of what is being typed: tags, people, artifacts."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.pages.base import PageRequest, page_of_now
from registry.rules.names import normal
from registry.selectors import complete as read

KINDS = {"tags": read.tags, "people": read.people, "artifacts": read.artifacts}


@page_of_now
@require_safe
def complete(request: PageRequest, kind: str) -> HttpResponse:
    """Options of a datalist, or of tags as buttons (?as=chips), for what stands in the field that asks."""
    if kind not in KINDS:
        raise Http404(f"Nothing is completed under {kind[:40]!r}.")
    htmx = getattr(request, "htmx", None)
    field = (htmx.trigger_name if htmx else "") or "q"
    words = normal(request.GET.get(field, "").rpartition(",")[2].strip()[:200].replace("\0", ""))
    template = "parts/_known_tags.html" if request.GET.get("as") == "chips" else "parts/_options.html"
    return render(request, template, {"rows": KINDS[kind](words), "words": words})
