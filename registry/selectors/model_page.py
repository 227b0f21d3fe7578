"""Reads of a model's pages: its head, its versions with their metrics, who held which stage when."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Case, F, FilteredRelation, OuterRef, QuerySet, Subquery, When

from registry.models import (
    Alias,
    CardRevision,
    Event,
    MetadataValue,
    ModelVersion,
    RunVersion,
    Tenure,
)
from registry.rules.stages import EXCLUSIVE
from registry.selectors.catalog import CARD_FIELDS, find_model
from registry.selectors.catalog_lists import VERSIONS_OF_MODEL, model_versions_listing
from registry.selectors.compiled import CompiledThen
from registry.selectors.gathered import colored_tags, declared_directions, tags_told
from registry.selectors.heartbeats import serving_of
from registry.selectors.late import changed_later, is_metric
from registry.selectors.linked import links_to_count
from registry.selectors.lists import Counted, any_of
from registry.selectors.models_page import plain, tags_with_colors
from registry.selectors.moments import count_then, existing_at, held, holding, models_at, open_at
from registry.selectors.pager import Leaf, leaf

ROWS = 25  # versions on a page of all of them
SHOWN = 60  # versions on the overview's chart
STRETCHES = 240  # tenures below it
MANY = 1000  # runs and artifacts are counted up to here


def model_head(name: str, at: datetime | None = None) -> dict[str, Any]:
    """What every page of a model shows, now or at a moment, in three queries.

    Returns:
        id, name, owner, created_at, created_by, changed_at, card (with revision, at, by), tags
        (name, color), directions (of metrics, as declared), aliases (name, number, at), production,
        staging and latest (number, name, at, by, forced, run; or None), serving (what its instances say
        now, by stage), and counts: versions, events, and runs and artifacts, each up to MANY + 1, where
        `most` is MANY.

    Raises:
        NotFound: no living model has that name, or had it then.
    """
    row = _model(name, at)
    heads, aliases = _heads(row["id"], at)
    newest = max(heads, key=lambda head: head["number"], default=None)
    holders = {stage: next((head for head in heads if head["stage"] == stage), None) for stage in EXCLUSIVE}
    numbers = {stage: head["number"] if head else None for stage, head in holders.items()}
    return {
        **{key: row[key] for key in ("id", "name", "created_at")},
        "changed_at": row["changed"],
        "owner": row["owner_name"],
        "created_by": row["author"],
        "card": {key: row[f"card_{key}"] or "" for key in CARD_FIELDS}
        | {"revision": row["revisions"], "at": row["card_at"], "by": row["card_by"]},
        "tags": tags_told(row["tags_"]),
        "directions": dict(row["directions_"] or ()),
        "aliases": aliases,
        **holders,
        "serving": serving_of(row["id"], numbers) if at is None else {},
        "latest": newest,
        "counts": {"versions": row["versions_"], "most": MANY}
        | {key: row[key] for key in ("runs", "artifacts", "events")},
    }


def _model(name: str, at: datetime | None) -> dict[str, Any]:
    rows = _named(MANY).dicts(at, name)
    if not rows:
        find_model(name, at=at)  # says what there is instead
        raise AssertionError("a model appeared while it was looked for")
    return rows[0]


@cache
def _named(many: int) -> CompiledThen:
    """The model of a name, whose runs and artifacts are counted up to one more than `many`."""

    def build(at: datetime | None, name: str) -> QuerySet[Any, Any]:
        then: dict[str, Any] = {} if at is None else {"valid_from__lte": at}
        runs = RunVersion.objects.filter(of_model=OuterRef("pk"))
        runs = runs if at is None else runs.filter(at__lte=at)
        found = models_at(at).filter(name=name).order_by("-created_at")
        rows: QuerySet[Any, Any] = found.annotate(
            card=FilteredRelation("cards", condition=open_at(at, "cards__"))
        ).values(
            *("id", "name", "created_at"),
            **_counts(at),
            tags_=colored_tags("model", at),
            directions_=declared_directions(at, "pk"),
            revisions=Counted(CardRevision.objects.filter(model=OuterRef("pk"), **then).values("pk")),
            runs=_different(runs, "run", many),
            artifacts=_different(links_to_count(at), "artifact_version", many),
            owner_name=F("owner__username"),
            author=F("created_by__username"),
            card_at=F("card__valid_from"),
            card_by=F("card__author__username"),
            **{f"card_{key}": F(f"card__{key}") for key in CARD_FIELDS},
        )[:1]
        return rows

    return CompiledThen(build, "a model")


def _counts(at: datetime | None) -> dict[str, Any]:
    """A model's versions and events, and when it last changed: kept on its rows, counted for a moment."""
    if at is None:
        return {"versions_": F("version_count"), "events": F("chain__count"), "changed": F("chain__last_at")}
    # By the index of a model's times: its events are those of its chain, where a later one has a higher
    # place. The chain isn't asked for too: PostgreSQL would read all of a crowded one's to find them in both.
    events = Event.objects.filter(model_id=OuterRef("pk"), at__lte=at).order_by("-at")
    return {
        "versions_": count_then(at),
        "events": Subquery(events.values("seq")[:1]),
        "changed": Subquery(events.values("at")[:1]),
    }


