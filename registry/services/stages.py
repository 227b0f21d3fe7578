"""Writes of stages: promotion, undo."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.models import ModelVersion, Tenure
from registry.rules import stages as rules
from registry.rules.errors import Conflict, RuleRefused
from registry.rules.gates import PASSED
from registry.rules.lasting import earliest
from registry.rules.roles import action_for_stage
from registry.selectors.catalog import find_model, find_version, still_there
from registry.selectors.gates import judge
from registry.selectors.lookups import version_holding
from registry.selectors.plans import make_plan
from registry.selectors.undo import find_point, make_undo_plan, restored
from registry.services.actors import Actor
from registry.services.approvals import close_requests
from registry.services.inserts import insert
from registry.services.unit import Change, Work, unit
from registry.services.updates import Since, update


@dataclass(frozen=True)
class Promotion:
    """What a promotion did: `changed` is False when the version held the stage already."""

    version: ModelVersion
    stage: str
    changed: bool
    displaced: ModelVersion | None = None


def promote(
    *,
    actor: Actor,
    model: str,
    version: object,
    to: object,
    reason: str = "",
    force: bool = False,
    plan: str | None = None,
) -> Promotion:
    """Puts a version into a stage; the holder of staging or production is archived with it, at once.

    Args:
        version: what addresses it, see rules.versions.parse_ref.
        to: staging, production or archived.
        reason: why, for the history.
        force: passes failing gates, for administrators, and is recorded for ever; with none failing it
            does nothing, needs no right, isn't recorded.
        plan: the hash of the plan that is confirmed; an empty one is stale, None confirms no plan.

    Raises:
        RuleRefused: `to` is no stage, or latest; or gates don't pass: its `more` has those `gates`.
        Forbidden: production is for promoters, force for administrators.
        Conflict: what the plan rests on has changed since it was drawn; its `more` has a fresh `plan`.
    """
    target = rules.check_target(to)
    actor.require(action_for_stage(target), f"set a version to {target}")
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        found = still_there(found)
        this = find_version(found, version)
        if plan is not None:
            check_plan(make_plan(found, this, target), plan)
        facts: dict[str, object] = {"plan": plan} if plan else {}
        forced = _pass_gates(actor, this, target, force=force)
        if forced:
            facts |= {"forced": True, "gates": forced}
        return place(work, this, target, reason=reason, facts=facts)


def _pass_gates(actor: Actor, version: ModelVersion, target: str, *, force: bool) -> list[dict[str, str]]:
    """The gates that were forced: none if all pass, or if the version is there already."""
    if version.stage == target or target not in rules.EXCLUSIVE:
        return []
    holder = _holder(version, target)
    gates = judge(version.model, target, version.id, holder.id if holder else None)
    short = [gate for gate in gates if gate["state"] != PASSED]
    if short and force:
        actor.require("force", "go past failing gates")
    elif short:
        raise RuleRefused(
            f"{len(short)} of {len(gates)} gate{'s' if len(gates) > 1 else ''} "
            f"{'do' if len(short) > 1 else 'does'}n't pass. " + " ".join(gate["why"] for gate in short),
            code="gates_failed",
            hint="Promote a version that passes them, or have an administrator force it.",
            more={"gates": short},
        )
    return short


def check_plan(fresh: dict[str, Any], confirmed: str, *, done: str = "promoted") -> None:
    """Conflict unless the plan made anew, while nobody can change anything, is the one that was confirmed."""
    if fresh["hash"] != confirmed:
        raise Conflict(
            f"The plan has changed since it was drawn. Nothing was {done}.",
            code="stale_plan",
            hint="Look at the fresh plan, and confirm that one.",
            more={"plan": fresh},
        )


def place(
    work: Work,
    version: ModelVersion,
    target: str,
    *,
    reason: str = "",
    facts: dict[str, object] | None = None,
) -> Promotion:
    """`promote` within a unit that holds the model's chain; the actor's right is checked by the caller.

    Args:
        facts: what the promotion's event tells besides: the plan that was confirmed, the gates forced.
    """
    holder = _holder(version, target)
    effects = rules.effects(version.stage, target, occupied_by_other=holder is not None)
    if not effects.changes:
        return Promotion(version, target, changed=False)
    first = _archive_displaced(work, holder, by=version, reason=reason) if holder is not None else None
    facts = {**({"displaced": holder.number} if holder is not None else {}), **(facts or {})}
    at = _tell(work, version, target, action="version.promoted", reason=reason, facts=facts)
    _end_tenure(version, first or at)
    forced = bool(facts.get("forced"))
    _enter(work, version, target, first or at, reason=reason, displaced=holder, forced=forced)
    close_requests(version, target, at)
    return Promotion(version, target, changed=True, displaced=holder)


def _holder(version: ModelVersion, target: str) -> ModelVersion | None:
    if target not in rules.EXCLUSIVE:
        return None
    holder = version_holding(version.model_id, target)
    if holder is None or holder.id == version.id:
        return None
    holder.model = version.model
    return holder


def _archive_displaced(work: Work, holder: ModelVersion, *, by: ModelVersion, reason: str) -> datetime:
    at = _tell(
        work, holder, rules.ARCHIVED, action="version.displaced", reason=reason, facts={"by": by.number}
    )
    _end_tenure(holder, at)
    _enter(work, holder, rules.ARCHIVED, at, reason=reason)
    return at


def _tell(
    work: Work,
    version: ModelVersion,
    target: str | None,
    *,
    action: str,
    reason: str,
    facts: dict[str, object],
) -> datetime:
    """Writes the event of one version's move, before it is done."""
    return work.record(
        Change(
            action,
            ("version", version.id, f"{version.model.name} {version.number}"),
            before={"stage": version.stage},
            after={"stage": target},
            reason=reason,
            model=version.model_id,
            extra=facts,
        )
    )


