"""Lineage of versions, artifacts, runs: a graph with facts beside it, a table of the same, what feeds it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.pages.base import PageRequest, page_of_past, show
from registry.pages.graphs import EDGES_A_HOP, drawing, table
from registry.rules.direction import isolated
from registry.rules.lineage import BOTH, DIRECTIONS
from registry.selectors import lineage_page
from registry.selectors.artifacts import find_artifact_version
from registry.selectors.catalog import find_model, find_version
from registry.selectors.compare_page import newest
from registry.selectors.lineage import around_run, walk
from registry.selectors.lineage_edges import Node, artifact_node, version_node
from registry.selectors.lineage_rows import graph_answer
from registry.selectors.lineage_since import changes_since
from registry.selectors.moments import check_begun
from registry.selectors.runs import find_run

HOPS, MOST_HOPS = 2, 20
NODES, MOST_NODES = 400, 3000  # that a page draws; what is beyond is told at its neighbour
SHOWN_VERSIONS = 8  # that are offered to compare with
PAGE = 40  # edges of one table beside a node that is expanded, at once
SHARE = 10  # beside one node, each way and by each kind of edges, no more than this part of them
ROWS = 60  # that the table shows at once
WORDS = {"upstream": "Upstream", "both": "Both", "downstream": "Downstream"}


class Asked:
    """What the query string asks of a lineage page."""

    def __init__(self, request: PageRequest) -> None:
        self.at = request.at
        wanted = request.GET.get("direction", BOTH)
        self.direction = wanted if wanted in DIRECTIONS else BOTH
        self.hops = min(max(_number(request.GET.get("hops"), HOPS), 1), MOST_HOPS)
        self.nodes = min(max(_number(request.GET.get("nodes"), NODES), 1), MOST_NODES)
        page = request.GET.get("page")  # of what is beside a node that is expanded; the whole graph has none
        self.page = None if page is None else _number(page, 0)
        self.table = request.GET.get("view") == "table"
        self.everything = request.GET.get("rows") == "all"
        self.since = request.GET.get("since", "").strip()  # an earlier version, in words
        self.of = _uuid(request.GET.get("of"))  # the version whose lineage it is, where a node is expanded

    def answer(self, start: Sequence[Node], earlier: uuid.UUID | None = None) -> dict[str, Any]:
        """The graph around these nodes, and what changed in it since an earlier version."""
        # A version's links are no hop of their own.
        depth = self.hops * EDGES_A_HOP + any(node.type == "model_version" for node in start)
        expands = self.page is not None
        graph = walk(
            start,
            direction=self.direction,
            depth=depth,
            limit=self.nodes,
            at=self.at,
            wide=None if expands else self.nodes // SHARE + 1,
            most=PAGE if expands else None,
            skip=PAGE * (self.page or 0),
        )
        return graph_answer(graph, changes_since(graph, earlier, depth=depth) if earlier else None)


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 5 else default


def _lineage(
    request: PageRequest, start: list[Node], about: dict[str, Any], since: Any = None
) -> HttpResponse:
    """The page around some nodes; `about` says whose lineage it is, `since` is an earlier version of it."""
    asked = Asked(request)
    answer = asked.answer(start, since.id if since else None)
    focus = [node.id for node in start]
    rows = table(answer, focus)
    shown = rows if asked.everything else rows[:ROWS]
    context = {
        **about,
        "stage": next(
            (node["stage"] for node in answer["nodes"] if node["id"] in focus and "stage" in node), None
        ),
        "asked": asked,
        "since": since,
        "rows": shown,
        "count": len(rows),
        "truncated": answer.get("truncated"),
        "directions": [(way, WORDS[way]) for way in ("upstream", "both", "downstream")],
        "more_nodes": MOST_NODES
        if answer.get("truncated", {}).get("folded") and asked.nodes < MOST_NODES
        else None,
        "more_hops": asked.hops + 1 if asked.hops < MOST_HOPS else None,
        "fewer_hops": asked.hops - 1 if asked.hops > 1 else None,
    }
    return show(request, "lineage/lineage.html", context)


@page_of_past
@require_safe
def version_lineage(request: PageRequest, name: str, version: str) -> HttpResponse:
    """What a model version was made from, and what was made from what it links."""
    model, at = find_model(name, at=request.at), request.at
    found, words = find_version(model, version, at), Asked(request).since
    about = {
        "title": f"{isolated(found.model.name)} {found.number}",
        "is_version": True,
        "subject": found.id,
        "data": reverse("lineage-data", args=["model_version", found.id]),
        "facts": reverse("lineage-facts", args=["model_version", found.id]),
        "crumbs": [
            ("Models", reverse("models")),
            (found.model.name, reverse("model", args=[found.model.name])),
            (found.number, reverse("version", args=[found.model.name, found.number])),
        ],
        "around": f"version {found.number}",
        "others": [row for row in newest(model.id, at) if row["number"] != found.number][:SHOWN_VERSIONS],
    }
    since = find_version(model, words, at) if words else None
    return _lineage(request, [version_node(found.id)], about, since)


@page_of_past
@require_safe
def artifact_lineage(request: PageRequest, name: str, number: str) -> HttpResponse:
    """Where an artifact version came from, and what was made from it."""
    found = find_artifact_version(name, number, request.at)
    name = found.artifact.name
    about = {
        "title": f"{isolated(name)} {found.number}",
        "data": reverse("lineage-data", args=["artifact_version", found.id]),
        "facts": reverse("lineage-facts", args=["artifact_version", found.id]),
        "impact": reverse("artifact-impact", args=[name, found.number]),
        "crumbs": [
            ("Artifacts", reverse("artifacts")),
            (name, reverse("artifact", args=[name])),
            (found.number, reverse("artifact-version", args=[name, found.number])),
        ],
        "around": "this artifact",
    }
    return _lineage(request, [artifact_node(found.id)], about)


@page_of_past
@require_safe
def run_lineage(request: PageRequest, run: uuid.UUID) -> HttpResponse:
    """What a run's steps read and wrote, and further."""
    found = find_run(run)
    check_begun(found.name, found.started_at, request.at)
    start = around_run(found.id)
    about = {
        "title": f"{isolated(found.pipeline.name)} {str(found.id)[-4:]}",
        "data": reverse("lineage-data", args=["run", found.id]),
        "facts": reverse("lineage-facts", args=["step_run", start[0].id]) if start else "",
        "crumbs": [
            ("Runs", reverse("runs")),
            (f"{isolated(found.pipeline.name)} {str(found.id)[-4:]}", reverse("run", args=[found.id])),
        ],
        "around": "this run",
    }
    return _lineage(request, start, about)


@page_of_past
@require_safe
def lineage_data(request: PageRequest, kind: str, ident: uuid.UUID) -> HttpResponse:
    """The graph around a node, for the browser to draw; of one hop to expand a node by."""
    if kind == "run":
        start = around_run(ident)
        focus = [node.id for node in start]
    elif kind in lineage_page.TYPES:
        start, focus = [Node(kind, ident)], [ident]
    else:
        raise Http404("There is no such kind of node.")
    asked, earlier = Asked(request), None
    if asked.since:
        earlier = lineage_page.earlier_version(asked.of or ident, asked.since, asked.at)
    return JsonResponse(drawing(asked.answer(start, earlier), focus))


@page_of_past
@require_safe
def lineage_facts(request: PageRequest, kind: str, ident: uuid.UUID) -> HttpResponse:
    """The facts of one node, beside the graph."""
    if kind not in lineage_page.TYPES:
        raise Http404("There is no such kind of node.")
    return show(request, "lineage/_facts.html", {"node": lineage_page.node_facts(kind, ident, request.at)})
