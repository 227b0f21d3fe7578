"""The fixed words of the registry, as they are written in the API."""

from __future__ import annotations

from enum import StrEnum


class ModelStages(StrEnum):
    """Where a model version is in its life. ``LATEST`` is virtual: it can be read, never set."""

    STAGING = "staging"
    PRODUCTION = "production"
    ARCHIVED = "archived"
    LATEST = "latest"


class ArtifactType(StrEnum):
    """The kind of a link between an artifact version and a model version."""

    DATA = "data"
    MODEL = "model"
    DEPLOYMENT = "deployment"


ArtifactKind = ArtifactType


class RunStatus(StrEnum):
    """How a pipeline's run stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepStatus(StrEnum):
    """How a step's run stands: as a run's, or not run at all."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CACHED = "cached"
    SKIPPED = "skipped"


__all__ = ["ArtifactKind", "ArtifactType", "ModelStages", "RunStatus", "StepStatus"]
