"""The older place of ``ModelVersion``."""

from __future__ import annotations

from modelcp.model import ModelVersion

__all__ = ["ModelVersion"]
