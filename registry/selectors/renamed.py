"""A model's former names: what a run sends to the name that it began with finds the model still."""

from __future__ import annotations

import json

from registry.models import Event, Model, ModelVersion, RunVersion
from registry.rules.errors import InvalidInput
from registry.rules.names import normal
from registry.rules.versions import By, parse_ref
from registry.selectors import lookups

RENAMED = "model.renamed"


def name_now(model: str, version: str) -> str:
    """What the model that was called `model` is called now, told by a version's own id; else `model` itself.

    A name alone never leads to a renamed model: another may have taken it, and a new run by that name is a
    new model's. An id can mean one version only.

    Args:
        version: what addresses it; only ``@@UUID`` is looked at (see rules.versions.parse_ref).
    """
    if not version.startswith("@@") or lookups.model_named(normal(model)) is not None:
        return model
    found = _model_of(version)
    return found.name if found is not None and normal(model) in _former_names(found) else model


def _model_of(version: str) -> Model | None:
    try:
        ref = parse_ref(version)
    except InvalidInput:
        return None
    if ref.by is not By.ID:
        return None
    ids = ModelVersion.objects.filter(id=ref.value).values("model_id")
    resolved = RunVersion.objects.filter(id=ref.value).values("version__model_id")
    return Model.objects.filter(pk__in=ids.union(resolved), deleted_at__isnull=True).first()


def _former_names(model: Model) -> set[str]:
    events = Event.objects.filter(target_type="model", target_id=str(model.id), action=RENAMED)
    told = [json.loads(payload) for payload in events.values_list("payload", flat=True) if payload]
    return {each["before"]["name"] for each in told}
