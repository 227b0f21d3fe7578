"""Reads of what waits for a decision: requests for approval, and candidates at their gates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from registry.models import ApprovalAnswer
from registry.rules.approvals import APPROVED, WAITING
from registry.rules.gates import FAILED, PASSED
from registry.rules.stages import PRODUCTION
from registry.selectors.approvals import all_requests, answered_row, asked_rows
from registry.selectors.evidence import Evidence
from registry.selectors.gates import Ask, Judged, hear

Row = dict[str, Any]
MADE = ("number", "created_at", "status", "ended")  # what gates look at of how a version was made
ASKED = 20  # open requests that are looked at, those not yet answered and the last first


@dataclass(frozen=True)
class Viewer:
    """Who looks: their id and name, and whether they may approve."""

    id: int | None
    name: str
    approves: bool


def open_requests(viewer: Viewer) -> list[Row]:
    """The open requests that the one who looks made or may answer, as `asked_rows` tells them.

    Those that they answered come last: they wait again only if the answer is stale.
    """
    theirs = Q(actor=viewer.id)
    if viewer.approves:
        theirs |= Q(version__created_by__isnull=True) | ~Q(version__created_by=viewer.id)
    given = ApprovalAnswer.objects.filter(request=OuterRef("pk"), actor=viewer.id, valid_to__isnull=True)
    rows = all_requests().filter(theirs, state=WAITING).order_by(Exists(given), "-valid_from", "-id")
    return asked_rows(rows[:ASKED])


@dataclass(frozen=True)
class Waiting:
    """What waits, each row with how its gates come out.

    Args:
        requests: those that wait for the one who looks, or that they made.
        others: the candidates that none of these is about.
        end: when a gate comes out otherwise by time alone.
        held: what all of it was judged by.
    """

    requests: list[Row]
    others: list[Row]
    end: datetime | None
    held: Evidence


def waiting(
    viewer: Viewer,
    asked: Sequence[Row],
    candidates: Sequence[Row],
    at: datetime | None = None,
    measured: Collection[Any] = (),
) -> Waiting:
    """What waits, each with how its gates come out: `passing`, `of`, `failing`, and `short`, the first short.

    All of it is read at once, in at most four queries.

    Args:
        asked: what `open_requests` found. candidates: versions in staging. Both tell how they were made.
        at: the moment that is looked at; now if None.
        measured: versions whose metrics are read with it.
    """
    now = at or timezone.now()
    of_requests = [_ask(row, row["stage"], now) for row in asked]
    of_others = [_ask(row, PRODUCTION, now) for row in candidates]
    whole = {row["version_id"] for row in asked}
    known = _known([*asked, *candidates])
    heard = hear([*of_requests, *of_others], at, whole=whole, measured=measured, known=known)
    mine = [
        (answered_row(row, heard.held, heard.needed(ask.model, ask.stage)), ask)
        for row, ask in zip(asked, of_requests, strict=True)
    ]
    mine = [(row, ask) for row, ask in mine if _waits(row, viewer)]
    told = {ask.version for _, ask in mine if ask.stage == PRODUCTION}
    others = [(row, ask) for row, ask in zip(candidates, of_others, strict=True) if ask.version not in told]
    judged = [(row, heard.judged(ask)) for row, ask in [*mine, *others]]
    lines = [{**row, **_gates(result)} for row, result in judged]
    ends = [result.until for _, result in judged if result.until]
    return Waiting(lines[: len(mine)], lines[len(mine) :], min(ends, default=None), heard.held)


def _known(rows: Sequence[Row]) -> dict[Any, Row]:
    """How these versions were made, and the numbers of the holders that they would displace."""
    holders = {row["holder_id"]: {"number": row["holder"]} for row in rows if row["holder_id"]}
    made = {row["version_id"]: {key: row[key] for key in MADE} for row in rows}
    return {**holders, **made}


def _ask(row: Row, stage: str, at: datetime) -> Ask:
    return Ask(row["model_id"], stage, row["version_id"], row["holder_id"], at)


def _waits(row: Row, viewer: Viewer) -> bool:
    """Whether a request waits for the one who looks, or was made by them."""
    if row["asked_by"] == viewer.name:
        return True
    answered = any(answer["by"] == viewer.name and not answer["stale"] for answer in row["answers"])
    declined = any(answer["decision"] != APPROVED and not answer["stale"] for answer in row["answers"])
    enough = row["given"] >= max(row["needed"], 1) and not declined
    return viewer.approves and row["author"] != viewer.name and not answered and not enough


def _gates(judged: Judged) -> Row:
    short = [gate for gate in judged.gates if gate["state"] != PASSED]
    return {
        "of": len(judged.gates),
        "passing": len(judged.gates) - len(short),
        "failing": sum(gate["state"] == FAILED for gate in short),
        "short": next((gate for gate in short if gate["state"] == FAILED), short[0] if short else None),
    }
