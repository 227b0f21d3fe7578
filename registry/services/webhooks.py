"""Writes of webhooks: made, changed, paused, given a new secret, tested, deleted."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from registry.models import SYSTEM_CHAIN, Delivery, Webhook
from registry.rules import webhooks as rules
from registry.rules.addresses import as_ip, parse_url, why_not
from registry.rules.errors import Conflict, InvalidInput, RuleRefused
from registry.rules.names import check_name
from registry.selectors.catalog import find_model
from registry.selectors.tags import find_tag
from registry.selectors.webhooks import filter_names, find_webhook
from registry.services import queues
from registry.services.actors import Actor
from registry.services.announcements import queue_delivery
from registry.services.unit import Change, Work, unit

RIGHT = "edit_webhooks"
Names = Iterable[str] | None


def create_webhook(
    *,
    actor: Actor,
    name: str,
    url: str,
    events: Names = None,
    models: Names = None,
    tags: Names = None,
    stages: Names = None,
    format: str = rules.STANDARD,
) -> tuple[Webhook, str]:
    """Makes a webhook.

    Args:
        url: where its events are posted.
        events: topics of rules.webhooks; all if None.
        models, tags: names; only what concerns one of them. stages: only moves into or out of one of them.
        format: `standard`, or `slack` for the body that Slack's incoming webhooks take.

    Returns:
        the webhook, and its secret, which is shown this once.

    Raises:
        InvalidInput: the URL can't be sent to, or a filter isn't known. Conflict: the name is taken.
    """
    actor.require(RIGHT, "make a webhook")
    values = _checked({"name": name, "url": url, "topics": rules.check_topics(events), "format": format})
    values |= _filters(models=models or (), tags=tags or (), stages=stages or ())
    hook = Webhook(**values, secret=rules.new_secret(), created_at=timezone.now(), created_by_id=actor.id)
    with unit(actor, SYSTEM_CHAIN) as work:
        if Webhook.objects.count() >= rules.MAX_WEBHOOKS:
            raise RuleRefused(f"There are {rules.MAX_WEBHOOKS} webhooks already.", code="too_many_webhooks")
        _refuse_taken(hook)
        work.record(Change("webhook.created", ("webhook", hook.id, hook.name), after=_shown(hook)))
        hook.save(force_insert=True)
    return hook, hook.secret


def update_webhook(
    *,
    actor: Actor,
    webhook: uuid.UUID,
    name: str | None = None,
    url: str | None = None,
    events: Names = None,
    models: Names = None,
    tags: Names = None,
    stages: Names = None,
    format: str | None = None,
    active: bool | None = None,
    rotate: bool = False,
) -> tuple[Webhook, str | None]:
    """Changes what is given; see create_webhook.

    Args:
        active: False pauses it: nothing is queued or sent. True resumes it: what had waited is sent.
        rotate: a new secret; for a day the old one signs too.

    Returns:
        the webhook, and the new secret if there is one.
    """
    actor.require(RIGHT, "change a webhook")
    wanted: dict[str, Any] = {"name": name, "url": url, "format": format}
    wanted["topics"] = None if events is None else rules.check_topics(events)
    values = _checked({key: value for key, value in wanted.items() if value is not None})
    values |= _filters(models=models, tags=tags, stages=stages)
    with unit(actor, SYSTEM_CHAIN) as work:
        hook = find_webhook(webhook)
        _change(work, hook, values)
        if active is not None:
            _set_active(work, hook, active)
        secret = _rotate(work, hook) if rotate else None
        hook.save()
    return hook, secret


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values in their one spelling."""
    if "name" in values:
        values["name"] = check_name(values["name"], "The webhook's name")
    if "url" in values:
        values["url"] = _check_url(values["url"])
    if "format" in values:
        values["format"] = rules.check_format(values["format"])
    return values


def _check_url(url: str) -> str:
    """The URL; an IP address in it is judged at once, a name when it is sent to."""
    address = parse_url(url)
    why = why_not(address.host, settings.WEBHOOK_ALLOW) if as_ip(address.host) else ""
    if why:
        raise InvalidInput(
            f"{address.host} is {why}: nothing is sent there.",
            code="address_refused",
            fields={"url": f"{address.host} is {why}."},
            hint="Whoever runs the server can allow it by MODELCP_WEBHOOK_ALLOW.",
        )
    return address.url


