"""Writes of gates, and of the directions declared for metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from registry.models import Gate, MetricDirection, Model
from registry.rules import gates as rules
from registry.rules.errors import InvalidInput
from registry.rules.metrics import HIGHER, LOWER
from registry.selectors.catalog import find_model, still_there
from registry.selectors.gates import directions_of, rules_of
from registry.services.actors import Actor
from registry.services.unit import Change, Work, unit

MAX_NAME = 255


def set_gates(
    *,
    actor: Actor,
    model: str,
    gates: Mapping[str, Iterable[str]] | None = None,
    directions: Mapping[str, str] | None = None,
) -> Model:
    """Sets the gates of the stages that are named, and which way the model's metrics are better.

    Args:
        gates: rules by stage, see rules.gates; a stage that isn't named keeps its own.
        directions: `higher` or `lower` by the metric's name; they replace those declared before.

    Raises:
        InvalidInput: a rule is none, or a direction. RuleRefused: the stage has no gates.
        Forbidden: gates are edited by administrators.
    """
    actor.require("edit_gates", "edit gates")
    wanted = {
        rules.check_stage(stage): [gate.rule for gate in rules.parse_all(lines)]
        for stage, lines in (gates or {}).items()
    }
    declared = None if directions is None else _check_directions(directions)
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        found = still_there(found)
        for stage, lines in wanted.items():
            _set_stage(work, found, stage, lines)
        if declared is not None:
            _set_directions(work, found, declared)
    return found


def _check_directions(directions: Mapping[str, str]) -> dict[str, str]:
    for metric, way in directions.items():
        if way not in (HIGHER, LOWER) or not 1 <= len(metric) <= MAX_NAME or "\0" in metric:
            raise InvalidInput(
                f"{metric[:80]!r} can't be better {str(way)[:40]!r}.",
                code="bad_direction",
                fields={"directions": f"{metric[:80]}: higher or lower."},
                hint="A metric is better higher or lower; it is named without `metrics.`.",
            )
    return dict(directions)


def _set_stage(work: Work, model: Model, stage: str, wanted: list[str]) -> None:
    now = rules_of(model.id, stage)
    if now == wanted:
        return
    at = work.record(_change(model, "gates.changed", {stage: now}, {stage: wanted}))
    open_rows = Gate.objects.filter(model=model, stage=stage, valid_to__isnull=True)
    kept = {(row.position, row.rule): row.pk for row in open_rows}
    rows = list(enumerate(wanted))
    ended = [pk for key, pk in kept.items() if key not in rows]
    Gate.objects.filter(pk__in=ended).update(valid_to=at)
    Gate.objects.bulk_create(
        Gate(model=model, stage=stage, position=at_, rule=rule, valid_from=at, actor_id=work.actor.id)
        for at_, rule in rows
        if (at_, rule) not in kept
    )


def _set_directions(work: Work, model: Model, wanted: dict[str, str]) -> None:
    now = directions_of(model.id)
    if now == wanted:
        return
    at = work.record(_change(model, "directions.changed", now, wanted))
    changed = [metric for metric in {*now, *wanted} if now.get(metric) != wanted.get(metric)]
    MetricDirection.objects.filter(model=model, metric__in=changed, valid_to__isnull=True).update(valid_to=at)
    MetricDirection.objects.bulk_create(
        MetricDirection(
            model=model, metric=metric, direction=wanted[metric], valid_from=at, actor_id=work.actor.id
        )
        for metric in sorted(changed)
        if metric in wanted
    )


def _change(model: Model, action: str, before: dict[str, Any], after: dict[str, Any]) -> Change:
    return Change(action, ("model", model.id, model.name), before=before, after=after, model=model.id)
