"""Reads of heartbeats: what each instance runs, and what those of a stage say together."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Window
from django.utils import timezone

from registry.models import Heartbeat, Model
from registry.rules.errors import NotFound
from registry.rules.filter_values import Kind
from registry.rules.filters import EXACT, Field
from registry.rules.heartbeats import FORGOTTEN, GONE, Running, Serving
from registry.rules.stages import EXCLUSIVE, PRODUCTION
from registry.selectors.columns import Column
from registry.selectors.lists import Listing, Sort
from registry.selectors.models_page import plain

SHOWN = 6  # instances on a version's page
Key = tuple[uuid.UUID, str]  # a model and a stage


def heartbeats_of(model: Model) -> QuerySet[Heartbeat]:
    """What the instances of a model said, as far as it isn't forgotten."""
    return Heartbeat.objects.filter(model=model, seen_at__gt=timezone.now() - FORGOTTEN)


def heartbeat_rows(ids: Iterable[Any]) -> list[dict[str, Any]]:
    """The rows of heartbeats as every door shows them."""
    rows = Heartbeat.objects.filter(pk__in=list(ids)).values(
        "id",
        "instance",
        "stage",
        "environment",
        "since",
        "seen_at",
        model_name=F("model__name"),
        number=F("version__number"),
        holds=F("version__stage"),
    )
    gone = timezone.now() - GONE
    return [
        {
            "id": row["id"],
            "model": row["model_name"],
            "instance": row["instance"],
            "stage": row["stage"],
            "environment": row["environment"],
            "version": row["number"],
            "current": row["holds"] == row["stage"],
            "gone": row["seen_at"] <= gone,
            "since": row["since"],
            "seen_at": row["seen_at"],
        }
        for row in rows
    ]


def heartbeat_row(ident: uuid.UUID) -> dict[str, Any]:
    """The row of one heartbeat; NotFound if its model went for good."""
    for row in heartbeat_rows([ident]):
        return row
    raise NotFound("The model was purged.", code="no_such_model")


HEARTBEATS = Listing(
    rows=heartbeat_rows,
    columns={
        "stage": Column(Field(Kind.TEXT, EXACT, EXCLUSIVE), "stage"),
        "version": Column(Field(Kind.NUMBER, ("eq", "in"), about="A version's number."), "version__number"),
        "instance": Column(Field(), "instance", names=True),
        "environment": Column(Field(ops=EXACT), "environment"),
        "seen": Column(Field(Kind.TIME), "seen_at"),
    },
    sorts={"instance": Sort("instance")},
    default="instance",
)


def serving(models: Q) -> dict[Key, Serving]:
    """What the living instances of models say together, by model and stage, in one query.

    Args:
        models: a condition on heartbeats that says of which models.
    """
    alive = Heartbeat.objects.filter(models, seen_at__gt=timezone.now() - GONE).order_by()
    found: dict[Key, list[Running]] = defaultdict(list)
    groups = alive.values("model_id", "stage", "version__number", "version__stage")
    for row in groups.annotate(many=Count("pk"), seen=Max("seen_at")):
        current = row["version__stage"] == row["stage"]
        one = Running(row["version__number"], current, row["many"], row["seen"])
        found[row["model_id"], row["stage"]].append(one)
    return {key: Serving(tuple(rows)) for key, rows in found.items()}


def serving_on(models: Collection[uuid.UUID]) -> dict[uuid.UUID, Serving]:
    """What the living instances of each model's production say together, by model; one query."""
    said = serving(Q(model__in=models, stage=PRODUCTION))
    return {model: one for (model, _), one in said.items()}


def serving_of(model: uuid.UUID, holders: Mapping[str, int | None]) -> dict[str, Serving]:
    """What the living instances of a model say together, by stage, beside the numbers of the holders."""
    return {
        stage: replace(said, declared=holders.get(stage))
        for (_, stage), said in serving(Q(model=model)).items()
    }


def facts_of(said: Iterable[tuple[Any, Serving]]) -> list[tuple[str, Any]]:
    """What a page shows of them, so that it is drawn again when that changes."""
    return sorted((str(key), one.facts) for key, one in said)


def instances_of(version: uuid.UUID) -> list[dict[str, Any]]:
    """The living instances that run a version, the last heard first; each with how many there are."""
    alive = Heartbeat.objects.filter(version=version, seen_at__gt=timezone.now() - GONE)
    rows = alive.annotate(total=Window(Count("pk"))).order_by("-seen_at", "instance")
    return plain(rows.values("instance", "stage", "environment", "since", "seen_at", "total")[:SHOWN])
