"""The older name of ``modelcp.enums``."""

from __future__ import annotations

from modelcp.enums import ArtifactKind, ArtifactType, ModelStages, RunStatus, StepStatus

__all__ = ["ArtifactKind", "ArtifactType", "ModelStages", "RunStatus", "StepStatus"]
