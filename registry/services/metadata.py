"""Writes of metadata on versions, artifact versions and runs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from registry.models import MetadataValue, ModelVersion
from registry.rules import metadata as rules
from registry.rules.errors import TooLarge
from registry.selectors.catalog import find_model, find_version, still_there
from registry.services.actors import Actor
from registry.services.unit import Change, Work, unit


def log_version_metadata(
    *, actor: Actor, model: str, version: object, metadata: object, remove: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Merges `metadata` into a version's, key by key; a leaf given again replaces its value.

    Args:
        metadata: a nested object; see rules.metadata for the limits.
        remove: dotted paths to end.

    Returns:
        the version's whole metadata afterwards, nested.
    """
    actor.require("write", "log metadata")
    leaves = rules.flatten(metadata)
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        this = find_version(still_there(found), version)
        label = f"{found.name} {this.number}"
        return write_metadata(work, "version", this.id, leaves, label=label, model=found.id, remove=remove)


def write_metadata(
    work: Work,
    target: str,
    target_id: uuid.UUID,
    leaves: Mapping[str, Any],
    *,
    label: str,
    model: uuid.UUID | None = None,
    remove: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Merges leaves into one target's metadata within an open unit; equal values write nothing.

    Args:
        target: version, artifact_version or run.
        leaves: path and value, as `rules.metadata.flatten` gives them.
    """
    rows = MetadataValue.objects.filter(**{f"{target}_id": target_id}, valid_to__isnull=True)
    existing = dict(rows.values_list("path", "value"))
    changed = {
        path: value
        for path, value in leaves.items()
        if path not in existing or not _same(existing[path], value)
    }
    ended = {path for path in remove if path in existing and path not in leaves}
    for path in changed:
        ended |= rules.replaced_by(path, existing) if existing else set()
    after = {path: value for path, value in existing.items() if path not in ended} | changed
    rules.check_size(after)
    if not changed and not ended:
        return rules.nest(existing.items())
    at = work.record(
        Change(
            f"{target}.metadata",
            (target, target_id, label),
            before={path: existing[path] for path in sorted(ended)},
            after=changed,
            model=model,
        )
    )
    rows.filter(path_digest__in=[rules.path_digest(path) for path in ended]).update(valid_to=at)
    MetadataValue.objects.bulk_create(value_rows(work, target, target_id, changed, at), batch_size=1000)
    return rules.nest(after.items())


def log_again(work: Work, version: ModelVersion, logged: object) -> list[str]:
    """Merges what a step that is reused had logged into a version's, as far as there is room.

    Returns:
        the paths for which there is none.
    """
    model = version.model
    write = partial(
        write_metadata, work, "version", version.id, model=model.id, label=f"{model.name} {version.number}"
    )
    try:
        write(rules.flatten(logged))
        return []
    except TooLarge:
        rows = MetadataValue.objects.filter(version=version, valid_to__isnull=True)
        leaves = rules.leaves_of(logged)
        kept = rules.fitting(leaves, dict(rows.values_list("path", "value")))
        write(kept)
        return [path for path in leaves if path not in kept]


def value_rows(
    work: Work, target: str, target_id: uuid.UUID, leaves: Mapping[str, Any], at: datetime
) -> list[MetadataValue]:
    """The rows of leaves written at one moment, not saved yet."""
    return [
        MetadataValue(
            path=path,
            path_digest=rules.path_digest(path),
            value=value,
            number=rules.as_number(value),
            valid_from=at,
            actor_id=work.actor.id,
            door=work.actor.door,
            by_run_id=work.actor.run,
            by_step_id=work.actor.step,
            **{f"{target}_id": target_id},
        )
        for path, value in leaves.items()
    ]


def _same(old: Any, new: Any) -> bool:
    """Equal as JSON: 1, 1.0 and true are three values."""
    return type(old) is type(new) and bool(old == new)
