"""The tabs of a model with its runs and its artifacts."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from registry.pages import tables
from registry.pages.base import PageRequest, page_of_past, show
from registry.pages.links import KIND_WORDS
from registry.pages.model import frame
from registry.pages.versions import contents_of
from registry.selectors import model_page, model_tabs


@page_of_past
@require_safe
def model_runs(request: PageRequest, name: str) -> HttpResponse:
    """The runs that made or used versions of a model."""
    head = model_page.model_head(name, request.at)
    given = {key: request.GET.getlist(key) for key in ("status", *tables.PLACES) if request.GET.get(key)}
    leaf = model_tabs.runs_leaf(head["id"], given, request.at)
    context = {**frame(head), "tab": "runs", "runs": leaf.rows, **tables.pager(request, leaf)}
    return show(request, "models/runs.html", context)


@page_of_past
@require_safe
def model_artifacts(request: PageRequest, name: str) -> HttpResponse:
    """The artifacts linked to versions of a model."""
    head = model_page.model_head(name, request.at)
    given = {key: request.GET.getlist(key) for key in ("kind", *tables.PLACES) if request.GET.get(key)}
    leaf = model_tabs.artifacts_leaf(head["id"], given, request.at)
    rows = [{**row, "holds": contents_of({**row, "uri": "modelcp:"})} for row in leaf.rows]
    context = {
        **frame(head),
        "tab": "artifacts",
        "artifacts": rows,
        "kind": request.GET.get("kind", ""),
        "kinds": KIND_WORDS.items(),
        **tables.pager(request, leaf),
    }
    return show(request, "models/artifacts.html", context)
