"""Reads of a promotion plan: everything that a decision needs, by a fixed number of queries."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, FilteredRelation, Max, OuterRef, Q, Subquery
from django.utils import timezone

from registry.models import (
    ApprovalRequest,
    Model,
    ModelVersion,
    RunVersion,
    StepInput,
)
from registry.rules import plans as rules
from registry.rules.metadata import leaves_of
from registry.rules.stages import EXCLUSIVE, check_target
from registry.selectors.approvals import answered_row, asked_rows
from registry.selectors.catalog import CARD_FIELDS, find_model, find_version
from registry.selectors.evidence import BYTES, MADE_BY, Evidence
from registry.selectors.gates import Ask, hear
from registry.selectors.gathered import alias_names, declared_directions
from registry.selectors.models_page import plain
from registry.selectors.webhooks import told_of_moves

Side = dict[str, Any]


def plan_promotion(model: str, version: object, to: object) -> dict[str, Any]:
    """What putting a version into a stage would mean, with the hash by which it is confirmed.

    Raises:
        RuleRefused: `to` is no stage. NotFound: there is no such model or version.
    """
    target = check_target(to)
    found = find_model(model)
    return make_plan(found, find_version(found, version), target)


def make_plan(model: Model, version: ModelVersion, target: str) -> dict[str, Any]:
    """The plan as things are now; within a unit that holds the model's chain nobody can change them."""
    now = timezone.now()
    candidate, holder, aliases = _sides(model, version, target)
    sides = {side["id"]: side for side in (candidate, holder) if side}
    both = set(sides)
    held: Side = holder or {}
    ask = Ask(model.id, target, version.id, held.get("id"), now)
    request = candidate["request"]
    asked = asked_rows(ApprovalRequest.objects.filter(pk=request)) if request else []
    asks = [ask] if target in EXCLUSIVE else []
    heard = hear(asks, whole=both if asked else (), shown=both, cards=[model.id], known=sides)
    (values, late), artifacts = _values(heard.held), _artifacts(heard.held, candidate, holder)
    plan: dict[str, Any] = {
        "model": model.name,
        "to": target,
        "drawn_at": now,
        "changes": candidate["stage"] != target,
        "candidate": _shown(candidate),
        "holder": _shown(holder) if holder else None,
        "metrics": rules.metric_lines(
            values[candidate["id"]],
            values[held.get("id")],
            dict(candidate["directions"] or ()),
            (late[candidate["id"]], late[held.get("id")]),
        ),
        **{
            part: rules.lines(leaves_of(candidate[part]), leaves_of(held.get(part)))
            for part in ("parameters", "code", "environment")
        },
        "artifacts": rules.artifact_lines(artifacts[candidate["id"]], artifacts[held.get("id")]),
        "missing": _missing(heard.held.cards.get(model.id, [])),
        "gates": heard.judged(ask).gates,
        "approvals": [answered_row(row, heard.held, heard.needed(model.id, target)) for row in asked],
        "effects": rules.moves(candidate, holder, target),
        "aliases": aliases,
        "webhooks": told_of_moves(model, [(version, target)]),
        "users": _users(holder["id"], target, now) if holder else [],
    }
    return {"hash": rules.plan_hash(rules.decision(plan)), **plan}


def _sides(
    model: Model, version: ModelVersion, target: str
) -> tuple[Side, Side | None, list[dict[str, Any]]]:
    """The version, the other one that holds the stage now, if only one can, and the aliases of both."""
    wanted = Q(id=version.id) | (Q(stage=target) if target in EXCLUSIVE else Q())
    rows = ModelVersion.objects.filter(wanted, model=model, deleted_at__isnull=True).annotate(
        tenure=FilteredRelation("tenures", condition=Q(tenures__valid_to__isnull=True))
    )
    asked = ApprovalRequest.objects.filter(version=OuterRef("pk"), stage=target, valid_to__isnull=True)
    more = {"directions": declared_directions(), "named": alias_names()}
    found = plain(rows.values(*_FACTS, **_MORE, **more, request=Subquery(asked.values("pk")[:1])))
    return (
        next(row for row in found if row["id"] == version.id),
        next((row for row in found if row["id"] != version.id), None),
        _aliases(found),
    )


