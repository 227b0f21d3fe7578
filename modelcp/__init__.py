"""modelcp: a control plane for machine-learning models. The public names; each is loaded when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelcp.artifacts.config import ArtifactConfig
    from modelcp.client import Client
    from modelcp.enums import ModelStages
    from modelcp.functions import load_artifact, log_metadata, save_artifact
    from modelcp.model import ModelVersion
    from modelcp.pipelines import get_pipeline_context, get_step_context, pipeline, step, track_run

__version__ = "0.1.0"
__all__ = [
    "ArtifactConfig",
    "Client",
    "ModelStages",
    "ModelVersion",
    "get_pipeline_context",
    "get_step_context",
    "load_artifact",
    "log_metadata",
    "pipeline",
    "save_artifact",
    "step",
    "track_run",
]

_HOME_OF = {
    "ArtifactConfig": "modelcp.artifacts.config",
    "Client": "modelcp.client",
    "ModelStages": "modelcp.enums",
    "ModelVersion": "modelcp.model",
    "get_pipeline_context": "modelcp.pipelines",
    "get_step_context": "modelcp.pipelines",
    "load_artifact": "modelcp.functions",
    "log_metadata": "modelcp.functions",
    "pipeline": "modelcp.pipelines",
    "save_artifact": "modelcp.functions",
    "step": "modelcp.pipelines",
    "track_run": "modelcp.pipelines",
}


def _refuse_a_namesake() -> None:
    """ImportError where a `registry` of the user's own is found before the one that comes with modelcp."""
    import os
    from importlib.util import find_spec

    try:
        spec = find_spec("registry")
    except ValueError:  # somebody put a module there by hand
        return
    found = spec.origin if spec is not None else None
    if found is not None and found.endswith(".py"):
        ours = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
        if not os.path.realpath(found).startswith(os.path.join(ours, "registry", "")):
            raise ImportError(
                f"modelcp can't be used here: {found} hides the package `registry` that comes with it. "
                "Rename that file or folder, or start the program from another place."
            )


_refuse_a_namesake()


def __getattr__(name: str) -> Any:
    """Loads a public name at its first use, so that importing modelcp costs next to nothing."""
    if name not in _HOME_OF:
        import sys

        from modelcp.older import missing_name

        raise missing_name(__name__, name, sys._getframe(1).f_globals.get("__name__", ""))
    from importlib import import_module

    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
