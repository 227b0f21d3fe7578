"""The version behind a stage, an alias or a number: what deployers poll, so read as cheaply as can be."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet

from registry.models import ArtifactLink, ModelVersion
from registry.rules.heartbeats import digest_of
from registry.rules.names import normal
from registry.rules.stages import EXCLUSIVE
from registry.rules.versions import By, Ref, parse_ref
from registry.selectors.catalog import find_model, find_version
from registry.selectors.catalog_rows import row_of, version_row, whole_rows
from registry.selectors.compiled import Compiled
from registry.selectors.gathered import Gathered
from registry.selectors.moments import open_at

MOST = 500  # model artifacts of a version that its row tells


def get_version(model: str, reference: object) -> dict[str, Any]:
    """The row of the version that `reference` addresses, with what it loads; NotFound lists what exists."""
    ref = parse_ref(reference)
    found = _by_pointer(normal(model), ref)
    return _told(found[0]) if found else loaded_row(find_version(find_model(model), reference))


def loaded_row(version: ModelVersion, at: datetime | None = None) -> dict[str, Any]:
    """A version's row with the model artifacts that who serves it loads, now or at a moment.

    Returns:
        the row, `artifacts` (link name, artifact, number, uri, size, sha256; by name) and `digest`, one of
        them all; None without any.
    """
    if at is None:
        return _told(_ONE.rows(version.id)[0])
    loads = _links(at).filter(version=version).values_list(*_LOADS.values())
    return _loading(version_row(version, at), loads[:MOST])


def _told(values: tuple[Any, ...]) -> dict[str, Any]:
    *row, loads = values
    return _loading(row_of(tuple(row)), loads or ())


def _loading(row: dict[str, Any], loads: Iterable[Sequence[Any]]) -> dict[str, Any]:
    artifacts = [dict(zip(_LOADS, values, strict=True)) for values in loads]
    digest = digest_of((one["sha256"] or one["uri"], one["name"]) for one in artifacts)
    return {**row, "digest": digest, "artifacts": artifacts}


def _by_pointer(model: str, ref: Ref) -> list[tuple[Any, ...]]:
    if ref.by is By.STAGE and ref.value in EXCLUSIVE:
        return _HOLDER.rows(model, ref.value)
    if ref.by is By.ALIAS:
        return _POINTED.rows(model, ref.value)
    return []


def _of(model: str) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(
        model__name=model, model__deleted_at__isnull=True, deleted_at__isnull=True
    )


def _whole(versions: QuerySet[ModelVersion]) -> QuerySet[Any, Any]:
    loads = _links().filter(version=OuterRef("pk"))[:MOST]
    return whole_rows(versions, Gathered(loads, *_LOADS.values()))


def _holder(model: str, stage: str) -> QuerySet[Any, Any]:
    return _whole(_of(model).filter(stage=stage))


def _pointed(model: str, alias: str) -> QuerySet[Any, Any]:
    return _whole(_of(model).filter(aliases__name=alias, aliases__valid_to__isnull=True))


# What is told of each artifact that a version loads: its keys, and where they are.
_LOADS = {
    "name": "name",
    "artifact": "artifact_version__artifact__name",
    "number": "artifact_version__number",
    "uri": "artifact_version__uri",
    "size": "artifact_version__size",
    "sha256": "artifact_version__sha256",
}


def _links(at: datetime | None = None) -> QuerySet[ArtifactLink]:
    return ArtifactLink.objects.filter(open_at(at), kind="model").order_by("name", "id")


_HOLDER = Compiled(_holder, "a model", "a stage")
_POINTED = Compiled(_pointed, "a model", "an alias")
_ONE = Compiled(lambda ident: _whole(ModelVersion.objects.filter(id=ident)), uuid.UUID(int=1))
