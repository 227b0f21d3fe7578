"""The hash chain of events: what is hashed, and how a chain is checked.

Each event's hash is SHA-256 over the canonical JSON (RFC 8785's idea: sorted keys, no white space,
UTF-8) of its header, which holds the previous event's hash and the digest of its payload. So a
payload can be blanked (a purge) and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring
from operator import itemgetter
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

# A header in canonical JSON, its values left out: an encoder for each event would cost more than the digest.
_FORM = "{" + ",".join(f'"{key}":%s' for key in sorted(HEADER)) + "}"
_values = itemgetter(*sorted(HEADER))
_WRITTEN: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: int.__repr__,
    type(None): lambda _: "null",
}


def digest(text: str) -> str:
    """The SHA-256 of `text` in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def moment(at: datetime) -> str:
    """A time as it is hashed: UTC, microseconds, as in 2026-01-31T12:00:00.000001Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def event_hash(header: Mapping[str, Any]) -> str:
    """The hash of an event from its header: every key of HEADER, text, int or None.

    Raises:
        TypeError: a value is of another type. KeyError: a key is missing.
    """
    values = _values(header)
    try:
        return digest(_FORM % tuple([_WRITTEN[type(value)](value) for value in values]))
    except KeyError:
        raise TypeError("an event's header holds text, whole numbers and None") from None


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong with a chain."""

    chain: str
    seq: int
    why: str

    def __str__(self) -> str:
        return f"event {self.seq} of chain {self.chain}: {self.why}"


def verify(
    chain: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    count: int,
    head: str,
    loads: Callable[[str], Any] = json.loads,
) -> Fault | None:
    """The first fault of a chain, or None if it is whole.

    Args:
        chain: its id as text, for the report.
        rows: its events in order of `seq`: HEADER's keys, `hash`, `payload` ('' once purged),
            `target_name`, and `reason` where that stands beside the payload.
        count: how many events the stored head says there are.
        head: the hash that the stored head says the last one has.
        loads: reads JSON, where there is a faster reader than the standard library's.
    """
    walk = Walk(chain, loads)
    for row in rows:
        fault = walk.step(row)
        if fault is not None:
            return fault
    return walk.end(count, head)


class Walk:
    """One pass over a chain's events, from the first on; a row whose values have other types is a fault."""

    def __init__(self, chain: str, loads: Callable[[str], Any] = json.loads) -> None:
        self.chain, self._loads = chain, loads
        self.expected, self.previous = 1, ""
        self._blank = self._kept = 0  # the first event without content since a purge, and with it

    def step(self, row: Mapping[str, Any]) -> Fault | None:
        """What is wrong with the next event; None if it follows."""
        try:
            why = self._fault(row)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            why = "it isn't an event"
        if why:
            return Fault(self.chain, self._first(row.get("seq")), why)
        if row["action"] == PURGED:
            if self._kept:
                return Fault(self.chain, self._kept, "its content was purged, and is there again")
            self._blank = 0
        elif not row["payload"]:
            self._blank = self._blank or self.expected
        else:
            self._kept = self._kept or self.expected
        self.expected, self.previous = self.expected + 1, row["hash"]
        return None

    def _fault(self, row: Mapping[str, Any]) -> str | None:
        seq, payload = row["seq"], row["payload"]
        if seq != self.expected or type(seq) is not int:
            return f"expected event {self.expected}, found {seq!r}"
        if row["chain"] != self.chain:
            return "it belongs to another chain"
        if row["prev_hash"] != self.previous:
            return "it doesn't follow the event before it"
        if payload != "":
            if digest(payload) != row["payload_digest"]:
                return "its content was changed"
            told = self._loads(payload)
            if told.get("name", "") != row["target_name"]:
                return "the name of its target was changed"
            if "reason" in row and (told.get("reason") or None) != row["reason"]:
                return "its reason was changed"
        elif row["target_name"] != "" or row.get("reason"):
            return "what a purge took from it was changed"
        elif row["action"] == PURGED:
            return "its content was blanked, and that of a purge never is"
        return None if event_hash(row) == row["hash"] else "it was changed"

    def _first(self, seq: object) -> int:
        """The event to name: one that comes too early was added before the one that is missed."""
        return min(self.expected, seq) if type(seq) is int and seq > 0 else self.expected

    def end(self, count: int, head: str) -> Fault | None:
        """What is wrong with the chain as a whole, by its head."""
        if type(count) is not int:
            return Fault(self.chain, self.expected - 1, "the chain's head doesn't say how many there are")
        if self.expected - 1 < count:  # a purge that was cut off leaves blank events before it
            return Fault(
                self.chain, self.expected, f"the chain ends at {self.expected - 1}, its head says {count}"
            )
        if self._blank:
            return Fault(self.chain, self._blank, "its content was blanked, and no purge says so")
        if self.expected - 1 > count:
            return Fault(
                self.chain, count + 1, f"the chain ends at {self.expected - 1}, its head says {count}"
            )
        if self.previous != head:
            return Fault(self.chain, count, "its hash is not the one that the chain's head says")
        return None