def _filters(**given: Names) -> dict[str, list[str]]:
    """The filters that are given, models and tags as ids: they may be renamed."""
    found: dict[str, list[str]] = {}
    for key, names in given.items():
        if names is None:
            continue
        words = list(dict.fromkeys(names))
        if len(words) > rules.MAX_FILTERS:
            said = f"At most {rules.MAX_FILTERS}."
            raise InvalidInput(f"That are too many {key}.", fields={key: said}, hint=said)
        if key == "stages":
            found["only_stages"] = rules.check_stages(words)
        else:
            find: Any = find_model if key == "models" else find_tag
            found[f"only_{key}"] = [str(find(word).id) for word in words]
    return found


def _refuse_taken(hook: Webhook) -> None:
    if Webhook.objects.filter(name=hook.name).exclude(id=hook.id).exists():
        raise Conflict(
            f"There is a webhook {hook.name!r} already.",
            code="name_taken",
            fields={"name": "This name is taken."},
            hint="Choose another name.",
        )


def _shown(hook: Webhook) -> dict[str, Any]:
    """What events tell of a webhook: its URL without the path, which may be a secret; never the secret."""
    return {
        "name": hook.name,
        "origin": parse_url(hook.url).origin,
        "format": hook.format,
        "events": hook.topics,
        **filter_names(hook),
        "stages": hook.only_stages,
    }


def _change(work: Work, hook: Webhook, values: Mapping[str, Any]) -> None:
    before, url = _shown(hook), hook.url
    for key, value in values.items():
        setattr(hook, key, value)
    after = _shown(hook)
    changed = [key for key in after if after[key] != before[key]]
    if not changed and hook.url == url:
        return
    _refuse_taken(hook)
    work.record(
        Change(
            "webhook.changed",
            ("webhook", hook.id, hook.name),
            before={key: before[key] for key in changed},
            after={key: after[key] for key in changed},
            extra={"url_changed": True} if hook.url != url else {},
        )
    )


def _set_active(work: Work, hook: Webhook, active: bool) -> None:
    if hook.active == active:
        return
    at = work.record(
        Change(
            "webhook.resumed" if active else "webhook.paused",
            ("webhook", hook.id, hook.name),
            before={"active": hook.active},
            after={"active": active},
        )
    )
    hook.active, hook.disabled = active, ""
    queues.drop(hook.id)
    if active:
        _queue_again(hook, at)


def _queue_again(hook: Webhook, at: datetime) -> None:
    """What had waited while the webhook was paused is due again."""
    waiting = Delivery.objects.filter(webhook=hook, state=rules.WAITING).order_by("created_at")
    for ident, attempts, due in waiting.values_list("id", "attempts", "next_at"):
        queues.put(hook.id, ident, number=attempts + 1, at=max(due or at, at))


def _rotate(work: Work, hook: Webhook) -> str:
    at = work.record(Change("webhook.secret_changed", ("webhook", hook.id, hook.name)))
    hook.old_secret, hook.old_secret_until = hook.secret, at + rules.OLD_SECRET_LIFE
    hook.secret = rules.new_secret()
    return hook.secret


def delete_webhook(*, actor: Actor, webhook: uuid.UUID) -> None:
    """Deletes a webhook with its log; what waits for it is dropped."""
    actor.require(RIGHT, "delete a webhook")
    with unit(actor, SYSTEM_CHAIN) as work:
        hook = find_webhook(webhook)
        work.record(Change("webhook.deleted", ("webhook", hook.id, hook.name), before=_shown(hook)))
        queues.drop(hook.id)
        hook.delete()


def test_webhook(*, actor: Actor, webhook: uuid.UUID) -> Delivery:
    """Queues a message of type webhook.ping, to see whether it arrives.

    Raises:
        RuleRefused: the webhook is paused.
    """
    actor.require(RIGHT, "test a webhook")
    with unit(actor, SYSTEM_CHAIN) as work:
        hook = find_webhook(webhook)
        if not hook.active:
            raise RuleRefused(
                f"The webhook {hook.name!r} is paused: nothing is sent to it.",
                code="webhook_paused",
                hint="Resume it first.",
            )
        at = work.record(Change("webhook.tested", ("webhook", hook.id, hook.name)))
        text = rules.body(hook.format, rules.PING, at, {"webhook": hook.name, "actor": actor.name})
        delivery = Delivery(webhook=hook, topic=rules.PING, body=text, created_at=at, next_at=at)
        queue_delivery(delivery)
    return delivery
