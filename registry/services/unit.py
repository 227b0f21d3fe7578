"""The unit of work: one transaction, the chains it writes to locked, an event with each change.

    with unit(actor, model.chain_id) as work:
        at = work.record(Change(...))
        ModelVersion.objects.filter(...).update(...)

Every write of the registry happens inside one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.models import SYSTEM_CHAIN, Chain, Event
from registry.rules import chain as rules
from registry.selectors.compiled import CompiledObject
from registry.services.actors import Actor
from registry.services.announcements import announce
from registry.services.inserts import insert
from registry.services.updates import update
from registry.services.writers import one_writer

TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Change:
    """What an event tells.

    Args:
        action: a stable word, noun.verb in the past: ``version.promoted``.
        target: what was changed: (type, id, name), as in ("version", id, "churn 14").
        before, after: the changed values, JSON; None where there was or is nothing.
        reason: the actor's words.
        model: the id of the model it concerns, if any.
        extra: further facts for the payload, such as ``forced``.
    """

    action: str
    target: tuple[str, object, str]
    before: Any = None
    after: Any = None
    reason: str = ""
    model: uuid.UUID | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class Work:
    """An open unit: the locked heads, and the events that wait to be written at its end."""

    def __init__(self, actor: Actor, heads: dict[uuid.UUID, Chain]) -> None:
        self.actor = actor
        self.heads = heads
        self._events: list[Event] = []

    def add_chain(self, chain: Chain) -> None:
        """Takes in a chain that this unit has just made; nobody else can see it yet."""
        self.heads[chain.id] = chain

    def now(self, chain_id: uuid.UUID) -> datetime:
        """The time that the chain's next event will have: now, or just after its last."""
        head, now = self.heads[chain_id], timezone.now()
        return now if head.last_at is None or now > head.last_at else head.last_at + TICK

    def record(self, change: Change) -> datetime:
        """Writes the event of one change into the model's chain (the system's if it concerns none).

        Returns:
            the event's time, strictly later than any before it in the chain: the `valid_from` and
            `valid_to` of the rows that the change opens and closes.
        """
        head = self.heads[change.model or SYSTEM_CHAIN]
        at = self.now(head.id)
        event = _event(self.actor, change, head, at)
        head.count, head.head, head.last_at = event.seq, event.hash, at
        self._events.append(event)
        return at

    def close(self) -> None:
        """Writes the events and the heads, and queues what webhooks tell of them."""
        if not self._events:
            return
        insert(self._events)
        touched = {event.chain_id for event in self._events}
        for head in sorted((h for h in self.heads.values() if h.id in touched), key=lambda h: h.id):
            update(Chain, {"id": head.id}, count=head.count, head=head.head, last_at=head.last_at)
        announce(self._events)


def _event(actor: Actor, change: Change, head: Chain, at: datetime) -> Event:
    kind, target_id, name = change.target
    payload = {
        "name": name,
        "before": change.before,
        "after": change.after,
        "reason": change.reason,
        **change.extra,
    }
    text = rules.canonical(payload)
    event = Event(
        chain=head,
        seq=head.count + 1,
        at=at,
        actor_id=actor.id,
        actor_name=actor.name,
        door=actor.door,
        action=change.action,
        model_id=change.model,
        target_type=kind,
        target_id=str(target_id),
        target_name=name,
        run_id=actor.run,
        payload=text,
        reason=change.reason or None,
        payload_digest=rules.digest(text),
        prev_hash=head.head,
    )
    event.hash = rules.event_hash(header(event))
    return event


def header(event: Event) -> dict[str, Any]:
    """The hashed part of an event, as `rules.chain` wants it."""
    return {
        "chain": str(event.chain_id),
        "seq": event.seq,
        "at": rules.moment(event.at),
        "actor_id": event.actor_id,
        "actor_name": event.actor_name,
        "door": event.door,
        "action": event.action,
        "model_id": str(event.model_id) if event.model_id else None,
        "target_type": event.target_type,
        "target_id": event.target_id,
        "run_id": str(event.run_id) if event.run_id else None,
        "payload_digest": event.payload_digest,
        "prev_hash": event.prev_hash,
    }


_HEAD = CompiledObject(
    Chain, lambda ident: Chain.objects.select_for_update().filter(id=ident), uuid.UUID(int=1)
)


@contextmanager
def unit(actor: Actor, *chain_ids: uuid.UUID) -> Iterator[Work]:
    """One atomic unit that may write to the given chains.

    The chains are locked in order of their ids, so that two units never wait for each other in a
    circle; the lock also serialises numbering and promotion within a model.
    """
    with one_writer(), transaction.atomic():
        heads = {head.id: head for ident in sorted(set(chain_ids)) for head in _HEAD.all(ident)}
        work = Work(actor, heads)
        yield work
        work.close()
