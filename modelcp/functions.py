"""The functions that stand by themselves: they work on the step that runs, or on the registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, overload

from modelcp.client.base import active_step
from modelcp.errors import InvalidInput, StepContextError

if TYPE_CHECKING:
    from modelcp.records import ArtifactVersion

_NOTHING: Any = object()  # None is a value


def log_metadata(
    metadata: Mapping[str, Any],
    *,
    model_name: str | None = None,
    model_version: Any = None,
) -> None:
    """Merges metadata into a model version's: the running step's, or the one that is named.

    Args:
        metadata: a nested object, at most 1 MB; numbers under `metrics` can be charted and compared.
        model_name: another model than the step's, or the model outside a step.
        model_version: its version: a number, name, stage or alias; by default what the run has of the
            model, else the latest.

    Raises:
        StepContextError: neither in a step with a model version, nor is a model named.
    """
    _version(model_name, model_version).log_metadata(metadata)


@overload
def save_artifact(
    value: Any, name: str, *, tags: Iterable[str] | None = None, metadata: Mapping[str, Any] | None = None
) -> ArtifactVersion: ...
@overload
def save_artifact(
    *,
    data: Any,
    name: str,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> ArtifactVersion: ...
def save_artifact(
    value: Any = _NOTHING,
    name: Any = None,
    *,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    data: Any = _NOTHING,
) -> ArtifactVersion:
    """Saves any value as the next version of the artifact `name`.

    In a step it is one of the step's outputs: linked as data to the version in force, unless you link it.

    Args:
        value: anything that a materializer takes.
        name: the artifact's; made if it doesn't exist.
        tags: words for the artifact.
        metadata: facts of this version, nested.
        data: the older spelling of `value`.

    Raises:
        InvalidInput: there is no value, or two. MaterializationError: the value can't be saved.
    """
    from modelcp.client import Client

    if (value is _NOTHING) == (data is _NOTHING):
        raise InvalidInput(
            "save_artifact takes one value.", code="no_value", hint='Write save_artifact(value, "name").'
        )
    value = data if value is _NOTHING else value
    return Client().save_artifact(value, name, tags=tags, metadata=metadata)


def load_artifact(name: str, version: int | str | None = None) -> Any:
    """The value of an artifact's version, the latest by default, after its SHA-256 was checked.

    Raises:
        NotFound: there is no such artifact or version. DigestMismatch: its bytes aren't those saved.
    """
    from modelcp.client import Client

    step = active_step()
    if step is not None:
        step.note_registry_use()
    return Client().get_artifact_version(name, version).load()


def note_input(name: str, artifact: ArtifactVersion) -> None:
    """What a step loads is recorded as its input."""
    step = active_step()
    if step is not None and artifact.get("id"):
        step.note_input(name, artifact["id"])


def _version(model_name: str | None, model_version: Any) -> Any:
    from modelcp.model import ModelVersion

    if model_name is not None:
        return ModelVersion(model_name, model_version)
    step = active_step()
    if step is None or step.version is None:
        raise StepContextError(
            "There is no model version here to log to.",
            hint="Call it in a step of a pipeline with a model_version, or name one: "
            'log_metadata({…}, model_name="churn", model_version=3).',
        )
    return step.version.handle()
