"""The card of a version's approvals: who asked, who answered what, and what the one who looks may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from registry.rules.approvals import APPROVED
from registry.rules.ids import new_id
from registry.rules.roles import ALLOWED
from registry.services.actors import Actor

Row = dict[str, Any]


def approval_cards(actor: Actor, requests: Iterable[Row]) -> Row:
    """What `approvals/_card.html` needs.

    Args:
        requests: those that are open.
    """
    cards = [{**row, **_own(row, actor)} for row in requests]
    return {
        "approvals": cards,
        "new_request": str(new_id()),
        "ask_needs": "" if actor.may("write") else ALLOWED["write"],
    }


def _own(row: Row, actor: Actor) -> Row:
    """What the one who looks has to do with a request, and why they can't answer."""
    mine = next((answer for answer in row["answers"] if answer["by"] == actor.name), None)
    refused = "" if actor.may("approve") else f"Answering needs the role {ALLOWED['approve']}."
    if row["author"] == actor.name:
        refused = "It is your version: somebody else must answer."
    return {
        "counted": f"{row['given']} of {row['needed']}" if row["needed"] else str(row["given"]),
        "asked_by_me": row["asked_by"] == actor.name,
        "answer": mine,
        "approved_by_me": mine is not None and mine["decision"] == APPROVED and not mine["stale"],
        "answer_refused": refused,
    }
