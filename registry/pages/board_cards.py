"""The cards of a board: metrics beside the holder's, a small line, and the moves with what they do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from registry.pages.charts import spark
from registry.rules.direction import isolated
from registry.rules.heartbeats import Serving
from registry.rules.metadata import split_path
from registry.rules.metrics import verdict, way_of
from registry.rules.roles import ALLOWED, action_for_stage
from registry.rules.stages import ARCHIVED, PRODUCTION, STAGES, STAGING
from registry.selectors.board import LINE, NEW, lines

Card = dict[str, Any]
May = Callable[[str], bool]
VERBS = {STAGING: "Move to staging", PRODUCTION: "Promote to production", ARCHIVED: "Archive"}


def shown_cards(
    lanes: Mapping[str, Sequence[Card]],
    values: Mapping[Any, Mapping[str, Any]],
    metrics: Mapping[Any, Sequence[str]],
    *,
    lit: Mapping[Any, Mapping[str, Any]],
    may: May,
    late: Mapping[Any, Collection[str]],
    at: datetime | None = None,
    said: Mapping[tuple[Any, str], Serving] = MappingProxyType({}),
) -> dict[str, list[Card]]:
    """The cards as they are drawn, now or at a moment.

    Args:
        lanes: what the selector found, by column.
        values: metrics by version and name.
        metrics: the ones shown, by model, the most telling first.
        lit: the lights of those that have some, by version.
        may: whether the one who looks may do an action.
        late: the metrics that were changed after promotion, by version.
        said: what the instances say, by model and stage, where the holder's card tells it.
    """
    first = {model: names[0] for model, names in metrics.items() if names}
    newest = {card["model_id"]: card["last"] for cards in lanes.values() for card in cards}
    shown = {model: newest[model] for model in first if model in newest}
    found = lines(shown, set(first.values()), at)
    return {
        name: [
            {
                **card,
                "key": card["id"].hex[-12:],
                "metrics": [
                    {**row, "late": row["name"] in late.get(card["id"], ())}
                    for row in _metrics(card, values, metrics.get(card["model_id"], ()))
                ],
                "line": _line(card, first.get(card["model_id"]), found),
                "lights": lit.get(card["id"]),
                "moves": moves(card, may),
                "serving": _serving(card, said.get((card["model_id"], name))),
            }
            for card in cards
        ]
        for name, cards in lanes.items()
    }


def _serving(card: Card, said: Serving | None) -> Serving | None:
    return replace(said, declared=card["number"]) if said else None


def lane_of(name: str, cards: Sequence[Card], hint: str, first: int) -> dict[str, Any]:
    """A column: its name, stage, the first cards, and whether there are more."""
    stage = None if name == NEW else name
    return {
        "name": name,
        "stage": stage,
        "cards": cards[:first],
        "more": len(cards) > first,
        "count": len(cards) if len(cards) <= first else None,
        "hint": hint,
    }


def moves(card: Card, may: May) -> list[dict[str, Any]]:
    """The stages that a card can go to, the next one first: stage, verb, effect, and why one is refused."""
    order = (PRODUCTION, STAGING, ARCHIVED) if card["stage"] == STAGING else STAGES
    return [
        {
            "stage": stage,
            "verb": VERBS[stage],
            "effect": _effect(card, stage),
            "refused": ""
            if may(action_for_stage(stage))
            else f"It needs the role {ALLOWED[action_for_stage(stage)]}",
        }
        for stage in order
        if stage != card["stage"]
    ]


def _effect(card: Card, stage: str) -> str:
    if stage == ARCHIVED:
        holds = card["stage"] in (STAGING, PRODUCTION)
        return f"nothing would be in {card['stage']}" if holds else "it can be promoted again"
    holder = card[stage]
    if holder is not None:
        return f"{holder} would be archived"
    return f"nothing is in {stage} now"


def _metrics(
    card: Card, values: Mapping[Any, Mapping[str, Any]], names: Sequence[str]
) -> list[dict[str, Any]]:
    """The metrics of a card: value, change and verdict against production; those that it lacks only while
    it is a candidate."""
    own, basis = values.get(card["id"], {}), values.get(card["production_id"], {})
    declared = dict(card["directions"] or ())
    rows = []
    for name in names:
        value = own.get(name)
        if value is None and (card["stage"] in (ARCHIVED, PRODUCTION) or not own or name not in basis):
            continue
        change, said = verdict(value, basis.get(name), way_of(name, declared))
        compared = card["stage"] != PRODUCTION and (value is None or name in basis)
        rows.append(
            {
                "name": name,
                "label": split_path(name)[-1],
                "value": value,
                "change": change,
                "verdict": said if compared else "",
            }
        )
    return rows


def _line(card: Card, metric: str | None, found: Mapping[Any, Sequence[tuple[int, float]]]) -> Any:
    """The metric over the versions up to this one, if this one has it: what an svg needs, and in words."""
    points = [point for point in found.get((card["model_id"], metric), ()) if point[0] <= card["number"]]
    if metric is None or not points or points[-1][0] != card["number"]:
        return None
    drawn = spark([value for _, value in points[-LINE:]])
    label = split_path(metric)[-1]
    return {**drawn, "said": f"{isolated(label)} over {len(points[-LINE:])} versions"} if drawn else None
