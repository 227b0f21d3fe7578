"""Reads of what stands before a promotion: how the gates come out, and who was asked to approve it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from registry.models import ApprovalRequest
from registry.rules.gates import FAILED, PASSED
from registry.rules.stages import PRODUCTION, STAGING
from registry.selectors.approvals import answered_row, asked_rows
from registry.selectors.gates import Ask, Judged, hear

Row = dict[str, Any]


def before_staged(head: Row, at: datetime | None = None) -> Row:
    """How the gates of production come out for the version in staging: `of` how many, `failing`, `passing`.

    Empty where nothing is in staging, or no gate stands before production; at most three queries.

    Args:
        head: as `model_head` tells it.
    """
    staged, holder = head["staging"], head["production"]
    if staged is None:
        return {}
    ask = Ask(head["id"], PRODUCTION, staged["id"], holder["id"] if holder else None, at or timezone.now())
    made = {"created_at": staged["created_at"], "status": staged["run"], "ended": staged["run_ended"]}
    known = {staged["id"]: {"number": staged["number"], **made}}
    if holder:
        known[holder["id"]] = {"number": holder["number"]}
    gates = hear([ask], at, known=known).judged(ask).gates
    states = [gate["state"] for gate in gates]
    told = {"of": len(gates), "failing": states.count(FAILED), "passing": states.count(PASSED)}
    return told if gates else {}


def ahead_of(head: Row, at: datetime | None = None) -> tuple[Row, list[Row]]:
    """How the gates of a version's next stage come out, and the open requests for its approval.

    All that they rest on is read once, in at most five queries.

    Args:
        head: as `version_head` tells it.

    Returns:
        the `stage` (staging for a new version, production for one in staging), its `gates` as rule, words,
        state, value and why, and how many are `passing`, empty where no stage or no gate is ahead; and
        the requests as every door shows them, none of the past.
    """
    now = at or timezone.now()
    asked = _open(head) if at is None else []
    asks = [Ask(head["model_id"], row["stage"], head["id"], row["holder_id"], now) for row in asked]
    following = {None: STAGING, STAGING: PRODUCTION}.get(head["stage"])
    ahead = (
        [Ask(head["model_id"], following, head["id"], _displaced(head, following), now)] if following else []
    )
    heard = hear([*ahead, *asks], at, whole={head["id"]} if asked else (), known=_known(head, asked))
    rows = [
        answered_row(row, heard.held, heard.needed(ask.model, ask.stage))
        for row, ask in zip(asked, asks, strict=True)
    ]
    return _told(following, heard.judged(ahead[0])) if ahead else {}, rows


def _open(head: Row) -> list[Row]:
    """The open requests for a version's approval, the last first."""
    requests = ApprovalRequest.objects.filter(version=head["id"], valid_to__isnull=True)
    return asked_rows(requests.order_by("-valid_from"))


def _displaced(head: Row, stage: str | None) -> Any:
    if stage == STAGING:
        return head["staged_id"]
    return head["holder"]["id"] if head["holder"] else None


def _known(head: Row, asked: Sequence[Row]) -> dict[Any, Row]:
    """How the version was made, and the numbers of those that it would displace, so far as they are read."""
    made = {"number": head["number"], "created_at": head["created_at"]}
    run = {"status": head["run_status"], "ended": head["run_ended"]}
    holders = {row["holder_id"]: {"number": row["holder"]} for row in asked if row["holder_id"]}
    holders |= {head["staged_id"]: {"number": head["staged"]}} if head["staged_id"] else {}
    holders |= {head["holder"]["id"]: {"number": head["holder"]["number"]}} if head["holder"] else {}
    return {**holders, head["id"]: {**made, **run}}


def _told(stage: str | None, judged: Judged) -> Row:
    gates = judged.gates
    passing = sum(gate["state"] == PASSED for gate in gates)
    return {"stage": stage, "gates": gates, "passing": passing} if gates else {}
