"""Reads of webhooks and deliveries: which want an event, and the rows that every door shows."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from registry.models import Attempt, Delivery, Event, Model, ModelVersion, Tag, TagAttachment, Webhook
from registry.rules.errors import NotFound
from registry.rules.filter_values import Kind
from registry.rules.filters import EXACT, Field
from registry.rules.webhooks import PING, PROMOTED, STATES, TOPICS, WAITING, Facts, Filters
from registry.selectors.columns import Column
from registry.selectors.compiled import Compiled
from registry.selectors.lists import Listing, Sort
from registry.selectors.models_page import plain

Row = dict[str, Any]


@dataclass(frozen=True)
class Hook:
    """An active webhook, as far as deciding whether it wants an event needs it."""

    id: uuid.UUID
    name: str
    format: str
    filters: Filters


def _active() -> QuerySet[Any, Any]:
    return Webhook.objects.filter(active=True).values_list(
        "id", "name", "format", "topics", "only_models", "only_tags", "only_stages"
    )


_ACTIVE = Compiled(_active)


def active_hooks() -> list[Hook]:
    """The webhooks that aren't paused, by one small query."""
    return [Hook(ident, name, form, Filters(*told)) for ident, name, form, *told in _ACTIVE.rows()]


def tags_on(hooks: Iterable[Hook], targets: Q) -> set[str]:
    """The ids of the tags on these targets; not asked for where no webhook looks at tags."""
    return {tag for _, tag in _tagged(hooks, targets)}


def _tagged(hooks: Iterable[Hook], targets: Q) -> list[tuple[uuid.UUID | None, str]]:
    """The tags on these targets, each with the version that carries it if one does."""
    if not any(hook.filters.tags for hook in hooks):
        return []
    rows = TagAttachment.objects.filter(targets, valid_to__isnull=True)
    return [(version, str(tag)) for version, tag in rows.values_list("version_id", "tag_id")]


def moved(model: object, tags: Collection[str], *stages: str | None) -> Facts:
    """What filters look at when a version of a model moves from a stage to another."""
    return Facts(PROMOTED, {str(model)}, tags, {stage for stage in stages if stage})


def told_of_moves(model: Model, moves: Sequence[tuple[ModelVersion, str | None]]) -> list[str]:
    """The names of the webhooks that fire when versions of a model go into these stages; two queries."""
    changes = [(version, stage) for version, stage in moves if version.stage != stage]
    hooks = active_hooks() if changes else []
    tagged = _tagged(hooks, Q(model_id=model.id) | Q(version_id__in=[version.id for version, _ in changes]))
    found: set[str] = set()
    for version, stage in changes if hooks else ():
        tags = {tag for carrier, tag in tagged if carrier in (None, version.id)}
        facts = moved(model.id, tags, version.stage, stage)
        found.update(hook.name for hook in hooks if hook.filters.want(facts))
    return sorted(found)


def all_webhooks() -> QuerySet[Webhook]:
    """Every webhook."""
    return Webhook.objects.all()


def find_webhook(ident: uuid.UUID) -> Webhook:
    """The webhook of that id; NotFound if there is none."""
    found = Webhook.objects.filter(id=ident).first()
    if found is None:
        raise NotFound(
            "There is no such webhook.", code="no_such_webhook", hint="`modelcp webhook list` shows all."
        )
    return found


def webhook_rows(ids: list[Any]) -> list[Row]:
    """The rows of webhooks; never their secrets."""
    last = Delivery.objects.filter(webhook=OuterRef("pk")).order_by("-created_at", "-id")
    found = list(
        Webhook.objects.filter(pk__in=ids).annotate(
            by=F("created_by__username"),
            last_state=Subquery(last.values("state")[:1]),
            last_at=Subquery(last.values("created_at")[:1]),
            waiting=Count("deliveries", filter=Q(deliveries__state=WAITING)),
        )
    )
    models = _names(Model, [ident for hook in found for ident in hook.only_models])
    tags = _names(Tag, [ident for hook in found for ident in hook.only_tags])
    return [_row(hook, models, tags) for hook in found]


def _names(table: Any, ids: list[str]) -> dict[str, str]:
    rows = table.objects.filter(id__in=set(ids)).values_list("id", "name") if ids else ()
    return {str(ident): name for ident, name in rows}


