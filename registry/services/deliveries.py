"""Delivering what is queued: each attempt is written before it is sent, and again with how it went.

An attempt is a task of the database's queue. Whoever runs it may be killed at any moment: the task is given
out again, and the receiver may get the same webhook-id twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from registry.models import SYSTEM_CHAIN, Attempt, Delivery, Webhook
from registry.rules import webhooks as rules
from registry.rules.chance import chance
from registry.rules.errors import RuleRefused
from registry.selectors.webhooks import find_delivery
from registry.services import queues
from registry.services.actors import SYSTEM, Actor
from registry.services.sending import Limits, Outcome, send
from registry.services.unit import Change, unit
from registry.services.writers import one_writer

LIMITS = Limits()
LOST = "The server stopped before the answer came: it may have arrived."
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Parcel:
    """What one attempt sends, and to where."""

    delivery: uuid.UUID
    number: int
    url: str
    body: str
    secrets: tuple[str, ...]

    def headers(self, now: datetime) -> dict[str, str]:
        """The headers of Standard Webhooks, signed by each secret that is valid."""
        from standardwebhooks import Webhook as Signer

        ident = str(self.delivery)
        signatures = (Signer(secret).sign(ident, now, self.body) for secret in self.secrets)
        return {
            "Content-Type": "application/json",
            "User-Agent": "modelcp",
            "webhook-id": ident,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


@task
def deliver(delivery: str, number: int, *, clock: Clock = timezone.now) -> None:
    """Makes one attempt at a delivery, unless it was made already.

    Args:
        delivery: its id. number: which attempt this is, from 1.
    """
    parcel = _begin(uuid.UUID(delivery), number, clock())
    if parcel is not None:
        headers = parcel.headers(clock())
        outcome = send(parcel.url, parcel.body, headers, allowed=settings.WEBHOOK_ALLOW, limits=LIMITS)
        if outcome.status == rules.GONE:
            _disable(parcel.delivery)
        _settle(parcel, outcome, clock())


def _locked(ident: uuid.UUID) -> Delivery | None:
    return Delivery.objects.select_for_update(of=("self",)).select_related("webhook").filter(id=ident).first()


def _begin(ident: uuid.UUID, number: int, now: datetime) -> Parcel | None:
    """Writes that an attempt begins; None if it is done, not wanted any more, or its webhook is paused."""
    with one_writer(), transaction.atomic():
        found = _locked(ident)
        if found is None or found.state != rules.WAITING or found.attempts >= number:
            return None
        hook = found.webhook
        if not hook.active:
            return None
        if Attempt.objects.filter(delivery=found, number=number, ended=False).update(ended=True, error=LOST):
            Delivery.objects.filter(id=ident).update(attempts=number, tries=found.tries + 1)
            number += 1
        Attempt.objects.create(delivery=found, number=number, at=now)
        old = hook.old_secret if hook.old_secret_until and hook.old_secret_until > now else ""
        secrets = tuple(secret for secret in (hook.secret, old) if secret)
        return Parcel(ident, number, hook.url, found.body, secrets)


def _settle(parcel: Parcel, outcome: Outcome, now: datetime) -> None:
    """Writes how an attempt went, and when the next one is if there is one."""
    with one_writer(), transaction.atomic():
        found = _locked(parcel.delivery)
        if found is None:  # its webhook was deleted meanwhile
            return
        Attempt.objects.filter(delivery=found, number=parcel.number).update(
            ended=True,
            status=outcome.status,
            milliseconds=outcome.milliseconds,
            error=outcome.error,
            answer=outcome.answer,
        )
        late = found.attempts >= parcel.number  # another worker has taken this one for lost
        if found.state != rules.WAITING or (late and outcome.error):
            return
        found.attempts = max(found.attempts, parcel.number)
        found.tries += 1
        found.state, found.next_at = _next(found, outcome, now)
        found.ended_at = None if found.next_at else now
        found.save(update_fields=["attempts", "tries", "state", "next_at", "ended_at"])
        if found.next_at and found.webhook.active:
            queues.put(found.webhook_id, found.id, number=found.attempts + 1, at=found.next_at)


def _next(delivery: Delivery, outcome: Outcome, now: datetime) -> tuple[str, datetime | None]:
    if not outcome.error:
        return rules.DELIVERED, None
    wait = rules.next_wait(
        delivery.tries,
        jitter=chance(),
        asked=rules.retry_after(outcome.retry_after, now),
    )
    if wait is None or outcome.status == rules.GONE:
        return rules.FAILED, None
    return rules.WAITING, now + wait


def _disable(delivery: uuid.UUID) -> None:
    """The receiver said that it is gone for good: nothing more is sent until an administrator resumes."""
    with unit(SYSTEM, SYSTEM_CHAIN) as work:
        hook = Webhook.objects.filter(deliveries__id=delivery, active=True).first()
        if hook is None:
            return
        hook.active, hook.disabled = False, "It answered 410 Gone."
        work.record(
            Change(
                "webhook.disabled",
                ("webhook", hook.id, hook.name),
                before={"active": True},
                after={"active": False},
                reason=hook.disabled,
            )
        )
        hook.save(update_fields=["active", "disabled"])
        queues.drop(hook.id)


def replay(*, actor: Actor, delivery: uuid.UUID) -> Delivery:
    """Sends a delivery once more, now, with the same webhook-id; one that waits needn't wait any longer.

    Raises:
        RuleRefused: its webhook is paused.
    """
    actor.require("edit_webhooks", "replay a delivery")
    with unit(actor, SYSTEM_CHAIN) as work:
        find_delivery(delivery)
        found = _locked(delivery)
        if found is None:
            return find_delivery(delivery)
        hook = found.webhook
        if not hook.active:
            raise RuleRefused(
                f"The webhook {hook.name!r} is paused: nothing is sent to it.",
                code="webhook_paused",
                hint="Resume it first.",
            )
        now = work.record(
            Change("webhook.replayed", ("webhook", hook.id, hook.name), extra={"delivery": str(found.id)})
        )
        queues.drop_delivery(found.webhook_id, found.id)
        found.state, found.tries, found.next_at, found.ended_at = rules.WAITING, 0, now, None
        found.save(update_fields=["state", "tries", "next_at", "ended_at"])
        queues.put(found.webhook_id, found.id, number=found.attempts + 1, at=now)
    return found


def prune(now: datetime) -> None:
    """Forgets deliveries that ended long ago."""
    old = Delivery.objects.filter(ended_at__lt=now - rules.KEPT)
    if old.exists():
        with one_writer():
            old.delete()
