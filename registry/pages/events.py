"""History of all and of one model: who did what, by which door, why, before, after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.pages import tables
from registry.pages.base import PageRequest, page_of_past, show
from registry.pages.event_words import DOORS, Told, tell
from registry.pages.model import frame
from registry.rules.direction import isolated
from registry.rules.errors import NotFound
from registry.rules.webhooks import ACTIONS
from registry.selectors import history as read
from registry.selectors.model_page import model_head
from registry.selectors.version_page import version_called
from registry.selectors.webhooks import deliveries_of
from registry.services.verification import verify
from registry.services.webhooks import RIGHT

FILTERS = ("what", "action", "actor", "door", "at", "type", "target", "run", "cursor", "before")
SHOWN = 28
# What can be filtered by on the page, in order: `rules.history.ABOUT` says what the words stand for.
WHAT = {
    "stages": "Stages",
    "approvals": "Approvals",
    "versions": "Versions",
    "metadata": "Metadata",
    "artifacts": "Artifacts and links",
    "models": "Models and cards",
    "aliases": "Aliases",
    "gates": "Gates",
    "runs": "Runs",
    "tags": "Tags",
    "access": "People and tokens",
    "webhooks": "Webhooks",
}
# What an address may narrow it by besides; links lead to these.
NARROWED = {"target": "About", "run": "Run", "type": "Kind", "action": "Action"}


@page_of_past
@require_safe
def events(request: PageRequest) -> HttpResponse:
    """The history of everything."""
    return _history(request, "events/list.html", {})


@page_of_past
@require_safe
def model_history(request: PageRequest, name: str) -> HttpResponse:
    """The history of one model."""
    head = model_head(name, request.at)
    return _history(request, "events/model.html", {**frame(head), "tab": "history"}, head["id"])


@dataclass(frozen=True)
class Line:
    """An event in the list: what it tells, where it is undone (empty: nowhere), whether it stands open.

    `restore`: where the stages are restored as they were before it; `then`: the dashboard just after it.
    `deliveries`: what webhooks were told of it, where it stands open and whoever looks may see them.
    """

    told: Told
    undo: str
    open: bool
    restore: str
    then: str
    deliveries: Sequence[dict[str, Any]] = ()


def _history(request: PageRequest, template: str, about: dict[str, Any], model: Any = None) -> HttpResponse:
    target = str(getattr(getattr(request, "htmx", None), "target", ""))
    if target.startswith("event-"):
        return _one_event(request, target, model)
    given = _given(request)
    leaf = read.history_leaf(given, model, request.at)
    filtered = bool(set(given) - {"cursor", "before", "limit"})
    context = {
        **about,
        "in_all": about["model"]["counts"]["events"] if model and not filtered else None,
        "leaf": leaf,
        "events": _lines(request, leaf.rows, model),
        "what": WHAT,
        "doors": DOORS,
        "people": read.actors(),
        "chips": _chips(request, model),
        "filtered": filtered,
        "whole": verify(about["model"]["name"] if model else None) if "verify" in request.GET else None,
    }
    return show(request, template, context, fragment="events/_events_table.html")


def _given(request: PageRequest) -> dict[str, list[str]]:
    given = {name: request.GET.getlist(name) for name in FILTERS if request.GET.get(name)}
    if request.GET.get("reason"):
        given["reason"] = [f"contains:{request.GET['reason']}"]
    given["limit"] = [str(SHOWN)]
    moments = [
        f"{op}:{request.GET[name]}"
        for name, op in (("since", "gte"), ("until", "lte"))
        if request.GET.get(name)
    ]
    if moments:
        given["at"] = [*given.get("at", []), *moments]
    return given


def _chips(request: PageRequest, model: Any) -> list[dict[str, Any]]:
    """The filters that the form has no field for, each with its values and the address without it."""
    chips = []
    for name in NARROWED:
        if values := [value for value in request.GET.getlist(name) if value]:
            label, words = _called(name, values, model)
            gone = dict.fromkeys((name, *tables.PLACES, "open", "verify"))
            without = tables.address(request, **gone)
            chips.append({"name": name, "label": label, "words": words, "values": values, "without": without})
    return chips


def _called(name: str, values: Sequence[str], model: Any) -> tuple[str, str]:
    """What a chip says of the values of a filter: its label and its words."""
    version = version_called(values[0]) if name == "target" else None
    if version and len(values) == 1:
        of, number = version
        return "Version", str(number) if model else f"{isolated(of)} {number}"
    said = (value[-4:] if name == "run" else isolated(value) for value in values)
    return NARROWED[name], ", ".join(said)


def _one_event(request: PageRequest, target: str, model: Any) -> HttpResponse:
    """One event again, open or closed."""
    ident = target.removeprefix("event-")
    rows = read.events_by_id(
        [int(ident)] if ident.isascii() and ident.isdecimal() and len(ident) < 19 else [], model
    )
    if not rows:
        raise NotFound("There is no such event.", code="no_such_event")
    return show(request, "events/_event.html", {"line": _lines(request, rows, model)[0]})


def _lines(request: PageRequest, rows: Sequence[dict[str, Any]], model: Any) -> list[Line]:
    may_undo = request.actor.may("undo")
    undoable = read.undoable(rows) if may_undo else {}
    opened = request.GET.get("open")

    def line(row: dict[str, Any]) -> Line:
        stands_open = str(row["id"]) == opened
        seen = stands_open and row["action"] in ACTIONS and request.actor.may(RIGHT)
        told = tell(row, within_model=model is not None)
        back = reverse("model-undo", args=[row["model"]]) if row["model"] and may_undo else ""
        tenure = undoable.get(row["id"])
        then = reverse("model", args=[row["model"]]) if row["model"] else reverse("overview")
        return Line(
            told,
            f"{back}?tenure={tenure}" if back and tenure else "",
            stands_open,
            f"{back}?event={row['id']}" if back else "",
            f"{then}?as_of=event:{row['id']}",
            deliveries_of(row) if seen else (),
        )

    return [line(row) for row in rows]
