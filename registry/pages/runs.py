"""Runs: the list, a run's page while it goes on and after, a step's log and code."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from registry.pages import tables
from registry.pages.base import PageRequest, done, page, page_of_past, show, wants
from registry.pages.forms import tags_in
from registry.pages.live import mark_of, unchanged
from registry.pages.model_forms import tags_told
from registry.pages.step_graph import step_graph
from registry.pages.timelines import timeline
from registry.rules.direction import isolated, spelled
from registry.rules.metadata import leaves_of
from registry.rules.reruns import rerun_command
from registry.rules.runs import RUN_STATES, RUNNING
from registry.selectors import run_page
from registry.selectors.models_page import with_colors
from registry.selectors.overview import last_line
from registry.services.runs import update_run

FILTERS = ("status", "pipeline", "model", "by", "tag", "started", "cursor", "before")
LONG = 300  # characters of a value of the run before, on hover
STATES = {"completed": "done"}  # the words of the pages where they differ from the API's


@page_of_past
@require_safe
def runs(request: PageRequest) -> HttpResponse:
    """The list of runs: searched, filtered, by pages; those in flight stay true."""
    words = request.GET.get("q", "").strip()
    given = {name: request.GET.getlist(name) for name in FILTERS if request.GET.get(name)}
    leaf = run_page.runs_leaf(given, words, request.at)
    mark = mark_of(seen_of(leaf.rows))
    if same := unchanged(request, mark):
        return same
    context: dict[str, Any] = {
        "runs": with_colors(leaf.rows),
        "leaf": leaf,
        "words": words,
        "tag": tables.tag_asked(request),
        "mark": mark,
        "here": without_mark(request),
        "live": any(row["status"] == RUNNING for row in leaf.rows) or not (given or words),
        "filtered": bool(words or set(given) - {"cursor", "before"}),
        "states": RUN_STATES,
    }
    if not wants(request, "runs/_runs_table.html"):
        context["pipelines"] = run_page.pipeline_names(request.at)
    return show(request, "runs/list.html", context, fragment="runs/_runs_table.html")


def seen_of(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What of the rows of runs makes their table another one."""
    return [(row["id"], row["status"], row["steps"], row["ended_at"]) for row in rows]


def without_mark(request: PageRequest) -> str:
    """This page's address, without the mark of what the asking fragment shows."""
    query = request.GET.copy()
    query.pop("seen", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


@page_of_past
@require_safe
def run(request: PageRequest, run: uuid.UUID) -> HttpResponse:
    """A run: its steps as a graph and over time, what they read and wrote, what failed."""
    if "seen" in request.GET and (same := unchanged(request, mark_of(run_page.run_state(run)))):
        return same
    found = run_page.run_page(run, request.at, _number(request, "from"), _step(request))
    mark = mark_of((found["status"], found["heard_at"], found["ended_at"]))
    steps, shown = found["steps"], found["shown"]
    context = {
        "run": found,
        "timeline": timeline(shown, found["started_at"], found["end"]) if shown else None,
        "counted": _counted(steps),
        "failed": [
            {**step, "said": last_line(step["error"])} for step in steps if step["status"] == "failed"
        ],
        "skipped": sum(step["status"] == "skipped" for step in steps),
        "parameters": _parameters(found),
        "rerun": rerun_command(found["code"]),
        "window": _window(request, found["begin"], run_page.STEPS, len(steps)),
        "mark": mark,
        "here": without_mark(request),
        "live": found["status"] == RUNNING,
        "swap": wants(request, "runs/_run_live.html"),
    }
    return show(request, "runs/run.html", context, fragment="runs/_run_live.html")


@page
@require_POST
def run_tags(request: PageRequest, run: uuid.UUID) -> HttpResponse:
    """Attaches tags to a run, or detaches those named by `remove`."""
    gone, new = request.POST.getlist("remove"), tags_in(request)
    this = update_run(actor=request.actor, run=run, add_tags=new, remove_tags=gone)
    return done(request, reverse("run", args=[run]), tags_told(isolated(this.name), new, gone))


def _number(request: PageRequest, name: str) -> int | None:
    """A place in a list, counted from 1 in an address, as how many stand before it; None if it is none."""
    given = request.GET.get(name, "")
    return max(int(given) - 1, 0) if given.isascii() and given.isdecimal() and len(given) < 9 else None


def _step(request: PageRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.GET.get("step", ""))
    except ValueError:
        return None


def _window(request: PageRequest, begin: int, size: int, count: int) -> dict[str, Any] | None:
    """Which part of a long list is shown, and the addresses of those around it; None if that is all of it."""
    if count <= size:
        return None
    before = tables.address(request, **{"from": str(begin - size + 1), "step": None, "seen": None})
    after = tables.address(request, **{"from": str(begin + size + 1), "step": None, "seen": None})
    return {
        "first": begin + 1,
        "last": min(begin + size, count),
        "count": count,
        "before": before if begin else "",
        "after": after if begin + size < count else "",
    }


@page_of_past
@require_safe
def run_graph(request: PageRequest, run: uuid.UUID) -> HttpResponse:
    """The graph of a run's steps, for the browser to draw."""
    return JsonResponse(step_graph(run_page.run_steps(run, request.at)))


def _counted(steps: list[dict[str, Any]]) -> str:
    """What became of the steps: "2 cached, 3 done, 1 failed"."""
    counts = Counter(step["status"] for step in steps)
    return ", ".join(f"{number} {STATES.get(status, status)}" for status, number in counts.items())


def _parameters(run: Mapping[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Each parameter: its path, its value, and what it was in the run before if that was another.

    The value is None for one that the run before had and this one hasn't.
    """
    now = _told(run["parameters"])
    if not run["before"]:
        return [(path, value, None) for path, value in now.items()]
    before = _told(run["before"]["parameters"])
    kept = [
        (path, value, None if before.get(path) == value else before.get(path, "not given")[:LONG])
        for path, value in now.items()
    ]
    return [*kept, *((path, None, old[:LONG]) for path, old in before.items() if path not in now)]


def _told(parameters: object) -> dict[str, str]:
    """What a run or a step was called with, by path, as one would type it; `null` is something."""
    return {
        path.replace("\\.", "."): value
        if isinstance(value, str) and value
        else spelled(json.dumps(value, ensure_ascii=False))
        for path, value in leaves_of(parameters).items()
    }


@page_of_past
@require_safe
def run_step(request: PageRequest, run: uuid.UUID, step: uuid.UUID) -> HttpResponse:
    """A step of a run: its log, its traceback, its parameters, its code."""
    begin = (_number(request, "from") or 0) // run_page.STEP_PARTS * run_page.STEP_PARTS
    found = run_page.step_page(run, step, request.at, begin)
    took = found["ended_at"] - found["started_at"] if found["ended_at"] and found["started_at"] else None
    context = {
        "step": found,
        "lines": len(found["logs"].splitlines()),
        "seconds": took and took.total_seconds(),
        "parameters": list(_told(found["parameters"]).items()),
        "window": _window(request, begin, run_page.STEP_PARTS, found["parts"]),
    }
    return show(request, "runs/step.html", context)
