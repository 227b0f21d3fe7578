"""The hash chain of events: what is hashed, and how a chain is checked.

Each event's hash is SHA-256 over the canonical JSON (RFC 8785's idea: sorted keys, no white space,
UTF-8) of its header, which holds the previous event's hash and the digest of its payload. So a
payload can be blanked (a purge) and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SYSTEM_CHAIN = uuid.UUID(int=0)
PURGED = "model.purged"  # the action of the event that allows those before it to be blank
HEADER = (
    "chain",
    "seq",
    "at",
    "actor_id",
    "actor_name",
    "door",
    "action",
    "model_id",
    "target_type",
    "target_id",
    "run_id",
    "payload_digest",
    "prev_hash",
)


def canonical(value: Any) -> str:
    """`value` as JSON text with sorted keys and no white space; the same value, the same text."""
    return _encode(value)


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def digest(text: str) -> str:
    """The SHA-256 of `text` in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def moment(at: datetime) -> str:
    """A time as it is hashed: UTC, microseconds, as in 2026-01-31T12:00:00.000001Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event_hash(header: Mapping[str, Any]) -> str:
    """The hash of an event from its header: every key of HEADER, text, int or None."""
    return digest(canonical({key: header[key] for key in HEADER}))


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong with a chain."""

    chain: str
    seq: int
    why: str

    def __str__(self) -> str:
        return f"event {self.seq} of chain {self.chain}: {self.why}"


def verify(chain: str, rows: Iterable[Mapping[str, Any]], *, count: int, head: str) -> Fault | None:
    """The first fault of a chain, or None if it is whole.

    Args:
        chain: its id as text, for the report.
        rows: its events in order of `seq`: HEADER's keys, `hash`, `payload` ('' once purged) and
            `target_name`.
        count: how many events the stored head says there are.
        head: the hash that the stored head says the last one has.
    """
    walk = Walk(chain)
    for row in rows:
        fault = walk.step(row)
        if fault is not None:
            return fault
    return walk.end(count, head)


class Walk:
    """One pass over a chain's events, from the first on; a row whose values have other types is a fault."""

    def __init__(self, chain: str) -> None:
        self.chain = chain
        self.expected, self.previous, self._blank = 1, "", 0

    def step(self, row: Mapping[str, Any]) -> Fault | None:
        """What is wrong with the next event; None if it follows."""
        try:
            why = _fault(row, self.chain, self.expected, self.previous)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            why = "it isn't an event"
        if why:
            return Fault(self.chain, self._first(row.get("seq")), why)
        if not row["payload"]:
            self._blank = self._blank or self.expected
        elif row["action"] == PURGED:
            self._blank = 0
        self.expected, self.previous = self.expected + 1, row["hash"]
        return None

    def _first(self, seq: object) -> int:
        """The event to name: one that comes too early was added before the one that is missed."""
        return min(self.expected, seq) if isinstance(seq, int) and seq > 0 else self.expected

    def end(self, count: int, head: str) -> Fault | None:
        """What is wrong with the chain as a whole, by its head."""
        if self._blank:
            return Fault(self.chain, self._blank, "its content was blanked, and no purge says so")
        if self.expected - 1 != count:
            first = min(self.expected, count + 1)
            return Fault(self.chain, first, f"the chain ends at {self.expected - 1}, its head says {count}")
        if self.previous != head:
            return Fault(self.chain, count, "its hash is not the one that the chain's head says")
        return None


def _fault(row: Mapping[str, Any], chain: str, expected: int, previous: str) -> str | None:
    if row["seq"] != expected or isinstance(row["seq"], bool):
        return f"expected event {expected}, found {row['seq']}"
    if str(row["chain"]) != chain:
        return "it belongs to another chain"
    if row["prev_hash"] != previous:
        return "it doesn't follow the event before it"
    if row["payload"]:
        if digest(row["payload"]) != row["payload_digest"]:
            return "its content was changed"
        if json.loads(row["payload"]).get("name", "") != row["target_name"]:
            return "the name of its target was changed"
    elif row["target_name"]:
        return "the name of its target was changed"
    if event_hash(row) != row["hash"]:
        return "it was changed"
    return None
