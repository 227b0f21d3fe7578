"""Search: jump to any model, version, artifact, run or tag; as one types, and as a page."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from registry.pages.base import PageRequest, page_of_now, show
from registry.selectors import search as read

LABELS = {
    "models": "Models",
    "versions": "Versions",
    "artifacts": "Artifacts",
    "runs": "Runs",
    "tags": "Tags",
}
SHOWN, SHOWN_BELOW_BOX = 12, 5


@page_of_now
@require_safe
def search(request: PageRequest) -> HttpResponse:
    """What holds the words, by kind."""
    words = request.GET.get("q", "").strip()
    below_box = getattr(getattr(request, "htmx", None), "target", None) == "jump-hits"
    found = read.search(words, SHOWN_BELOW_BOX if below_box else SHOWN)
    context = {
        "words": words,
        "groups": [(kind, LABELS[kind], rows) for kind, rows in found.items()],
        "count": sum(map(len, found.values())),
    }
    if below_box:
        return show(request, "search/_hits.html", context)
    return show(request, "search/search.html", context, fragment="search/_hits.html")
