"""The check of the chains of events: whether each is whole, and whether it is what a checkpoint holds."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from django.db import OperationalError, connection
from django.db.models import Exists, OuterRef

from registry.models import SYSTEM_CHAIN, Chain, Event, Model
from registry.rules import chain as rules
from registry.rules.checkpoints import Head, Witness
from registry.rules.errors import NotFound
from registry.selectors.hashed import any_text, as_hashed
from registry.selectors.long_reads import without_limit

BESIDE = ("id", "reason", "chain__count", "chain__head")  # what is checked besides what was hashed


def verify_chains(model: str | None = None) -> dict[str, Any]:
    """Checks the chains of events, all or one model's, in bounded memory and one consistent reading.

    Returns:
        whole; how many chains and events were read; fault: the first bad event, or None.
    """
    return read_chains(model)[0]


def read_chains(model: str | None = None, witness: Witness | None = None) -> tuple[dict[str, Any], Reading]:
    """`verify_chains`, and what was read; with a witness also whether it is what a checkpoint holds."""
    chains, events = Chain.objects.all(), Event.objects.all()
    if model is not None:
        ids = list(Model.objects.filter(name=model).values_list("chain_id", flat=True))
        if not ids:
            raise NotFound(f"There is no model {model[:80]!r}.", code="no_such_model")
        chains, events = chains.filter(id__in=ids), events.filter(chain_id__in=ids)
    try:
        fault, reading = _read(chains, events, witness, whole=model is None)
    except OperationalError:
        if connection.vendor != "sqlite":
            raise
        with any_text():  # again: perhaps a text is none, and the event that has it is to be named
            fault, reading = _read(chains, events, witness, whole=model is None)
    if fault is None and witness is not None:
        fault = reading.differs or witness.missed()
    answer = {
        "whole": fault is None,
        "chains": len(reading.heads),
        "events": reading.events,
        "fault": _explain(fault) if fault else None,
    }
    return answer, reading


def _read(
    chains: Any, events: Any, witness: Witness | None, *, whole: bool
) -> tuple[rules.Fault | None, Reading]:
    """The first fault of these chains, and what was read; of the whole history also a missing chain."""
    reading = Reading(witness)
    with without_limit():
        fault = (
            _first_fault(reading.watch(as_hashed(events, *BESIDE))) or _headless(events) or _eventless(chains)
        )
        if fault is None and whole:
            fault = _missing()
    return fault, reading


class Reading:
    """What one reading of the chains went past: how many events, the last one's id, each chain's head.

    `differs`: the first event that isn't the one which the witness knows.
    """

    def __init__(self, witness: Witness | None = None) -> None:
        self.witness = witness
        self.differs: rules.Fault | None = None
        self.events = self.last = 0
        self.heads: dict[str, Head] = {}

    def watch(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The rows as they are."""
        for row in rows:
            self.events += 1
            self.last = max(self.last, row["id"])
            chain = row["chain"]
            if chain not in self.heads:
                self.heads[chain] = Head(chain, row["chain__count"], row["chain__head"])
            if self.witness is not None:
                self.differs = self.differs or self.witness.see(chain, row["seq"], row["hash"])
            yield row


def _first_fault(rows: Iterator[dict[str, Any]]) -> rules.Fault | None:
    for chain, group in itertools.groupby(rows, key=lambda row: str(row["chain"])):
        first = next(group)
        events = itertools.chain([first], group)  # noqa: B031 - one reading of it
        fault = rules.verify(
            chain, events, count=first["chain__count"], head=first["chain__head"], loads=orjson.loads
        )
        if fault is not None:
            return fault
    return None


def _headless(events: Any) -> rules.Fault | None:
    """Events whose chain's head was dropped."""
    lost = events.filter(~Exists(Chain.objects.filter(id=OuterRef("chain_id")))).order_by("chain_id", "seq")
    for chain, seq in lost.values_list("chain_id", "seq")[:1]:
        return rules.Fault(str(chain), seq, "the head of its chain is missing")
    return None


def _eventless(chains: Any) -> rules.Fault | None:
    """Heads that count events of which there are none."""
    emptied = chains.filter(count__gt=0).exclude(Exists(Event.objects.filter(chain_id=OuterRef("id"))))
    for chain, count in emptied.values_list("id", "count")[:1]:
        return rules.Fault(str(chain), 1, f"the chain is empty, its head says {count}")
    return None


def _missing() -> rules.Fault | None:
    """Chains that must be there: the system's, and each model's."""
    if not Chain.objects.filter(id=SYSTEM_CHAIN).exists():
        return rules.Fault(str(SYSTEM_CHAIN), 1, "the head of the chain is missing")
    begun = Chain.objects.filter(id=OuterRef("chain_id"), count__gt=0)
    for chain in Model.objects.filter(~Exists(begun)).values_list("chain_id", flat=True)[:1]:
        return rules.Fault(str(chain), 1, "a model's chain has no events")
    return None


def _explain(fault: rules.Fault) -> dict[str, Any]:
    ident = fault.chain.encode("utf-8", "backslashreplace").decode()  # of a text that is none
    system = ident == str(SYSTEM_CHAIN)
    name = None if system else _model_of(ident)
    where = (
        "the system's chain" if system else f"the chain of the model {name!r}" if name else f"chain {ident}"
    )
    message = f"Event {fault.seq} of {where}: {fault.why}."
    chain = "system" if system else ident
    return {"chain": chain, "model": name, "seq": fault.seq, "why": fault.why, "message": message}


def _model_of(chain: str) -> str | None:
    try:
        ident = uuid.UUID(chain)
    except ValueError:
        return None
    return Model.objects.filter(chain_id=ident).values_list("name", flat=True).first()
