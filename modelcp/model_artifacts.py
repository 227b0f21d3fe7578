"""What a ModelVersion does with artifacts and runs."""

from __future__ import annotations

from typing import Any

from modelcp.checks import as_compared
from modelcp.enums import ArtifactKind
from modelcp.errors import InvalidInput, NotFound
from modelcp.functions import note_input, save_artifact
from modelcp.model_resolving import Resolving
from modelcp.records import ArtifactVersion, RunRecord


class ArtifactsOfVersion(Resolving):
    """The part of ModelVersion about its artifacts and runs."""

    def artifacts(self, kind: str | ArtifactKind | None = None) -> list[ArtifactVersion]:
        """The linked artifact versions, each with its link's `name`.

        Args:
            kind: `data`, `model` or `deployment`; all by default.
        """
        address = self._address
        self._reading()
        return list(self._client.list_version_artifacts(self.name, address, kind=_kind(kind)))

    def get_artifact(self, name: str, version: int | str | None = None) -> ArtifactVersion | None:
        """The linked artifact version of that name, or None; without `version` the newest linked one."""
        return self._find(name, version, None)

    def get_model_artifact(self, name: str, version: int | str | None = None) -> ArtifactVersion | None:
        """As `get_artifact`, among those linked as `model`."""
        return self._find(name, version, ArtifactKind.MODEL)

    def get_data_artifact(self, name: str, version: int | str | None = None) -> ArtifactVersion | None:
        """As `get_artifact`, among those linked as `data`."""
        return self._find(name, version, ArtifactKind.DATA)

    def get_deployment_artifact(self, name: str, version: int | str | None = None) -> ArtifactVersion | None:
        """As `get_artifact`, among those linked as `deployment`."""
        return self._find(name, version, ArtifactKind.DEPLOYMENT)

    def load_artifact(self, name: str, version: int | str | None = None) -> Any:
        """The value of a linked artifact version, after its SHA-256 was checked.

        Raises:
            NotFound: nothing of that name is linked; says what is.
        """
        found = self.get_artifact(name, version)
        if found is None:
            linked = sorted({artifact.name for artifact in self.artifacts()})
            which = f" in version {version}" if version is not None else ""
            raise NotFound(
                f"No artifact {name!r}{which} is linked to {self!r}.",
                code="no_such_artifact",
                hint=f"Linked are: {', '.join(linked[:20])}." if linked else "Nothing is linked to it.",
            )
        return found.load()

    def link_artifact(
        self,
        artifact: Any,
        name: str | None = None,
        is_model_artifact: bool = False,
        is_deployment_artifact: bool = False,
    ) -> ArtifactVersion:
        """Links an artifact version, or any value, which is saved first under `name`.

        Args:
            artifact: what `save_artifact` or `get_artifact` gave, or a value.
            name: the link's; the artifact's own by default.
            is_model_artifact: link it as `model`, such as weights; by default as `data`.
            is_deployment_artifact: link it as `deployment`, such as a service's address.

        Raises:
            InvalidInput: both kinds at once, or a value without a name.
        """
        kind = _kind_of(is_model_artifact, is_deployment_artifact)
        if name is None and not isinstance(artifact, ArtifactVersion):
            raise InvalidInput(
                "A value needs a name to be saved and linked.",
                code="no_name",
                hint='Write link_artifact(value, name="…").',
            )
        saved = artifact if isinstance(artifact, ArtifactVersion) else save_artifact(artifact, str(name))
        address = self._write_address
        self._reading()
        self._client.link_artifact(self.name, address, saved, name=name, kind=kind)
        return saved

    def delete_artifact(self, name: str, version: int | str | None = None, only_link: bool = True) -> None:
        """Ends a link; with `only_link=False` the artifact version goes too, with its other links.

        Raises:
            NotFound: nothing of that name is linked.
        """
        found = self.get_artifact(name, version)
        if found is None:
            raise NotFound(f"No artifact {name!r} is linked to {self!r}.", code="no_such_artifact")
        self._client.unlink_artifact(self.name, self._address, found)
        if not only_link:
            self._client.delete_artifact_version(found["artifact"], found["number"], end_links=True)

    @property
    def pipeline_runs(self) -> dict[str, RunRecord]:
        """The runs that made or used it, by their names."""
        address = self._address
        self._reading()
        return {run["name"]: run for run in self._client.list_version_runs(self.name, address)}

    def get_pipeline_run(self, name: str) -> RunRecord:
        """The run of that name among those; NotFound lists them."""
        runs, name = self.pipeline_runs, as_compared(name)
        if name not in runs:
            raise NotFound(
                f"{self!r} has no run {name!r}.",
                code="no_such_run",
                hint=f"It has: {', '.join(list(runs)[:20])}." if runs else "It has none.",
            )
        return runs[name]

    def _find(
        self, name: str, version: int | str | None, kind: ArtifactKind | None
    ) -> ArtifactVersion | None:
        """The newest of those linked under that name; a link's name beats an artifact's own."""
        name = as_compared(name)
        linked = [
            artifact
            for artifact in self.artifacts(kind)
            if version is None or str(artifact["number"]) == str(version)
        ]
        named = [artifact for artifact in linked if artifact.name == name] or [
            artifact for artifact in linked if artifact["artifact"] == name
        ]
        if not named:
            return None
        newest = max(named, key=lambda artifact: (artifact.get("linked_at") or "", artifact["number"]))
        note_input(name, newest)
        return newest


def _kind(kind: str | ArtifactKind | None) -> ArtifactKind | None:
    if kind is None:
        return None
    try:
        return ArtifactKind(kind)
    except ValueError:
        raise InvalidInput(
            f"{str(kind)!r} is no kind of artifact.",
            code="bad_kind",
            hint="The kinds are data, model and deployment.",
        ) from None


def _kind_of(is_model: bool, is_deployment: bool) -> ArtifactKind:
    if is_model and is_deployment:
        raise InvalidInput(
            "An artifact can't be a model artifact and a deployment artifact at once.",
            code="two_kinds",
            hint="Set is_model_artifact or is_deployment_artifact, not both.",
        )
    if is_model:
        return ArtifactKind.MODEL
    return ArtifactKind.DEPLOYMENT if is_deployment else ArtifactKind.DATA
