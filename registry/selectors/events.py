"""Reads of events: the list, and the newest about a thing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

from registry.models import SYSTEM_CHAIN, Event, Model
from registry.rules.filter_values import Kind
from registry.rules.filters import EXACT, Field, Test
from registry.rules.history import ABOUT
from registry.selectors.columns import Column, compare, walked
from registry.selectors.lists import Listing, Sort

SYSTEM_NAME = "modelcp"


def all_events() -> QuerySet[Event]:
    """Every event."""
    return Event.objects.all()


def event_of_model(model: Model, ident: int) -> Event | None:
    """The event of that id in a model's chain."""
    return Event.objects.filter(id=ident, chain_id=model.chain_id).first()


def event_rows(ids: list[Any]) -> list[dict[str, Any]]:
    """The rows of events as every door shows them."""
    return rows_of(Event.objects.filter(pk__in=ids))


def rows_of(found: QuerySet[Event]) -> list[dict[str, Any]]:
    """The rows of a sliced queryset of events, in its order, in one query."""
    called = Model.objects.filter(id=OuterRef("model_id")).values("name")[:1]
    return [_row(event, event.called) for event in found.annotate(called=Subquery(called))]


def first_content(chain: Any, kind: str, target: object, action: str) -> dict[str, Any]:
    """What a thing was made with, by the event of its making; empty if that was purged."""
    made = Event.objects.filter(chain_id=chain, target_type=kind, target_id=str(target), action=action)
    payload = made.order_by("at").values_list("payload", flat=True).first()
    content: dict[str, Any] = json.loads(payload)["after"] if payload else {}
    return content


def newest_about(
    kind: str, ident: object, names: dict[Any, str], limit: int, at: datetime | None = None
) -> list[dict[str, Any]]:
    """The rows of the newest events about one thing, in one query.

    Args:
        kind, ident: what the events call their target.
        names: what its models are called, by id.
        at: those that had happened at this moment.
    """
    by_then = Q() if at is None else Q(at__lte=at)
    events = Event.objects.filter(by_then, target_type=kind, target_id=str(ident)).order_by("-id")[:limit]
    return [_row(event, names.get(event.model_id)) for event in events]


def model_names(ids: Iterable[Any]) -> dict[Any, str]:
    """What the models of these ids are called now; a purged one isn't among them."""
    return dict(Model.objects.filter(id__in=list(ids)).values_list("id", "name"))


def _row(event: Event, model: str | None) -> dict[str, Any]:
    payload = json.loads(event.payload) if event.payload else {}
    return {
        "id": event.id,
        "seq": event.seq,
        "chain": "system" if event.chain_id == SYSTEM_CHAIN else str(event.chain_id),
        "at": event.at,
        "actor": event.actor_name,
        "door": event.door,
        "action": event.action,
        "model": model,
        "target": {"type": event.target_type, "id": event.target_id, "name": event.target_name},
        "before": payload.pop("before", None),
        "after": payload.pop("after", None),
        "reason": payload.pop("reason", ""),
        "run": event.run_id,
        "extra": {key: value for key, value in payload.items() if key != "name"},
        "hash": event.hash,
    }


def _by_actor(test: Test) -> Q:
    names = test.value if test.op == "in" else (test.value,)
    ids = list(get_user_model().objects.filter(username__in=names).values_list("id", flat=True))
    found = Q(actor_id__in=ids)
    return found | Q(actor_id__isnull=True, actor_name=SYSTEM_NAME) if SYSTEM_NAME in names else found


def _by_model(test: Test) -> Q:
    """The events of the models that are or were called so; a deleted one's too."""
    names = test.value if test.op == "in" else (test.value,)
    return Q(model_id__in=list(Model.objects.filter(name__in=names).values_list("id", flat=True)))


def _by_what(test: Test) -> Q:
    column, names = ABOUT[test.value]
    return Q(**{f"{column}__in": names})


def _walked_by_what(test: Test) -> Q:
    """The same, written so that no index is used."""
    column, names = ABOUT[test.value]
    return Q(In(Coalesce(F(column), Value(""), output_field=CharField()), names))


def _by_reason(test: Test) -> Q:
    """Those that have a reason are in an index of their own, in the list's order."""
    reason = Q(reason__icontains=test.value) if test.op == "contains" else Q(reason=test.value)
    return Q(reason__isnull=False) & reason


# Each has an index in the list's order; but where two are asked, one of which is rare, it must lead.
_INDEXED: dict[str, Any] = {"sparse": True, "ordered": ("eq",)}


def _indexed(accepts: Field, path: str) -> Column:
    """A filter that is counted among all events: within a long model its index alone wouldn't lead."""

    def source(test: Test) -> QuerySet[Any, Any]:
        return Event.objects.filter(compare(Column(accepts, path), test)).values("pk")

    return Column(accepts, path, source=source, **_INDEXED)


_TYPE = Column(
    Field(ops=EXACT, about="What was changed: model, version, tag, token …"), "target_type", **_INDEXED
)


def _by_type(test: Test) -> Q:
    """Those of any other type are what stands before and after it in an index."""
    if test.op != "not":
        return compare(_TYPE, test)
    return Q(target_type__lt=test.value) | Q(target_type__gt=test.value)


def _walked_by_type(test: Test) -> Q:
    return walked(_TYPE, test, compare(_TYPE, test))


EVENTS = Listing(
    rows=event_rows,
    columns={
        "actor": Column(Field(ops=("eq", "in"), about="A user's name."), where=_by_actor, **_INDEXED),
        "action": _indexed(Field(ops=("eq", "in"), about="Such as version.promoted."), "action"),
        "door": _indexed(Field(Kind.TEXT, ("eq", "in"), ("page", "api", "sdk", "cli", "system")), "door"),
        "at": Column(Field(Kind.TIME), "at"),
        "model": Column(
            Field(ops=("eq", "in"), about="A model's name, also of a deleted one."),
            where=_by_model,
            **_INDEXED,
        ),
        "type": replace(_TYPE, where=_by_type, walked=_walked_by_type, counted=("not",)),
        "what": Column(
            Field(ops=("eq",), choices=tuple(ABOUT), about="What it is about, such as stages."),
            where=_by_what,
            sparse=True,
            walked=_walked_by_what,
        ),
        "reason": Column(
            Field(ops=("eq", "contains"), literal=True, about="Why; contains ignores case."), where=_by_reason
        ),
        "target": Column(Field(ops=("eq", "in"), about="The id of what was changed."), "target_id"),
        "run": Column(Field(Kind.ID, about="The run that the change came from."), "run_id"),
    },
    sorts={"at": Sort("at", Kind.TIME)},
    default="-at",
)
