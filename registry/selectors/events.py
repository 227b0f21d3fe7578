"""Reads of events: the list, and the check of the chains."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson
from django.contrib.auth import get_user_model
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

from registry.models import SYSTEM_CHAIN, Chain, Event, Model
from registry.rules import chain as rules
from registry.rules.checkpoints import Head, Witness
from registry.rules.errors import NotFound
from registry.rules.filter_values import Kind
from registry.rules.filters import EXACT, Field, Test
from registry.rules.history import ABOUT
from registry.selectors.columns import Column, compare
from registry.selectors.hashed import as_hashed
from registry.selectors.lists import Listing, Sort
from registry.selectors.long_reads import without_limit

SYSTEM_NAME = "modelcp"
BESIDE = ("id", "reason", "chain__count", "chain__head")  # what is checked besides what was hashed


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
        "type": Column(
            Field(ops=EXACT, about="What was changed: model, version, tag, token …"),
            "target_type",
            **_INDEXED,
        ),
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
    reading = Reading(witness)
    with without_limit():
        fault = (
            _first_fault(reading.watch(as_hashed(events, *BESIDE))) or _headless(events) or _eventless(chains)
        )
        if fault is None and model is None:
            fault = _missing()
    if fault is None and witness is not None:
        fault = reading.differs or witness.missed()
    answer = {
        "whole": fault is None,
        "chains": len(reading.heads),
        "events": reading.events,
        "fault": _explain(fault) if fault else None,
    }
    return answer, reading


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
    system = fault.chain == str(SYSTEM_CHAIN)
    name = (
        None if system else Model.objects.filter(chain_id=fault.chain).values_list("name", flat=True).first()
    )
    where = (
        "the system's chain"
        if system
        else f"the chain of the model {name!r}"
        if name
        else f"chain {fault.chain}"
    )
    message = f"Event {fault.seq} of {where}: {fault.why}."
    chain = "system" if system else fault.chain
    return {"chain": chain, "model": name, "seq": fault.seq, "why": fault.why, "message": message}
