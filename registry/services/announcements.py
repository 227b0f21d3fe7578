"""Putting what happened into the webhooks' queues, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Sequence

from registry.models import Delivery, Event
from registry.rules.webhooks import ACTIONS, body
from registry.selectors.tellings import data_of, facts_of
from registry.selectors.webhooks import active_hooks
from registry.services import queues


def announce(events: Sequence[Event]) -> None:
    """Queues a delivery for each webhook that wants one of these events; nothing is sent here.

    It costs one small query where the actions matter to webhooks, and nothing where they don't.
    """
    heard = [event for event in events if event.action in ACTIONS]
    hooks = active_hooks() if heard else []
    for event in heard if hooks else ():
        facts = facts_of(event, hooks)
        wanted = [hook for hook in hooks if facts and hook.filters.want(facts)]
        data = data_of(event) if wanted else {}
        for hook in wanted:
            topic = ACTIONS[event.action]
            queue_delivery(
                Delivery(
                    webhook_id=hook.id,
                    topic=topic,
                    body=body(hook.format, topic, event.at, data),
                    chain_id=event.chain_id,
                    seq=event.seq,
                    model_id=event.model_id,
                    created_at=event.at,
                    next_at=event.at,
                )
            )


def queue_delivery(delivery: Delivery) -> None:
    """Keeps a new delivery and queues its first attempt."""
    delivery.save(force_insert=True)
    queues.put(delivery.webhook_id, delivery.id, number=1, at=delivery.created_at)