_FACTS = ("id", "number", "name", "stage", "created_at")
_MORE = {
    "author": F("created_by__username"),
    "since": F("tenure__valid_from"),
    "by": F("tenure__actor__username"),
    "run_id": F("created_by_run_id"),
    "run_name": F("created_by_run__name"),
    **MADE_BY,
    "pipeline": F("created_by_run__pipeline__name"),
    "parameters": F("created_by_run__parameters"),
    "code": F("created_by_run__code"),
    "environment": F("created_by_run__environment"),
}


def _shown(side: Side) -> Side:
    run = {
        "id": side["run_id"],
        "name": side["run_name"],
        "status": side["status"],
        "pipeline": side["pipeline"],
    }
    return {
        **{key: side[key] for key in _FACTS},
        "created_by": side["author"],
        "since": side["since"],
        "by": side["by"],
        "run": run if side["run_id"] else None,
    }


def _values(evident: Evidence) -> tuple[dict[Any, dict[str, Any]], dict[Any, set[str]]]:
    """The metrics of each version by path, and the paths of those changed after promotion."""
    found: dict[Any, dict[str, Any]] = defaultdict(dict)
    late: dict[Any, set[str]] = defaultdict(set)
    for version, rows in evident.metadata.items():
        for row in rows:
            if row["valid_to"] is None and row["path"].startswith(rules.METRICS):
                found[version][row["path"]] = row["value"]
                late[version] |= {row["path"]} if row["late"] else set()
    return found, late


def _artifacts(evident: Evidence, *sides: Side | None) -> dict[Any, dict[tuple[str, str], Any]]:
    """The artifacts linked to each version, and what its run read from elsewhere, by kind and name.

    Data that other runs made from it since, such as its predictions, say nothing of the version itself.
    """
    runs = {side["id"]: side["run_id"] for side in sides if side and side["run_id"]}
    read = StepInput.objects.filter(step__run_id__in=runs.values()).order_by("artifact_version__number")
    inputs: dict[Any, list[Side]] = defaultdict(list)
    for row in plain(read.values(of=F("step__run_id"), maker=F("artifact_version__step__run_id"), **BYTES)):
        of, maker = row.pop("of"), row.pop("maker")
        if maker != of:
            inputs[of].append(row)
    found: dict[Any, dict[tuple[str, str], Any]] = defaultdict(dict)
    for version, links in evident.links.items():
        run = runs.get(version)
        for link in links:
            told = {key: link[key] for key in BYTES}
            since = (
                link["kind"] == "data"
                and run
                and link["maker"] not in (None, run)
                and told not in inputs[run]
            )
            if link["valid_to"] is None and not since:
                found[version][link["kind"], link["name"]] = told
    for version, run in runs.items():
        for row in inputs[run]:
            found[version][_input_key(found[version], row)] = row
    return found


def _input_key(known: dict[tuple[str, str], Any], row: dict[str, Any]) -> tuple[str, str]:
    """Where an input stands: beside the link of the same artifact version, if there is one."""
    linked = (key for key, other in known.items() if other == row)
    return next(linked, ("data", row["artifact"]))


def _missing(cards: list[dict[str, Any]]) -> list[str]:
    card = next(iter(cards), {})
    return [name for name in CARD_FIELDS if not card.get(name, "").strip()]


def _aliases(rows: list[Side]) -> list[dict[str, Any]]:
    """The aliases of both versions: a promotion moves none of them."""
    named = sorted((name, row["number"]) for row in rows for (name,) in row["named"] or ())
    return [{"name": name, "version": number, "moves_to": None} for name, number in named]


def _users(holder: uuid.UUID, stage: str, now: datetime) -> list[dict[str, Any]]:
    """The pipelines whose runs read the holder by its stage lately, the last first."""
    since = now - timedelta(days=rules.LATELY_DAYS)
    rows = RunVersion.objects.filter(version_id=holder, asked=stage, at__gte=since)
    grouped = rows.values(pipeline=F("run__pipeline__name")).annotate(
        runs=Count("run_id", distinct=True), last_at=Max("at")
    )
    return plain(grouped.order_by("-last_at", "pipeline"))
