"""Exports as they are made, small ones with all that chains can hold: few events, one, none, a purge."""

import functools
import json
import random
from pathlib import Path
from typing import Any

from modelcp.checkpoints import make_key, sign
from registry.rules import chain as rules
from registry.rules.checkpoints import Head, content

Row = dict[str, Any]
Rows = list[Row]
Lines = list[bytes]
SYSTEM, ONE, PURGED, EMPTY, LAST = [
    "00000000-0000-0000-0000-000000000000",
    *(f"01a20730-fcce-713c-b76d-af4861863f4{end}" for end in "cdef"),
]
LENGTHS = {SYSTEM: 7, ONE: 1, PURGED: 6, EMPTY: 0, LAST: 5}
EVENTS, COUNTED = sum(LENGTHS.values()), sum(1 for length in LENGTHS.values() if length)
WORDS = ("churn 4", "Größe", "a\nb\t\x7f", '"quoted"', "\u2028", "雪", "a/b\\", "\U0001f600", "")
_removed: dict[str, Row] = {}  # what purges removed, by its digest


def event(
    chain: str, seq: int, previous: str, chance: random.Random, action: str = "version.promoted"
) -> Row:
    """An event with a payload such as they have."""
    name = chance.choice(WORDS)
    payload = rules.canonical({"name": name, "before": None, "after": {"n": chance.random()}, "reason": ""})
    row: Row = {"chain": chain, "seq": seq, "at": f"2026-01-31T12:00:00.{seq:06d}Z", "actor_id": 1}
    row |= {"actor_name": chance.choice(["ada", "Ö\t"]), "door": "sdk", "action": action}
    row |= {"model_id": None if chain == SYSTEM else chain, "target_type": "version", "target_id": str(seq)}
    row |= {"run_id": None, "payload_digest": rules.digest(payload), "prev_hash": previous}
    return row | {"hash": rules.event_hash(row), "payload": payload, "target_name": name}


def blank(row: Row) -> None:
    """Takes away what an event says, as a purge does."""
    _removed[row["payload_digest"]] = {key: row[key] for key in ("payload", "target_name")}
    row |= {"payload": "", "target_name": ""}


def removed(row: Row) -> Row:
    """What a purge took from an event."""
    return _removed[row["payload_digest"]]


def history(seed: int) -> dict[str, Rows]:
    """Whole chains of a few events, other ones for each seed; one of them purged."""
    chance = random.Random(seed)
    found: dict[str, Rows] = {}
    for chain, length in LENGTHS.items():
        rows: Rows = []
        for seq in range(1, length + 1):
            action = rules.PURGED if chain == PURGED and seq == length else "version.promoted"
            rows.append(event(chain, seq, rows[-1]["hash"] if rows else "", chance, action))
        found[chain] = rows
    for row in found[PURGED][:-1]:
        blank(row)
    return found


def dumped(value: Any) -> bytes:
    """A line of an export."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def export(chains: dict[str, Rows]) -> Lines:
    """The lines of an export, the trailer last."""
    lines = [dumped(row) for rows in chains.values() for row in rows]
    heads = [
        {"chain": chain, "count": len(rows), "head": rows[-1]["hash"]}
        for chain, rows in chains.items()
        if rows
    ]
    return [*lines, dumped({"trailer": {"events": len(lines), "heads": heads}})]


@functools.cache
def _lines(seed: int) -> tuple[bytes, ...]:
    return tuple(export(history(seed)))


def whole_export(seed: int) -> Lines:
    """The lines of the export of such a history."""
    return list(_lines(seed))


def checkpoint(folder: Path, chains: dict[str, Rows]) -> Path:
    """A signed checkpoint of these chains."""
    key = folder / "key"
    if not key.exists():
        make_key(key)
    heads = [Head(chain, len(rows), rows[-1]["hash"] if rows else "") for chain, rows in chains.items()]
    file = folder / "checkpoint.json"
    file.write_text(sign(content("2026-01-31T13:00:00Z", sum(map(len, chains.values())), heads), key))
    return file
