"""Settings, Webhooks: the list, one with its deliveries, one delivery; tested, paused, replayed."""

from __future__ import annotations

import json
import uuid
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from registry.pages.base import PageRequest, View, back_to, done, page, page_of_now, show
from registry.rules.direction import isolated, spelled
from registry.rules.webhooks import STATES, TOPICS, WAITING
from registry.selectors import webhooks as read
from registry.selectors.pager import leaf
from registry.services import deliveries
from registry.services import webhooks as write


def administrators(view: View) -> View:
    """A page for those who may edit webhooks; URLs of webhooks may be secrets, so no browser keeps it."""

    @wraps(view)
    def allowed(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.actor.require(write.RIGHT, "see or change webhooks")
        return view(request, *args, **kwargs)

    return never_cache(allowed)


@page_of_now
@administrators
@require_safe
def settings_webhooks(request: PageRequest) -> HttpResponse:
    """The webhooks."""
    given = {key: request.GET.getlist(key) for key in ("cursor", "before") if request.GET.get(key)}
    found = leaf(read.WEBHOOKS, read.all_webhooks(), given, {"name": "name"})
    context = {"webhooks": [told(row) for row in found.rows], "leaf": found, "here": "webhooks"}
    return show(request, "webhooks/list.html", context)


def told(row: dict[str, Any]) -> dict[str, Any]:
    """The row of a webhook, with its state and what it takes in words."""
    state = "active" if row["active"] else "disabled" if row["disabled"] else "paused"
    every = len(row["events"]) == len(TOPICS)
    narrowed = [(kind, row[kind]) for kind in ("models", "tags", "stages") if row[kind]]
    return {**row, "state": state, "every": every, "narrowed": narrowed}


@page_of_now
@administrators
@require_safe
def webhook(request: PageRequest, webhook: uuid.UUID) -> HttpResponse:
    """One webhook and its deliveries, the newest first."""
    hook = read.find_webhook(webhook)
    given = {key: request.GET.getlist(key) for key in ("state", "cursor", "before") if request.GET.get(key)}
    found = leaf(read.DELIVERIES, read.deliveries_to(hook), given, {"created": "created_at"})
    now = timezone.now()
    context = {
        "webhook": told(read.webhook_row(hook.id)),
        "topics": TOPICS,
        "deliveries": found.rows,
        "leaf": found,
        "states": STATES,
        "filtered": "state" in given,
        "now": now,
        # What is due is about to be sent: the table looks again until it was.
        "soon": hook.active and any(row["state"] == WAITING and row["next_at"] <= now for row in found.rows),
        "here": "webhooks",
    }
    return show(request, "webhooks/webhook.html", context, fragment="webhooks/_deliveries_table.html")


@page
@administrators
@require_POST
def webhook_active(request: PageRequest, webhook: uuid.UUID) -> HttpResponse:
    """Pauses or resumes it."""
    active = request.POST.get("active") == "1"
    hook, _ = write.update_webhook(actor=request.actor, webhook=webhook, active=active)
    said = "is resumed: what had waited is sent" if active else "is paused: nothing is sent to it"
    return done(request, reverse("webhook", args=[webhook]), f"{isolated(hook.name)} {said}")


@page
@administrators
@require_POST
def webhook_test(request: PageRequest, webhook: uuid.UUID) -> HttpResponse:
    """Queues a message to try it by."""
    write.test_webhook(actor=request.actor, webhook=webhook)
    return done(request, reverse("webhook", args=[webhook]), "A test is on its way")


@page_of_now
@administrators
@require_safe
def delivery(request: PageRequest, delivery: uuid.UUID) -> HttpResponse:
    """One delivery: what was sent, and each attempt."""
    row = read.delivery_row(delivery)
    hook = read.find_delivery(delivery).webhook
    context = {
        "delivery": row,
        "webhook": {"id": hook.id, "name": hook.name, "active": hook.active},
        "body": spelled(json.dumps(json.loads(row["body"]), indent=2, ensure_ascii=False)),
        "now": timezone.now(),
    }
    return show(request, "webhooks/delivery.html", context)


@page
@administrators
@require_POST
def delivery_replay(request: PageRequest, delivery: uuid.UUID) -> HttpResponse:
    """Sends it once more, now."""
    found = deliveries.replay(actor=request.actor, delivery=delivery)
    where = back_to(request, reverse("webhook", args=[found.webhook_id]))
    return done(request, where, f"It is sent to {isolated(found.webhook.name)} again")
