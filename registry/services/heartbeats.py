"""Heartbeats of what serves: the last of each instance is kept, outside the chain of decisions."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from registry.models import Heartbeat, Model, ModelVersion
from registry.rules.errors import NotFound, RuleRefused
from registry.rules.heartbeats import (
    FORGOTTEN,
    FRESH,
    GONE,
    MOST,
    check_environment,
    check_instance,
    check_stage,
)
from registry.rules.stages import PRODUCTION
from registry.rules.versions import MAX_NUMBER
from registry.selectors.catalog import find_model
from registry.services.actors import Actor
from registry.services.writers import one_writer


def send_heartbeat(
    *,
    actor: Actor,
    model: str,
    instance: str,
    version: int,
    stage: str = PRODUCTION,
    environment: str | None = None,
) -> Heartbeat:
    """Notes that an instance runs a version where a stage is declared; instead of what it said before.

    Args:
        instance: what tells it from the others, such as a pod's name.
        version: the number of the version that it has loaded; also of one that was deleted since.
        stage: the stage that it follows: production or staging.
        environment: where it runs, such as `eu-west`.

    Raises:
        NotFound: there is no such model or version. RuleRefused: a name isn't allowed, or too many
            instances are alive. Forbidden: it needs the role contributor.
    """
    actor.require("write", "say what runs")
    told = Heartbeat(
        instance=check_instance(instance),
        stage=check_stage(stage),
        environment=check_environment(environment),
    )
    told.model = find_model(model)
    told.version = _version(told.model, version)
    told.since = told.seen_at = timezone.now()
    before = Heartbeat.objects.filter(model=told.model, instance=told.instance, stage=told.stage).first()
    if before is None:
        return _add(told)
    if _same(before, told) and told.seen_at - before.seen_at < GONE:
        told.since = before.since
        if told.seen_at - before.seen_at < FRESH:
            return before
    with one_writer():
        Heartbeat.objects.filter(id=before.id).update(
            version=told.version, environment=told.environment, since=told.since, seen_at=told.seen_at
        )
    told.id = before.id
    return told


def _same(one: Heartbeat, other: Heartbeat) -> bool:
    return (one.version_id, one.environment) == (other.version_id, other.environment)


def _version(model: Model, number: int) -> ModelVersion:
    found = ModelVersion.objects.filter(model=model, number=number) if 0 < number <= MAX_NUMBER else None
    version = found.first() if found is not None else None
    if version is None:
        raise NotFound(
            f"{model.name} never had a version {number}.",
            code="no_such_version",
            hint="Say the number of the version that is loaded.",
        )
    return version


def _add(told: Heartbeat) -> Heartbeat:
    """Keeps a new instance; those that were silent for long go first."""
    with one_writer(), transaction.atomic():
        alive = Model.objects.select_for_update().filter(id=told.model_id, deleted_at__isnull=True)
        if alive.first() is None:  # locked too: instances are counted one after the other
            raise NotFound(f"The model {told.model.name!r} was deleted.", code="no_such_model")
        Heartbeat.objects.filter(seen_at__lt=told.seen_at - FORGOTTEN).delete()
        _make_room(told.model, told.seen_at)
        Heartbeat.objects.bulk_create(
            [told],
            update_conflicts=True,
            unique_fields=["model", "instance", "stage"],
            update_fields=["version", "environment", "since", "seen_at"],
        )
    return Heartbeat.objects.get(model=told.model, instance=told.instance, stage=told.stage)


def _make_room(model: Model, now: datetime) -> None:
    kept = Heartbeat.objects.filter(model=model)
    if kept.count() < MOST:
        return
    silent = kept.filter(seen_at__lt=now - GONE).order_by("seen_at").values("pk")[:1]
    if not Heartbeat.objects.filter(pk__in=list(silent.values_list("pk", flat=True))).delete()[0]:
        raise RuleRefused(
            f"{MOST} instances of {model.name} are alive; more aren't remembered.",
            code="too_many_instances",
            hint="Give an instance a name that it keeps, or let one speak for several.",
        )
