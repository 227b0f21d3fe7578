"""A pipeline: the graph of its last run, and its runs."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from registry.pages.base import PageRequest, page_of_past, show
from registry.pages.live import mark_of, unchanged
from registry.pages.runs import seen_of, without_mark
from registry.pages.tables import PLACES
from registry.selectors import pipelines, run_page
from registry.selectors.models_page import with_colors


@page_of_past
@require_safe
def pipeline(request: PageRequest, name: str) -> HttpResponse:
    """A pipeline's steps as its last run had them, and its runs; it stays true while it is open."""
    found = pipelines.pipeline_head(name, request.at)
    given = {key: request.GET.getlist(key) for key in PLACES if request.GET.get(key)}
    leaf = run_page.runs_leaf(given, at=request.at, pipeline=found["id"])
    mark = mark_of(found["last"], seen_of(leaf.rows))
    if same := unchanged(request, mark):
        return same
    context = {
        "pipeline": found,
        "last": found["last"],
        "runs": with_colors(leaf.rows),
        "leaf": leaf,
        "mark": mark,
        "here": without_mark(request),
    }
    return show(request, "pipelines/pipeline.html", context, fragment="pipelines/_pipeline_live.html")
