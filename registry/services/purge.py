"""Removing a model for good."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from registry.models import (
    Alias,
    ApprovalAnswer,
    ApprovalRequest,
    ArtifactLink,
    CardRevision,
    Delivery,
    Event,
    Gate,
    Heartbeat,
    MetadataValue,
    MetricDirection,
    Model,
    ModelVersion,
    RunVersion,
    TagAttachment,
    Tenure,
)
from registry.rules.chain import PURGED
from registry.rules.errors import NotFound, RuleRefused
from registry.selectors.catalog import find_model
from registry.services.actors import Actor
from registry.services.unit import Change, unit


def purge_model(
    *, actor: Actor, model: str, confirm: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Removes a deleted model with its versions, links, stages, metadata and history for good.

    Artifacts stay, only their links go. The payloads of the model's events are blanked; their digests
    stay, so that its chain still verifies.

    Args:
        confirm: the model's name again, to be sure of it.
        dry_run: only counts what would go, also of a model that isn't deleted.

    Returns:
        model, dry_run and counts: rows that go by kind, and artifacts that stay.

    Raises:
        NotFound: there is no such model. RuleRefused: it isn't deleted, or another name was confirmed.
    """
    actor.require("purge", "purge a model")
    found = _to_purge(model)
    if not dry_run:
        _check(found, confirm)
    with unit(actor, found.chain_id) as work:
        if not Model.objects.filter(id=found.id, name=found.name, deleted_at=found.deleted_at).exists():
            raise NotFound(f"The model {model[:80]!r} was changed meanwhile.", code="no_such_model")
        rows = _rows(found)
        counts = {name: queryset.count() for name, queryset in rows.items()}
        events = Event.objects.filter(chain_id=found.chain_id)
        counts["events_blanked"] = events.exclude(payload="").count()
        links = ArtifactLink.objects.filter(of_model=found).values("artifact_version_id")
        counts["artifact_versions_kept"] = links.distinct().count()
        if not dry_run:
            events.update(payload="", target_name="", reason=None)
            for queryset in rows.values():
                queryset.delete()
            work.record(
                Change(PURGED, ("model", found.id, found.name), before={"counts": counts}, model=found.id)
            )
    return {"model": found.name, "dry_run": dry_run, "counts": counts}


def _to_purge(name: str) -> Model:
    try:
        return find_model(name, deleted=True)
    except NotFound:
        return find_model(name)


def _check(model: Model, confirm: str | None) -> None:
    if confirm is not None and confirm != model.name:
        raise RuleRefused(
            f"{confirm[:80]!r} was confirmed, and {model.name!r} is to be purged.",
            code="not_confirmed",
            fields={"confirm": "Not the model's name."},
            hint="Give the name of the model to purge, or leave it out.",
        )
    if model.deleted_at is None:
        raise RuleRefused(
            f"{model.name!r} isn't deleted, and only a deleted model can be purged.",
            code="not_deleted",
            hint="Delete it first: it can be restored until it is purged.",
        )


def _rows(model: Model) -> dict[str, QuerySet[Any]]:
    """What goes, each before what it points to."""
    versions = ModelVersion.objects.filter(model=model)
    inside = {"version__model": model}
    return {
        "tags": TagAttachment.objects.filter(version__in=versions)
        | TagAttachment.objects.filter(model=model),
        "metadata_values": MetadataValue.objects.filter(**inside),
        "links": ArtifactLink.objects.filter(of_model=model),
        "approval_answers": ApprovalAnswer.objects.filter(request__version__model=model),
        "approval_requests": ApprovalRequest.objects.filter(**inside),
        "resolutions": RunVersion.objects.filter(of_model=model),
        "tenures": Tenure.objects.filter(model=model),
        "aliases": Alias.objects.filter(model=model),
        "heartbeats": Heartbeat.objects.filter(model=model),
        "gates": Gate.objects.filter(model=model),
        "metric_directions": MetricDirection.objects.filter(model=model),
        "deliveries": Delivery.objects.filter(model_id=model.id),
        "card_revisions": CardRevision.objects.filter(model=model),
        "versions": versions,
        "models": Model.objects.filter(id=model.id),
    }
