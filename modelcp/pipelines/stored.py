"""Steps' outputs while a run lasts: the value as long as a later step needs it, and what was saved."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from modelcp.errors import MaterializationError
from modelcp.pipelines.outputs import OutputSpec
from registry.rules.ids import new_id
from registry.rules.names import unlike

if TYPE_CHECKING:
    from modelcp.pipelines.context import StepScope
    from modelcp.pipelines.session import Session
    from modelcp.pipelines.versions import Resolution
    from modelcp.records import ArtifactVersion

_NOT_LOADED: Any = object()
_IMMUTABLE = (type(None), bool, int, float, complex, str, bytes)


class Stored:
    """One output of a step that ran, or was reused.

    Args:
        spec: Which output.
        value: What the step returned; not given when it is reused: it is loaded if somebody needs it.
        saved: The artifact version; None if there is none (nothing was returned, or the disk is full).
        readers: How many later steps take it.
    """

    def __init__(
        self, spec: OutputSpec, saved: ArtifactVersion | None, readers: int, value: Any = _NOT_LOADED
    ) -> None:
        self.spec, self.saved, self._readers, self._value = spec, saved, readers, value

    def take(self) -> Any:
        """The value for one reader.

        All but the last get a copy: a step that changes what it was given must not change what the
        others get, nor make their recorded inputs untrue. What can't be copied is shared.
        """
        self._readers -= 1
        if self._value is _NOT_LOADED:
            return self.saved.load() if self.saved is not None else None
        if self._readers <= 0:
            value, self._value = self._value, _NOT_LOADED if self.saved is not None else self._value
            return value
        return duplicate(self._value)

    def skip(self) -> None:
        """A reader doesn't need the value: it is reused itself, or won't run."""
        self._readers -= 1
        if self._readers <= 0 and self.saved is not None:
            self._value = _NOT_LOADED

    @property
    def sha256(self) -> str:
        """The digest of the bytes, in hexadecimal; empty if there are none."""
        return str(self.saved.get("sha256") or "") if self.saved is not None else ""


def duplicate(value: Any) -> Any:
    """A deep copy, or the value itself where there can be none."""
    if isinstance(value, _IMMUTABLE):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def save_output(
    session: Session, spec: OutputSpec, value: Any, step: str, tags: tuple[str, ...]
) -> dict[str, Any]:
    """Saves an output's bytes; what its artifact version records.

    Raises:
        MaterializationError: The value can't be saved; names the step and the output.
        StoreError: The bytes can't be kept.
    """
    try:
        with session.client.written(value) as fields:
            recorded = dict(fields)
    except MaterializationError as error:
        raise MaterializationError(
            f"Output {spec.name!r} of step {step!r} can't be saved. {error.message}",
            code=error.code,
            hint=error.hint,
        ) from error
    words = list(dict.fromkeys((*tags, *(spec.config.tags or ()))))
    return {"id": str(new_id()), "artifact": spec.name, **recorded, **({"tags": words} if words else {})}


def output_report(
    spec: OutputSpec, artifact_version: dict[str, Any], version: Resolution | None
) -> dict[str, Any]:
    """An output as a step's report tells it."""
    links = []
    if version is not None:
        links = [{"id": str(new_id()), "resolution": version.id, "name": spec.name, "kind": str(spec.kind)}]
    return {
        "name": spec.name,
        "position": spec.position,
        "artifact_version": artifact_version,
        "links": links,
    }


def saved_by_hand(scope: StepScope, position: int) -> list[dict[str, Any]]:
    """What the code saved itself, as outputs; linked to the version in force unless the code did."""
    reports: list[dict[str, Any]] = []
    names: set[str] = set()
    for name, ident in scope.saved:
        unique = unlike(name, names)
        names.add(unique)
        reports.append(by_hand(scope, unique, position + len(reports), name, ident))
    return reports


def by_hand(scope: StepScope, output: str, position: int, name: str, ident: str) -> dict[str, Any]:
    """One artifact version that the code saved itself, as an output."""
    links: list[dict[str, Any]] = []
    if scope.version is not None:
        links = [{"id": str(new_id()), "resolution": scope.version.id, "name": name, "unless_linked": True}]
    return {"name": output, "position": position, "artifact_version": {"id": ident}, "links": links}
