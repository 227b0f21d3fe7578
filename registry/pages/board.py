"""The boards: versions as cards in four columns, of one model and of all; a move begins at its plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from registry.pages import tables
from registry.pages.base import PageRequest, page_of_past, show, wants
from registry.pages.board_cards import Card, lane_of, shown_cards
from registry.pages.board_lights import lights
from registry.pages.live import mark_of, unchanged, until
from registry.pages.model import MOST_METRICS, frame, metric_names
from registry.pages.past import OFF
from registry.rules.errors import RuleRefused
from registry.rules.stages import ARCHIVED, PRODUCTION, STAGING
from registry.selectors import board as read
from registry.selectors import model_page
from registry.selectors.heartbeats import facts_of

LIVE = "board/_board_live.html"
MOST = 3  # metrics on a card
TITLES = {
    read.NEW: "no drop: only undo returns here",
    STAGING: "at most 1",
    PRODUCTION: "at most 1",
    ARCHIVED: "newest first",
}
OF_ALL = {read.NEW: TITLES[read.NEW]}


@page_of_past
@require_safe
def board(request: PageRequest, name: str) -> HttpResponse:
    """A model's board; while nothing changes, what asks again gets 204."""
    before = _before(request)
    live = wants(request, LIVE) and request.at is None
    facts: tuple[Any, ...] = read.model_facts(name, before) if live else ()
    if facts and (same := unchanged(request, mark_of(*facts))):
        return same
    head = model_page.model_head(name, request.at)
    lanes = read.cards_of_model(head["id"], before, request.at)
    known, late = _values(lanes, request.at)
    names = metric_names([{"metrics": row} for row in known.values()], head["directions"])[:MOST_METRICS]
    chosen = tables.columns(request, {name: name for name in names}, names[:MOST])
    metrics = [name for name in names if chosen["shown"][name]][:MOST]
    lit, end = lights(lanes, request.at)
    cards = shown_cards(
        lanes, known, {head["id"]: metrics}, lit=lit, late=late, may=request.actor.may, at=request.at
    )
    context = {
        **frame(head),
        **chosen,
        "tab": "board",
        "metrics": metrics,
        "mark": until(
            mark_of(
                head["id"],
                head["counts"]["events"],
                read.progress(lanes[read.NEW]),
                facts_of(((head["id"], stage), said) for stage, said in head["serving"].items()),
            ),
            end,
        ),
        "lanes": [_lane(request, name, cards[name], before) for name in read.LANES],
    }
    return _show(request, "board/board.html", context)


@page_of_past
@require_safe
def boards(request: PageRequest) -> HttpResponse:
    """The board of all models: the newest versions of each column."""
    facts = read.all_facts() if wants(request, LIVE) and request.at is None else None
    if facts and (same := unchanged(request, mark_of(*facts))):
        return same
    event = facts[0] if facts else read.newest_event()  # before the cards: what comes meanwhile is news
    lanes = read.cards_of_all(request.at)
    said = read.serving_on_board() if request.at is None else {}
    known, late = _values(lanes, request.at)
    metrics = _told_of_each(lanes, known)
    lit, end = lights(lanes, request.at)
    cards = shown_cards(
        lanes, known, metrics, lit=lit, late=late, may=request.actor.may, at=request.at, said=said
    )
    context = {
        "mark": until(mark_of(event, read.progress(lanes[read.NEW]), facts_of(said.items())), end),
        "lanes": [
            lane_of(name, cards[name], OF_ALL.get(name, "newest first"), read.FIRST_OF_ALL)
            for name in read.LANES
        ],
        "every_model": True,
    }
    return _show(request, "board/boards.html", context)


def _show(request: PageRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    refused = "" if request.actor.may("write") else "Moving a version needs the role contributor."
    refused = OFF if request.at else refused
    more = {"here": tables.address(request, seen=None), "swap": wants(request, LIVE), "still": refused}
    return show(request, template, {**context, **more}, fragment=LIVE)


def _values(
    lanes: Mapping[str, list[Card]], at: datetime | None
) -> tuple[dict[Any, dict[str, Any]], dict[Any, set[str]]]:
    """The metrics of the cards and of the holders they are compared with; which changed after promotion."""
    cards = [card for lane in lanes.values() for card in lane]
    wanted = {card[key] for card in cards for key in ("id", "production_id") if card[key]}
    return model_page.metrics_of(list(wanted), at)


def _told_of_each(
    lanes: Mapping[str, list[Card]], known: Mapping[Any, dict[str, Any]]
) -> dict[Any, list[str]]:
    """The metrics that tell most of each model, from what its cards and its holder have."""
    rows: dict[Any, list[dict[str, Any]]] = {}
    declared: dict[Any, dict[str, str]] = {}
    for card in (card for lane in lanes.values() for card in lane):
        declared[card["model_id"]] = dict(card["directions"] or ())
        wanted = (card["id"], card["production_id"])
        rows.setdefault(card["model_id"], []).extend({"metrics": known.get(key, {})} for key in wanted)
    return {model: metric_names(of_model, declared[model])[:MOST] for model, of_model in rows.items()}


def _before(request: PageRequest) -> dict[str, int]:
    """Where the columns new and archived begin, from the address."""
    found = {}
    for lane in (read.NEW, ARCHIVED):
        text = request.GET.get(lane, "")
        if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise RuleRefused(
                f"'{lane}' is the number of a version, not {text[:40]!r}.",
                code="bad_place",
                hint="Open the board without it.",
            )
        if text:
            found[lane] = int(text)
    return found


def _lane(request: PageRequest, name: str, cards: list[Card], before: Mapping[str, int]) -> dict[str, Any]:
    """A column of a model's board, with the address of older cards."""
    lane = lane_of(name, cards, TITLES[name], read.FIRST)
    counted = {read.NEW: "news", ARCHIVED: "archived"}.get(name)
    more = len(cards) > read.FIRST
    return {
        **lane,
        "count": cards[0][counted] if counted and cards else len(cards),
        "older": tables.address(request, seen=None, **{name: lane["cards"][-1]["number"]}) if more else "",
        "newest": tables.address(request, seen=None, **{name: None}) if name in before else "",
    }