def filter_names(hook: Any) -> dict[str, list[str]]:
    """What the models and tags that a webhook is narrowed to are called now."""
    models, tags = _names(Model, hook.only_models), _names(Tag, hook.only_tags)
    return {
        "models": sorted(models.get(ident, GONE) for ident in hook.only_models),
        "tags": sorted(tags.get(ident, GONE) for ident in hook.only_tags),
    }


GONE = "(deleted)"  # in place of the name of a model or tag that a filter named and that is gone


def _row(hook: Any, models: dict[str, str], tags: dict[str, str]) -> Row:
    return {
        "id": hook.id,
        "name": hook.name,
        "url": hook.url,
        "format": hook.format,
        "events": hook.topics,
        "models": sorted(models.get(ident, GONE) for ident in hook.only_models),
        "tags": sorted(tags.get(ident, GONE) for ident in hook.only_tags),
        "stages": hook.only_stages,
        "active": hook.active,
        "disabled": hook.disabled,
        "old_secret_until": hook.old_secret_until,
        "created_at": hook.created_at,
        "created_by": hook.by,
        "waiting": hook.waiting,
        "last_state": hook.last_state,
        "last_at": hook.last_at,
    }


def webhook_row(ident: uuid.UUID) -> Row:
    """The row of one webhook; NotFound if there is none."""
    return webhook_rows([find_webhook(ident).id])[0]


WEBHOOKS = Listing(
    rows=webhook_rows,
    columns={
        "name": Column(Field(Kind.TEXT, EXACT, literal=True), "name", names=True),
        "active": Column(Field(Kind.BOOL), "active"),
        "created": Column(Field(Kind.TIME), "created_at"),
    },
    sorts={"name": Sort("name"), "created": Sort("created_at", Kind.TIME)},
    default="name",
)


# Deliveries --------------------------------------------------------------------------------------


def deliveries_to(webhook: Webhook) -> QuerySet[Delivery]:
    """What was or will be delivered to a webhook."""
    return Delivery.objects.filter(webhook=webhook)


def find_delivery(ident: uuid.UUID) -> Delivery:
    """The delivery of that id with its webhook; NotFound if there is none."""
    found = Delivery.objects.select_related("webhook").filter(id=ident).first()
    if found is None:
        raise NotFound(
            "There is no such delivery.",
            code="no_such_delivery",
            hint="Those that ended are kept for 30 days.",
        )
    return found


def delivery_rows(ids: list[Any]) -> list[Row]:
    """The rows of deliveries, each with how its last attempt went."""
    last = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-number")
    event = Event.objects.filter(chain_id=OuterRef("chain_id"), seq=OuterRef("seq"))
    rows = Delivery.objects.filter(pk__in=ids).values(
        "id",
        "state",
        "attempts",
        "created_at",
        "next_at",
        "ended_at",
        type=F("topic"),
        to=F("webhook__name"),
        event=Subquery(event.values("id")[:1]),
        status=Subquery(last.values("status")[:1]),
        error=Subquery(last.values("error")[:1]),
        milliseconds=Subquery(last.values("milliseconds")[:1]),
    )
    return [{"webhook": row.pop("to"), **row} for row in plain(rows)]


def delivery_row(ident: uuid.UUID) -> Row:
    """One delivery with its body and each attempt; NotFound if there is none."""
    found = find_delivery(ident)
    log = found.log.order_by("number").values(
        "number", "at", "ended", "status", "milliseconds", "error", "answer"
    )
    return {**delivery_rows([found.id])[0], "body": found.body, "log": list(log)}


def deliveries_of(event: Row) -> list[Row]:
    """The deliveries that tell of an event, in the order of their webhooks' names."""
    chain = uuid.UUID(int=0) if event["chain"] == "system" else event["chain"]
    ids = Delivery.objects.filter(chain_id=chain, seq=event["seq"]).values_list("id", flat=True)
    return sorted(delivery_rows(list(ids)), key=lambda row: str(row["webhook"])) if ids else []


DELIVERIES = Listing(
    rows=delivery_rows,
    columns={
        "state": Column(Field(Kind.TEXT, ("eq", "in"), STATES), "state"),
        "type": Column(Field(Kind.TEXT, ("eq", "in"), (*TOPICS, PING)), "topic"),
        "created": Column(Field(Kind.TIME), "created_at"),
    },
    sorts={"created": Sort("created_at", Kind.TIME)},
    default="-created",
)