def _end_tenure(version: ModelVersion, at: datetime) -> None:
    """Ends the stage that this version holds, where another or none follows at once."""
    if version.stage is not None:
        _end_tenures([version.id], at)


def _leave(versions: Iterable[ModelVersion], at: datetime) -> None:
    """Ends the stages that these versions hold."""
    ids = [version.id for version in versions]
    if not ids:
        return
    _end_tenures(ids, at)
    ModelVersion.objects.filter(id__in=ids).update(stage=None)


def _end_tenures(versions: list[uuid.UUID], at: datetime) -> None:
    lasted = Since("valid_from", earliest(at))
    update(Tenure, {"version_id": versions, "valid_to": None}, valid_to=at, lasted=lasted)


def _enter(
    work: Work,
    version: ModelVersion,
    target: str | None,
    at: datetime,
    *,
    reason: str,
    displaced: ModelVersion | None = None,
    forced: bool = False,
) -> None:
    """Gives a version whose last stage has ended this one; all moves of one operation have one time."""
    version.stage = target
    if target is None:
        return
    update(ModelVersion, {"id": version.id}, stage=target)
    tenure = Tenure(
        model_id=version.model_id,
        version=version,
        stage=target,
        valid_from=at,
        actor_id=work.actor.id,
        door=work.actor.door,
        reason=reason,
        run_id=work.actor.run,
        displaced=displaced,
        forced=forced,
    )
    insert([tenure])


def undo(
    *,
    actor: Actor,
    model: str,
    tenure: uuid.UUID | None = None,
    event: int | None = None,
    reason: str = "",
    plan: str | None = None,
) -> list[ModelVersion]:
    """Restores the model's stages to what they were just before a promotion or an event, as new tenures.

    Args:
        tenure: the promotion's tenure; the model's last one if not given.
        event: the id of one of the model's events, instead; a move's stands for its whole operation.
        plan: the hash of the plan that is confirmed, see selectors.undo.plan_undo; as in `promote`.

    Returns:
        the versions whose stage changed.

    Raises:
        NotFound: the model has no such promotion, or no such event. InvalidInput: both are given.
        Conflict: what the plan rests on has changed since it was drawn; its `more` has a fresh `plan`.
    """
    actor.require("undo", "undo a promotion")
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        found = still_there(found)
        point = find_point(found, tenure, event)
        changed = restored(found, point.start)
        facts = point.facts
        if plan is not None:
            check_plan(make_undo_plan(found, point, changed), plan, done="restored")
            facts |= {"plan": plan}
        told = [
            _tell(work, v, stage, action="version.stage_restored", reason=reason, facts=facts)
            for v, stage in changed
        ]
        # All leave before any enters: two versions may have to change places.
        _leave((version for version, _ in changed), told[0] if told else point.start)
        for version, stage in changed:
            _enter(work, version, stage, told[0], reason=reason)
            close_requests(version, stage or "", told[0])
        return [version for version, _ in changed]
