"""The reads of one model, one version and what hangs on it that every write and every poll begins with."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from registry.models import ArtifactLink, Model, ModelVersion
from registry.rules.versions import MAX_NUMBER
from registry.selectors.compiled import CompiledObject


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


def link_of(ident: uuid.UUID) -> list[ArtifactLink]:
    """The link of that id, open or ended, if there is one."""
    return _LINK.all(ident)


def link_between(version: uuid.UUID, artifact_version: uuid.UUID) -> list[ArtifactLink]:
    """The open link of an artifact version to a version, if there is one."""
    return _LINKED.all(version, artifact_version)


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
