"""The lights of a board's cards: how the gates of each card's next stage come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from registry.rules.direction import isolated
from registry.rules.gates import PASSED
from registry.rules.stages import PRODUCTION, STAGING
from registry.selectors.board import NEW
from registry.selectors.gates import Ask, judge_all
from registry.templatetags import words

Card = dict[str, Any]
NEXT = {NEW: STAGING, STAGING: PRODUCTION}
MOST = 5  # lights of a card: a board of many cards and gates stays light
SAID = {"passed": "passes", "failed": "fails", "waiting": "waits"}


def lights(
    lanes: Mapping[str, Sequence[Card]], at: datetime | None
) -> tuple[dict[Any, dict[str, Any]], datetime | None]:
    """The lights of the cards that have a next stage with gates, by a fixed number of queries.

    Args:
        lanes: the cards by column.
        at: the moment that is looked at; now if None.

    Returns:
        by the card's id its next `stage`, the lights (`sign` and what is `said`; of many gates those that
        don't pass first), how many gates there are and how many pass; and when one of them comes out
        otherwise by time alone.
    """
    cards = [(card, stage) for lane, stage in NEXT.items() for card in lanes[lane]]
    now = at or timezone.now()
    asks = [Ask(card["model_id"], stage, card["id"], card[f"{stage}_id"], now) for card, stage in cards]
    judged = judge_all(asks, past=at)
    found = {
        card["id"]: _lights(stage, result.gates)
        for (card, stage), result in zip(cards, judged, strict=True)
        if result.gates
    }
    return found, min((result.until for result in judged if result.until), default=None)


def _lights(stage: str, gates: list[dict[str, str]]) -> dict[str, Any]:
    by_need = sorted(gates, key=lambda gate: gate["state"] == PASSED)
    shown = gates if len(gates) <= MOST else by_need[:MOST]
    return {
        "stage": stage,
        "shown": [
            {"sign": words.state(gate["state"]), "said": f"{isolated(gate['words'])}: {SAID[gate['state']]}"}
            for gate in shown
        ],
        "passing": sum(gate["state"] == PASSED for gate in gates),
        "of": len(gates),
    }
