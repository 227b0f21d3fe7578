"""The reads of one model, one version and what hangs on it that every write and every poll begins with."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet

from registry.models import Alias, ArtifactLink, MetadataValue, Model, ModelVersion, TagAttachment
from registry.rules.versions import MAX_NUMBER
from registry.selectors.compiled import Compiled, CompiledObject
from registry.selectors.late import changed_later, told_of


def model_named(name: str) -> Model | None:
    """The living model of that name."""
    return _MODEL_NAMED.first(name)


def model_living(ident: uuid.UUID) -> Model | None:
    """The model of that id unless it is deleted."""
    return _MODEL_LIVING.first(ident)


def version_numbered(model: uuid.UUID, number: int) -> ModelVersion | None:
    """The living version of a model with that number."""
    return _NUMBERED.first(model, number) if 0 <= number <= MAX_NUMBER else None


def version_holding(model: uuid.UUID, stage: str) -> ModelVersion | None:
    """The living version of a model that holds staging or production."""
    return _HOLDING.first(model, stage)


def tags_on(version: uuid.UUID) -> list[str]:
    """The names of a version's tags, sorted."""
    return [name for (name,) in _TAGS.rows(version)]


def aliases_to(version: uuid.UUID) -> list[str]:
    """The aliases that point to a version, sorted."""
    return [name for (name,) in _ALIASES.rows(version)]


def link_of(ident: uuid.UUID) -> list[ArtifactLink]:
    """The link of that id, open or ended, if there is one."""
    return _LINK.all(ident)


def link_between(version: uuid.UUID, artifact_version: uuid.UUID) -> list[ArtifactLink]:
    """The open link of an artifact version to a version, if there is one."""
    return _LINKED.all(version, artifact_version)


def metrics_of(version: uuid.UUID) -> tuple[dict[str, Any], list[str]]:
    """A version's metrics, nested, and the names of those changed after promotion."""
    return told_of(_METRICS.rows(version))


def _tags(version: uuid.UUID) -> QuerySet[Any, Any]:
    rows = TagAttachment.objects.filter(version_id=version, valid_to__isnull=True)
    return rows.order_by("tag__name").values_list("tag__name")


def _aliases(version: uuid.UUID) -> QuerySet[Any, Any]:
    rows = Alias.objects.filter(version_id=version, valid_to__isnull=True)
    return rows.order_by("name").values_list("name")


def _metrics(version: uuid.UUID) -> QuerySet[Any, Any]:
    rows = MetadataValue.objects.filter(
        version_id=version, valid_to__isnull=True, path__startswith="metrics."
    )
    return rows.order_by("path").values_list("path", "value", changed_later())


def _named(name: str) -> QuerySet[Model]:
    return Model.objects.filter(name=name, deleted_at__isnull=True)


def _living(ident: uuid.UUID) -> QuerySet[Model]:
    return Model.objects.filter(id=ident, deleted_at__isnull=True)


def _numbered(model: uuid.UUID, number: int) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(model_id=model, number=number, deleted_at__isnull=True)


def _holding(model: uuid.UUID, stage: str) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(model_id=model, stage=stage, deleted_at__isnull=True)


def _link(ident: uuid.UUID) -> QuerySet[ArtifactLink]:
    return ArtifactLink.objects.filter(id=ident)


def _linked(version: uuid.UUID, artifact_version: uuid.UUID) -> QuerySet[ArtifactLink]:
    return ArtifactLink.objects.filter(
        version_id=version, artifact_version_id=artifact_version, valid_to__isnull=True
    )


_ID, _OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
_MODEL_NAMED = CompiledObject(Model, _named, "a model")
_MODEL_LIVING = CompiledObject(Model, _living, _ID)
_NUMBERED = CompiledObject(ModelVersion, _numbered, _ID, 987_654_321)
_HOLDING = CompiledObject(ModelVersion, _holding, _ID, "a stage")
_LINK = CompiledObject(ArtifactLink, _link, _ID)
_LINKED = CompiledObject(ArtifactLink, _linked, _ID, _OTHER)
_TAGS, _ALIASES, _METRICS = Compiled(_tags, _ID), Compiled(_aliases, _ID), Compiled(_metrics, _ID)
