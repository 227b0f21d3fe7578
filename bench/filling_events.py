"""The events of a large registry: one a version, in whole chains."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bench.filling import CROWD, Fill
from registry.rules import chain as rules

AT_ONCE = 10_000
COLUMNS = (
    *("chain_id", "seq", "at", "actor_id", "actor_name", "door", "action", "model_id", "target_type"),
    *("target_id", "target_name", "payload", "reason", "payload_digest", "prev_hash", "hash"),
)
NAME = "version"
REASONS = {True: "every tenth has one", False: ""}
PAYLOADS = {
    said: rules.canonical({"name": NAME, "before": None, "after": {}, "reason": reason})
    for said, reason in REASONS.items()
}


def events(fill: Fill) -> None:
    """Each version's making, and the chains' heads."""
    heads: dict[int, tuple[int, str]] = {}
    marks = ", ".join(["%s"] * len(COLUMNS))
    sql = f"INSERT INTO registry_event ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608 - our own words
    rows = _rows(fill, heads)
    while batch := list(itertools.islice(rows, AT_ONCE)):
        fill.cursor.executemany(sql, batch)
    told = [(seq, head, _stored(fill, _key("aaaa", model))) for model, (seq, head) in heads.items()]
    fill.cursor.executemany("UPDATE registry_chain SET count = %s, head = %s WHERE id = %s", told)


def _rows(fill: Fill, heads: dict[int, tuple[int, str]]) -> Iterator[tuple[Any, ...]]:
    start, digests = datetime(2025, 1, 1, tzinfo=UTC), {key: rules.digest(it) for key, it in PAYLOADS.items()}
    for i in range(fill.versions):
        model = fill.models if i % CROWD == CROWD - 1 else (i - i // CROWD) % fill.models
        seq, before = heads.get(model, (0, ""))
        chain, at = _key("aaaa", model), start + timedelta(seconds=i)
        said = i % 10 == 0
        header = {
            "chain": str(chain),
            "seq": seq + 1,
            "at": rules.moment(at),
            "actor_id": fill.user,
            "actor_name": "bench",
            "door": "sdk",
            "action": "version.created",
            "model_id": str(chain),
            "target_type": "version",
            "target_id": str(_key("dddd", i)),
            "run_id": None,
            "payload_digest": digests[said],
            "prev_hash": before,
        }
        heads[model] = seq + 1, rules.event_hash(header)
        told = {**header, "target_name": NAME, "payload": PAYLOADS[said], "hash": heads[model][1]}
        own = {"chain_id": _stored(fill, chain), "at": at.replace(tzinfo=None) if fill.lite else at}
        own |= {"model_id": own["chain_id"], "reason": REASONS[said] or None}
        yield tuple((told | own)[column] for column in COLUMNS)


def _key(prefix: str, number: int) -> UUID:
    return UUID(f"{prefix}{number:028x}")


def _stored(fill: Fill, key: UUID) -> Any:
    return key.hex if fill.lite else key
