"""Promotion plans: candidate beside holder, what would happen, and the hash of what the decision rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from registry.rules.chain import canonical, digest
from registry.rules.metrics import verdict, way_of
from registry.rules.stages import ARCHIVED, effects

LATELY_DAYS = 14  # how far back a plan looks for runs that read the holder by its stage
METRICS = "metrics."
Line = dict[str, Any]


def metric_lines(
    candidate: Mapping[str, Any],
    holder: Mapping[str, Any],
    declared: Mapping[str, str] | None = None,
    late: tuple[Collection[str], Collection[str]] = ((), ()),
) -> list[Line]:
    """The metrics of both, each judged by the direction declared for it, or known by its name.

    Args:
        candidate, holder: metadata by path; only what is under ``metrics`` counts.
        declared: `higher` or `lower` by the metric's name (its path below ``metrics``).
        late: the paths of both that were changed after promotion.

    Returns:
        by name: the values, the direction (None if unknown), and what `rules.metrics.verdict` says of them.
    """
    paths = sorted({path for values in (candidate, holder) for path in values if path.startswith(METRICS)})
    return [
        {
            **_metric(path, candidate.get(path), holder.get(path), declared or {}),
            "candidate_changed_after_promotion": path in late[0],
            "holder_changed_after_promotion": path in late[1],
        }
        for path in paths
    ]


def _metric(path: str, new: Any, old: Any, declared: Mapping[str, str]) -> Line:
    name = path.removeprefix(METRICS)
    way = way_of(name, declared)
    change, said = verdict(new, old, way)
    return {
        "name": name,
        "direction": way,
        "candidate": new,
        "holder": old,
        "change": change,
        "verdict": said,
    }


def lines(candidate: Mapping[str, Any], holder: Mapping[str, Any]) -> list[Line]:
    """Two objects by path: the value in each (None where there is none), and whether they are the same."""
    return [_line(path, candidate, holder) for path in sorted({*candidate, *holder})]


def _line(path: str, candidate: Mapping[str, Any], holder: Mapping[str, Any]) -> Line:
    new, old = candidate.get(path), holder.get(path)
    both = path in candidate and path in holder
    return {
        "path": path,
        "candidate": new,
        "holder": old,
        "same": both and canonical(new) == canonical(old),
    }


def artifact_lines(
    candidate: Mapping[tuple[str, str], Line], holder: Mapping[tuple[str, str], Line]
) -> list[Line]:
    """The artifacts of both by kind and name: the same if their bytes have one digest.

    Args:
        candidate, holder: artifact, number and sha256 by (kind, name).
    """
    return [
        _artifact(kind, name, candidate.get((kind, name)), holder.get((kind, name)))
        for kind, name in sorted({*candidate, *holder})
    ]


def _artifact(kind: str, name: str, new: Line | None, old: Line | None) -> Line:
    return {"kind": kind, "name": name, "candidate": new, "holder": old, "same": _bytes(new) == _bytes(old)}


def _bytes(row: Line | None) -> object:
    """What tells whether two artifact versions hold the same: the digest, else which one it is."""
    return row and (row["sha256"] or (row["artifact"], row["number"]))


def moves(candidate: Mapping[str, Any], holder: Mapping[str, Any] | None, target: str) -> list[Line]:
    """What a promotion does, in the order of the events that it writes; nothing if the stage is held already.

    Args:
        candidate: number and stage of the version.
        holder: the number of the version that holds an exclusive `target` now.
    """
    does = effects(candidate["stage"], target, occupied_by_other=holder is not None)
    first = (
        [_move("version.displaced", holder["number"], target, ARCHIVED)] if holder and does.displaces else []
    )
    own = _move("version.promoted", candidate["number"], candidate["stage"], target)
    return [*first, own] if does.changes else []


def _move(action: str, number: int, before: str | None, after: str) -> Line:
    return {"action": action, "version": number, "before": before, "after": after}


def restored_move(number: int, before: str | None, after: str | None) -> Line:
    """What an undo does to one version."""
    return {"action": "version.stage_restored", "version": number, "before": before, "after": after}


def undo_decision(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What the decision to restore stages rests on: all of its plan but when it was drawn."""
    return {
        "model": plan["model"],
        "tenure": str(plan["tenure"]) if plan["tenure"] else None,
        "event": plan["event"],
        "effects": plan["effects"],
        "gates": [[gate["version"], gate["stage"], gate["rule"], gate["state"]] for gate in plan["gates"]],
        "webhooks": plan["webhooks"],
    }


def decision(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What a decision rests on: all of the plan but when it was drawn, ages, counts, and what is equal."""
    return {
        "model": plan["model"],
        "to": plan["to"],
        "candidate": _side(plan["candidate"]),
        "holder": _side(plan["holder"]),
        "metrics": [
            [row["name"], row["candidate"], row["holder"], row["direction"]] for row in plan["metrics"]
        ],
        **{
            part: _differing(plan[part]) if plan["holder"] else []
            for part in ("parameters", "code", "environment")
        },
        "artifacts": [
            [row["kind"], row["name"], _named(row["candidate"]), _named(row["holder"])]
            for row in plan["artifacts"]
        ],
        "missing": plan["missing"],
        "gates": [[gate["rule"], gate["state"]] for gate in plan["gates"]],
        "approvals": [_asked(row) for row in plan["approvals"]],
        "effects": plan["effects"],
        "aliases": plan["aliases"],
        "webhooks": plan["webhooks"],
        "users": sorted(user["pipeline"] for user in plan["users"]),
    }


def _side(side: Mapping[str, Any] | None) -> list[Any] | None:
    return [side["number"], side["stage"], (side["run"] or {}).get("status")] if side else None


def _asked(request: Line) -> list[Any]:
    """A request for approval, and the answers that stand; whether one is stale counts, not since when."""
    answers = [[row["by"], row["decision"], row["comment"], bool(row["stale"])] for row in request["answers"]]
    return [str(request["id"]), answers]


def _named(row: Line | None) -> list[Any] | None:
    return [row["artifact"], row["number"], row["sha256"]] if row else None


def _differing(rows: Iterable[Line]) -> list[list[Any]]:
    return [[row["path"], row["candidate"], row["holder"]] for row in rows if not row["same"]]


def plan_hash(decided: Mapping[str, Any]) -> str:
    """The SHA-256 of a decision, in hexadecimal: confirming a plan names it."""
    return digest(canonical(decided))


PARTS = ("metrics", "parameters", "code", "environment", "artifacts", "gates")
_KEYS = {"artifacts": 2}  # how many of a row's first fields name it, where that isn't one


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[str]]:
    """What differs between two decisions: the names of the rows, by part; parts that are equal are left out.

    Rows that went are named too; of `candidate`, `holder`, `missing`, `approvals`, `effects`, `aliases`,
    `webhooks` and `users` only that they differ.
    """
    found = {part: _rows_changed(part, old.get(part, []), new.get(part, [])) for part in PARTS}
    whole = {
        part: [part]
        for part in (
            "candidate",
            "holder",
            "missing",
            "approvals",
            "effects",
            "aliases",
            "webhooks",
            "users",
        )
        if old.get(part) != new.get(part)
    }
    return {part: names for part, names in {**found, **whole}.items() if names}


def _rows_changed(part: str, old: Sequence[Sequence[Any]], new: Sequence[Sequence[Any]]) -> list[str]:
    keys = _KEYS.get(part, 1)
    before, after = ({tuple(row[:keys]): list(row) for row in rows} for rows in (old, new))
    names = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return [str(key[-1]) for key in names]