def _different(rows: QuerySet[Any], what: str, many: int) -> Counted:
    """How many different `what` the rows have, up to one more than `many`."""
    return Counted(rows.order_by().values(what).distinct()[: many + 1])


def _heads(model: uuid.UUID, at: datetime | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The holders of staging and production and the newest version, each with its tenure of the moment.

    With them, as these are versions too that a model points to, its aliases: name, number, at; by name.
    """
    found = _HEADS.dicts(at, model)  # one for each alias
    aliases = [
        {"name": row["alias__name"], "number": row["number"], "at": row["alias__valid_from"]}
        for row in found
        if row["alias__name"] is not None
    ]
    return [_head(row) for row in found], sorted(aliases, key=lambda alias: alias["name"])


def _with_tenures(at: datetime | None, model: uuid.UUID) -> QuerySet[Any, Any]:
    pointers = Alias.objects.filter(open_at(at), model=model)
    # Not by their model: it may have a million versions, and few aliases.
    pointed = ModelVersion.objects.filter(existing_at(at), pk__in=pointers.values("version"))
    rows = any_of(newest_and_holders(model, 1, at), pointed).annotate(
        held=held(at),
        tenure=FilteredRelation("tenures", condition=open_at(at, "tenures__")),
        alias=FilteredRelation("aliases", condition=open_at(at, "aliases__")),
    )
    found: QuerySet[Any, Any] = rows.values(
        *("id", "number", "name", "held", "created_at", "created_by__username"),
        *("created_by_run__status", "created_by_run__ended_at"),
        *("tenure__valid_from", "tenure__actor__username", "tenure__reason", "tenure__forced"),
        *("alias__name", "alias__valid_from"),
    )
    return found


_HEADS = CompiledThen(_with_tenures, uuid.UUID(int=1))


def _head(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "number": row["number"],
        "name": row["name"],
        "stage": row["held"],
        "at": row["tenure__valid_from"] or row["created_at"],
        "by": row["tenure__actor__username"] or row["created_by__username"],
        "created_at": row["created_at"],
        "created_by": row["created_by__username"],
        "reason": row["tenure__reason"] or "",
        "forced": bool(row["tenure__forced"]),
        "run": row["created_by_run__status"],
        "run_ended": row["created_by_run__ended_at"],
    }


def _existing(model: uuid.UUID, at: datetime | None) -> QuerySet[ModelVersion]:
    """A model's versions that exist, now or at a moment."""
    return ModelVersion.objects.filter(existing_at(at), model=model)


def newest_versions(model: uuid.UUID, limit: int = SHOWN, at: datetime | None = None) -> list[dict[str, Any]]:
    """The lines of the newest versions and of the stages' holders, newest first."""
    return version_lines(newest_and_holders(model, limit, at).order_by("-number"), at)


def newest_and_holders(model: uuid.UUID, newest: int, at: datetime | None) -> QuerySet[ModelVersion]:
    """A model's newest versions, so many, and those that hold staging and production."""
    alive = _existing(model, at)
    order = "-number" if at is None else "-created_at"  # the same; but its index ends at the moment
    last = ModelVersion.objects.filter(pk__in=alive.order_by(order).values("pk")[:newest])
    return any_of(last, *(alive.filter(pk=holding(model, stage, at)) for stage in EXCLUSIVE))


def version_lines(versions: QuerySet[ModelVersion], at: datetime | None = None) -> list[dict[str, Any]]:
    """Versions for tables and charts, now or at a moment, in three queries.

    Returns:
        id, number, name, stage, created_at, author, run (status or None), run_id, tags (name, color),
        metrics: value by the path below `metrics`; late: those changed after promotion.
    """
    rows = plain(
        versions.values(
            "id",
            "number",
            "name",
            "created_at",
            held=held(at),
            author=F("created_by__username"),
            run=F("created_by_run__status"),
            run_id=F("created_by_run_id"),
        )
    )
    ids = [row["id"] for row in rows]
    tags, (metrics, late) = tags_with_colors("version", ids, at), metrics_of(ids, at)
    return [
        {
            **row,
            "stage": row["held"],
            "tags": tags.get(row["id"], []),
            "metrics": metrics.get(row["id"], {}),
            "late": late.get(row["id"], set()),
        }
        for row in rows
    ]


def metrics_of(
    versions: list[uuid.UUID], at: datetime | None = None
) -> tuple[dict[uuid.UUID, dict[str, Any]], dict[uuid.UUID, set[str]]]:
    """The numbers logged under `metrics`, now or at a moment, by version and the path below it; one query.

    With them the names of those that were changed after promotion, by version.
    """
    found: dict[uuid.UUID, dict[str, Any]] = defaultdict(dict)
    late: dict[uuid.UUID, set[str]] = defaultdict(set)
    rows = MetadataValue.objects.filter(
        open_at(at), is_metric(), version_id__in=versions, number__isnull=False
    ).order_by("path")
    for version, path, value, changed in rows.values_list("version_id", "path", "value", changed_later()):
        name = path.removeprefix("metrics.")
        found[version][name] = value
        if changed:
            late[version].add(name)
    return found, late


def versions_leaf(
    head: Mapping[str, Any], given: Mapping[str, Sequence[str]], at: datetime | None = None
) -> tuple[Leaf, dict[str, Any]]:
    """One page of a model's versions, newest first unless `given` says else; and production's metrics."""
    holder = head["production"]
    basis: dict[str, Any] = {}

    def lines(ids: list[Any]) -> list[dict[str, Any]]:
        wanted = [*ids, *([holder["id"]] if holder else [])]
        rows = version_lines(ModelVersion.objects.filter(pk__in=wanted), at)
        basis.update(next((row["metrics"] for row in rows if holder and row["id"] == holder["id"]), {}))
        return rows

    within = _existing(head["id"], at)
    keys = {"number": "number", "created": "number", "name": "name"}
    here = {"limit": [str(ROWS)], **given}
    listing = VERSIONS_OF_MODEL if at is None else model_versions_listing(at)
    return leaf(replace(listing, rows=lines), within, here, keys), basis


def tenures(model: uuid.UUID, at: datetime | None = None, limit: int = STRETCHES) -> list[dict[str, Any]]:
    """Who held staging and production when, the present first: stage, number, start, end.

    Args:
        at: as it was told at this moment: what ended later goes on.
    """
    begun = Tenure.objects.filter(model=model)
    if at is not None:
        begun = begun.filter(valid_from__lte=at)
    rows = any_of(*(_latest(begun.filter(stage=stage), limit) for stage in EXCLUSIVE))
    end = F("valid_to") if at is None else Case(When(valid_to__lte=at, then=F("valid_to")), default=None)
    rows = rows.annotate(end=end).order_by(F("end").desc(nulls_first=True), "-valid_from", "-id")
    return plain(rows.values("stage", "end", number=F("version__number"), start=F("valid_from"))[:limit])


def _latest(rows: QuerySet[Tenure], limit: int) -> QuerySet[Tenure]:
    return Tenure.objects.filter(pk__in=rows.order_by("-valid_from", "-id").values("pk")[:limit])
