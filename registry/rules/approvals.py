"""Approvals: what an answer rests on, when it is stale, and how far a request has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from registry.rules.chain import canonical, digest
from registry.rules.errors import InvalidInput, RuleRefused
from registry.rules.stages import EXCLUSIVE

APPROVED, DECLINED = "approved", "declined"
DECISIONS = (APPROVED, DECLINED)
WAITING, WITHDRAWN, PROMOTED = "waiting", "withdrawn", "promoted"
STATES = (WAITING, WITHDRAWN, PROMOTED)
PARTS = ("metadata", "artifacts", "holder")  # of what an answer rests on
MAX_TEXT = 10_000

Basis = Mapping[str, str | None]


@dataclass(frozen=True)
class Answer:
    """What one person answered: `stale` (empty while it counts) says what has changed since."""

    by: str
    decision: str = APPROVED
    comment: str = ""
    stale: str = ""


def check_stage(stage: str) -> str:
    """The stage that approval may be asked for, or RuleRefused."""
    if stage not in EXCLUSIVE:
        raise RuleRefused(
            f"Nobody needs to approve {stage[:60]!r}.",
            code="no_approvals_there",
            fields={"stage": "Staging or production."},
            hint="Approval is asked for a move to staging or production.",
        )
    return stage


def check_answer(decision: str, comment: str) -> None:
    """InvalidInput unless somebody can answer so: a decline says why."""
    if decision not in DECISIONS:
        raise InvalidInput(
            f"{decision[:60]!r} is no answer.",
            code="bad_decision",
            fields={"decision": f"One of {', '.join(DECISIONS)}."},
        )
    if decision == DECLINED and not comment.strip():
        raise InvalidInput(
            "A decline says why.",
            code="comment_missing",
            fields={"comment": "Say what would have to change."},
        )


def basis(
    metadata: Mapping[str, Any], artifacts: Iterable[Sequence[str]], holder: object
) -> dict[str, str | None]:
    """What an answer rests on: digests of the version's metadata and artifacts, and who holds the stage.

    Args:
        metadata: the version's values by path.
        artifacts: kind, name and SHA-256 (or id, of bytes that nobody has hashed) of each link.
        holder: the id of the other version that holds the stage; None if none does.
    """
    return {
        "metadata": digest(canonical(metadata)),
        "artifacts": digest(canonical(sorted(list(link) for link in artifacts))),
        "holder": None if holder is None else str(holder),
    }


def basis_digest(of: Basis) -> str:
    """The SHA-256 of a basis, in hexadecimal: an answer may name the one that was looked at."""
    return digest(canonical(dict(of)))


def parts_changed(then: Basis, now: Basis) -> list[str]:
    """The parts of a basis that are no longer what they were."""
    return [part for part in PARTS if then.get(part) != now.get(part)]


def stale_words(parts: Sequence[str], since: timedelta) -> str:
    """Why an answer counts no more: "stale: metadata and holder changed since, 3 h ago"; empty if it does.

    Args:
        since: how long ago the last of them changed.
    """
    if not parts:
        return ""
    said = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    return f"stale: {said} changed since, {_ago(since)}"


def _ago(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} d ago"
