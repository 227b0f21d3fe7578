"""Checkpoints: the heads of all chains at one moment, signed, to be kept out of the database's reach.

Whoever can rewrite the whole database can also write new hashes and new heads, and such a history is
whole by itself. It doesn't hold the hashes that a checkpoint holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from registry.rules.chain import Fault, canonical
from registry.rules.errors import InvalidInput

FORMAT = 1
REWRITTEN = "its hash isn't the one that the checkpoint holds: the history up to it was rewritten"


@dataclass(frozen=True)
class Head:
    """How far a chain went: the number of its events, and the hash of the last."""

    chain: str
    count: int
    hash: str


def content(at: str, events: int, heads: Iterable[Head]) -> dict[str, Any]:
    """What a checkpoint says.

    Args:
        at: when the chains were read, in ISO 8601.
        events: how many events there were in all.
        heads: one per chain, in order of the chains' ids.
    """
    told = [{"chain": head.chain, "count": head.count, "hash": head.hash} for head in heads]
    return {"format": FORMAT, "at": at, "events": events, "heads": told}


def signed_bytes(told: Mapping[str, Any]) -> bytes:
    """The bytes that a checkpoint's signature covers: its content in canonical JSON, after our own words."""
    return b"modelcp checkpoint\n" + canonical(dict(told)).encode()


def read(text: str, where: str) -> tuple[dict[str, Any], str, str]:
    """A checkpoint's content, its signature and its public key (hexadecimal), none of them checked yet.

    Raises:
        InvalidInput: it is no checkpoint.
    """
    try:
        value = json.loads(text)
        told = value["checkpoint"]
        heads_of(told)
        canonical(told)
        if told["format"] != FORMAT:
            raise InvalidInput(f"{where} is a checkpoint of format {told['format']}: this reads {FORMAT}.")
        return told, str(value["signature"]), str(value["public_key"])
    except InvalidInput:
        raise
    except (KeyError, TypeError, ValueError, RecursionError):
        raise InvalidInput(f"{where} is no checkpoint of events.", code="bad_checkpoint") from None


def heads_of(told: Mapping[str, Any]) -> list[Head]:
    """The heads that a checkpoint's content holds."""
    return [Head(str(head["chain"]), int(head["count"]), str(head["hash"])) for head in told["heads"]]


class Witness:
    """Watches events go by and knows the checkpoint's hash of some of them."""

    def __init__(self, heads: Iterable[Head]) -> None:
        self._waiting = {head.chain: head for head in heads if head.count}

    def see(self, chain: str, seq: int, hash: str) -> Fault | None:
        """What is wrong with this event by the checkpoint."""
        head = self._waiting.get(chain)
        if head is None or seq != head.count:
            return None
        del self._waiting[chain]
        return Fault(chain, seq, REWRITTEN) if hash != head.hash else None

    def missed(self) -> Fault | None:
        """The first event that the checkpoint holds and that never went by."""
        for chain, head in sorted(self._waiting.items()):
            return Fault(chain, head.count, "the checkpoint holds it, and it isn't there any more")
        return None
