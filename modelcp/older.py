"""What programs written for ZenML's API may look for, and what stands for it here: one sentence each."""

from __future__ import annotations

from typing import Any

_NAMES = {
    "Model": 'Write ModelVersion("name").',
    "ModelConfig": 'Write ModelVersion("name").',
    "ExternalArtifact": "Pass the value itself to the step, or what ModelVersion.get_artifact gave.",
    "log_model_metadata": "Write log_metadata({…}).",
    "log_model_version_metadata": "Write log_metadata({…}).",
    "log_step_metadata": "Write log_metadata({…}).",
    "log_artifact_metadata": "Write Client().log_artifact_metadata(artifact, version, {…}), or give "
    "save_artifact its metadata=.",
    "DataArtifactConfig": 'Write ArtifactConfig("name").',
    "ModelArtifactConfig": 'Write ArtifactConfig("name", is_model_artifact=True).',
    "DeploymentArtifactConfig": 'Write ArtifactConfig("name", is_deployment_artifact=True).',
    "EndpointArtifactConfig": 'Write ArtifactConfig("name", is_deployment_artifact=True).',
    "link_output_to_model": 'Write get_step_context().model_version.link_artifact(value, name="…").',
    "link_artifact_to_model": "Write model_version.link_artifact(artifact).",
}

_ATTRIBUTES = {
    "configure": "Write with_options(…), which gives a copy.",
    "after": 'Write after=["step"] in the call.',
    "run": "Call it.",
    "entrypoint": "It is .function.",
    "run_metadata": "It is .metadata, a dict of plain values.",
    "model": "It is .model_version.",
    "model_config": "It is .model_version.",
    "pipeline": "Its name is .pipeline_run.pipeline.",
    "extra": "Pass it to the pipeline as a parameter.",
    "add_output_metadata": "Write log_metadata({…}), or save_artifact(value, name, metadata={…}).",
    "add_output_tags": "Write them into the annotation: ArtifactConfig(name, tags=[…]).",
    "active_stack": "There are no stacks: steps run in this process.",
    "_get_model_version": "Leave the call out: a ModelVersion does all that itself.",
    "_get_or_create_model_version": "A run creates versions, or Client().create_model_version(model).",
    "_get_or_create_model": "A run creates models, or Client().create_model(name).",
}

_OPTIONS = {
    "model": 'Write model_version=ModelVersion("name").',
    "model_config": 'Write model_version=ModelVersion("name").',
    "parameters": "Pass them in the call.",
    "output_materializers": "Use modelcp.artifacts.register_materializer.",
}


def missing_name(module: str, name: str, caller: str) -> Exception:
    """What a module raises for a name that it hasn't.

    Args:
        caller: The module that asks; to Python's import machinery only an ImportError's words count.
    """
    if name in _NAMES:
        words = f"{module} has no {name!r}. {_NAMES[name]}"
        return ImportError(words, name=name) if "importlib" in caller else AttributeError(words)
    return AttributeError(f"module {module!r} has no attribute {name!r}")


def missing_attribute(thing: Any, name: str) -> AttributeError:
    """What an object raises for an attribute that it hasn't."""
    hint = f". {_ATTRIBUTES[name]}" if name in _ATTRIBUTES else ""
    return AttributeError(f"{type(thing).__name__!r} object has no attribute {name!r}{hint}")


def option_hint(name: str) -> str | None:
    """What to write instead of an option that decorators don't take; None if nothing stands for it."""
    return _OPTIONS.get(name)
