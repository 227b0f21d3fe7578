"""Webhooks, promotions and a clock for the tests of what is told."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from registry.models import Attempt, Webhook
from registry.services import stages
from registry.services import webhooks as write
from registry.services.actors import Actor
from tests.support.receiver import Receiver


def hook(actor: Actor, receiver: Receiver, name: str = "ops", **more: Any) -> Webhook:
    made, _ = write.create_webhook(actor=actor, name=name, url=receiver.url + "/hooks", **more)
    return made


def promote(actor: Actor, to: str = "production", version: int = 1) -> None:
    stages.promote(actor=actor, model="churn", version=version, to=to, reason="better on q3")


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = timezone.now() + timedelta(seconds=1)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **span: float) -> None:
        self.now += timedelta(**span)


def log(name: str = "ops") -> list[tuple[int | None, str]]:
    """Status and error of each attempt, as the log has them."""
    rows = Attempt.objects.filter(delivery__webhook__name=name).order_by("delivery__created_at", "number")
    return list(rows.values_list("status", "error"))
