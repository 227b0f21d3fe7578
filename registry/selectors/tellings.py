"""Reads of what webhooks tell of an event: what their filters look at, and what the body says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import F, Q

from registry.models import Event, ModelVersion, Run, RunVersion
from registry.rules.runs import FAILED
from registry.rules.webhooks import ACTIONS, APPROVAL, MODEL, PROMOTED, RUN, Facts
from registry.selectors.events import model_names
from registry.selectors.webhooks import Hook, moved, tags_on

Payload = dict[str, Any]


def facts_of(event: Event, hooks: Iterable[Hook]) -> Facts | None:
    """What filters look at; None if webhooks tell nothing of this event."""
    topic, said = ACTIONS[event.action], json.loads(event.payload)
    if topic == PROMOTED:
        stages = ((said[key] or {}).get("stage") for key in ("before", "after"))
        tags = tags_on(hooks, Q(model_id=event.model_id) | Q(version_id=event.target_id))
        return moved(event.model_id, tags, *stages)
    if topic == RUN:
        return _failed(event, hooks) if said["after"]["status"] == FAILED else None
    targets = Q(model_id=event.model_id)
    if event.target_type == "version":
        targets |= Q(version_id=event.target_id)
    stage = (said["after"] or {}).get("stage") if topic == APPROVAL else None
    return Facts(topic, {str(event.model_id)}, tags_on(hooks, targets), {stage} if stage else ())


def _failed(event: Event, hooks: Iterable[Hook]) -> Facts:
    versions = RunVersion.objects.filter(run_id=event.target_id)
    models = {str(model) for model in versions.values_list("version__model_id", flat=True)}
    tagged = Q(run_id=event.target_id) | Q(model_id__in=models) | Q(version_id__in=versions.values("version"))
    return Facts(RUN, models, tags_on(hooks, tagged))


def data_of(event: Event) -> Payload:
    """What the body says of the event, besides its type and time."""
    topic, said = ACTIONS[event.action], json.loads(event.payload)
    place = {"chain": str(event.chain_id), "seq": event.seq, "hash": event.hash}
    common = {"actor": event.actor_name, "door": event.door, "reason": said["reason"], "event": place}
    if topic == RUN:
        return {**_run(event), **common}
    name = model_names([event.model_id]).get(event.model_id, "")
    if topic == MODEL:
        return {"model": name, **common}
    return {"model": name, **_version(event, said), **common}


def _version(event: Event, said: Payload) -> Payload:
    after, before = said["after"] or {}, said["before"] or {}
    found = ModelVersion.objects.filter(id=event.target_id).values_list("number", "name").first()
    number, name = found or (None, None)
    run = str(event.run_id) if event.run_id else None
    told: Payload = {"version": number, "version_name": name, "run": run}
    topic = ACTIONS[event.action]
    if topic == APPROVAL:
        told["stage"] = after.get("stage")
    elif topic == PROMOTED:
        told |= {
            "stage": after.get("stage"),
            "before": before.get("stage"),
            "displaced": said.get("displaced"),
            "forced": bool(said.get("forced")),
            "undo": event.action == "version.stage_restored",
        }
    return told


def _run(event: Event) -> Payload:
    run = Run.objects.filter(id=event.target_id).values("error", pipeline_name=F("pipeline__name")).get()
    versions = RunVersion.objects.filter(run_id=event.target_id).order_by("version__model__name")
    models = versions.values_list("version__model__name", flat=True)
    return {
        "run": event.target_name,
        "run_id": event.target_id,
        "pipeline": run["pipeline_name"],
        "models": list(dict.fromkeys(models)),
        "error": run["error"][:2000],
    }
