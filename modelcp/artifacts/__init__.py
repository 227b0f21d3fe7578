"""Values and their bytes: how an output is named, written, stored by digest, and loaded again.

config.py         ArtifactConfig: what an output is called and where it belongs
materializers/    one value to one file and back
values.py         a value to a stored artifact and back
stores.py         where the bytes are kept, by their SHA-256; object_store.py: S3, GCS, Azure
digest.py         SHA-256 of a file, in one pass
preview.py        small pictures of values, as JSON
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelcp.artifacts.config import ArtifactConfig

if TYPE_CHECKING:
    from modelcp.artifacts.materializers.base import Materializer, SavedAs
    from modelcp.artifacts.materializers.choice import register_materializer

__all__ = ["ArtifactConfig", "Materializer", "SavedAs", "register_materializer"]

_LATER = {
    "Materializer": "modelcp.artifacts.materializers.base",
    "SavedAs": "modelcp.artifacts.materializers.base",
    "register_materializer": "modelcp.artifacts.materializers.choice",
}


def __getattr__(name: str) -> Any:
    """Materializers are imported when first asked for: ``import modelcp`` stays light."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)
