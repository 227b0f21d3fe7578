"""Artifacts, their versions, their links to model versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from modelcp.checks import check_name, texts
from modelcp.client.base import active_step, given, word
from modelcp.client.catalog import CatalogCalls
from modelcp.client.contents import ContentCalls, Download
from modelcp.errors import StoreError
from modelcp.metadata import storable
from modelcp.notices import tell
from modelcp.records import ArtifactRecord, ArtifactVersion, Record
from modelcp.sender import checked_json
from registry.rules.ids import new_id


class ArtifactCalls(CatalogCalls, ContentCalls):
    """Calls about artifacts and links."""

    def list_artifacts(self, **filters: Any) -> Iterator[ArtifactRecord]:
        """The artifacts."""
        return self._pages(self._path("artifacts"), ArtifactRecord, filters)

    def get_artifact(self, artifact: str) -> ArtifactRecord:
        """An artifact by its name."""
        return ArtifactRecord(self._get(self._path("artifacts", artifact)), self)

    def update_artifact(
        self,
        artifact: str,
        *,
        add_tags: Iterable[str] | None = None,
        remove_tags: Iterable[str] | None = None,
    ) -> ArtifactRecord:
        """Attaches and detaches tags of an artifact."""
        body = given({"add_tags": texts(add_tags), "remove_tags": texts(remove_tags)})
        return ArtifactRecord(
            self._write("PATCH", self._path("artifacts", artifact), body) or {"name": artifact}, self
        )

    def list_artifact_versions(self, artifact: str, **filters: Any) -> Iterator[ArtifactVersion]:
        """The versions of an artifact."""
        return self._pages(self._path("artifacts", artifact, "versions"), ArtifactVersion, filters)

    def get_artifact_version(self, artifact: str, version: Any = None) -> ArtifactVersion:
        """An artifact version by its number; the latest by default."""
        return ArtifactVersion(self._get(self._artifact(artifact, version)), self)

    def get_artifact_metadata(self, artifact: str, version: Any = None) -> dict[str, Any]:
        """An artifact version's metadata, nested."""
        return dict(self._get(self._artifact(artifact, version, "metadata"))["metadata"])

    def log_artifact_metadata(
        self,
        artifact: str,
        version: Any,
        metadata: Mapping[str, Any],
        *,
        remove: Iterable[str] = (),
        wait: bool = True,
    ) -> dict[str, Any] | None:
        """Merges metadata into an artifact version's, key by key; the whole of it, or None if it waits."""
        body = {"metadata": storable(metadata), "remove": list(remove) or None}
        answer = self._write("PATCH", self._artifact(artifact, version, "metadata"), body, wait=wait)
        return dict(answer["metadata"]) if answer is not None else None

    def get_preview(self, artifact: str, version: Any = None) -> Record:
        """A small picture of an artifact version."""
        return Record(self._get(self._artifact(artifact, version, "preview")), self)

    def download_artifact(self, artifact: str, version: Any, path: Path) -> Path:
        """Writes an artifact version's bytes to the new file `path`, checked by their SHA-256.

        Raises:
            DigestMismatch: they are others; nothing is left at `path`. FileExistsError: there is a file.
            NotFound: the server's store doesn't hold them.
        """
        from modelcp.artifacts.stores import write_checked

        found = self.get_artifact_version(artifact, version)
        response = self.connection.ask("GET", self._artifact(artifact, version, "content"), stream=True)
        with Download(response) as source:
            write_checked(cast(BinaryIO, source), path, found["sha256"], f"{artifact} {found['number']}")
        return path

    def upload_artifact(self, artifact: str, version: Any, path: Path) -> Record:
        """Sends the bytes of an artifact version that was recorded by their SHA-256; others are refused."""
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(path.stat().st_size),
            **self._attribution(),
        }
        with path.open("rb") as file:
            where = self._artifact(artifact, version, "content")
            response = self.connection.transport.send("PUT", where, headers=headers, body=file)
        return Record(checked_json(response), self)

    def save_artifact(
        self,
        value: Any,
        name: str,
        *,
        tags: Iterable[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> ArtifactVersion:
        """Saves a value as the next version of an artifact.

        Args:
            value: anything that a materializer takes.
            name: the artifact's; made if it doesn't exist.

        Raises:
            MaterializationError: the value can't be saved. StoreError: its bytes can't be kept; in a run,
                which nothing of ours may end, that is a warning.
        """
        name, step = check_name(name, "The artifact's name"), active_step()
        try:
            with self.written(value) as fields:
                return self.create_artifact_version(name, **fields, tags=tags, metadata=metadata)
        except StoreError as error:
            if step is None:
                raise
            tell(f"Artifact {name!r} of step {step.step_name!r} isn't kept: {error}")
            return ArtifactVersion({"id": None, "artifact": name, "number": None}, self)

    def create_artifact_version(
        self,
        artifact: str,
        *,
        uri: str,
        size: int | None = None,
        sha256: str | None = None,
        data_type: str | None = None,
        media_type: str | None = None,
        summary: Mapping[str, Any] | None = None,
        preview: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Iterable[str] | None = None,
    ) -> ArtifactVersion:
        """Records bytes that are somewhere as the next version of an artifact; in a step, as an output of it.

        Args:
            uri: where: what `put_content` gave, or any address, which is then only named.
            size: bytes. sha256: in hexadecimal.
        """
        body = given(
            {
                "id": str(new_id()),
                "uri": uri,
                "size": size,
                "sha256": sha256,
                "data_type": data_type,
                "media_type": media_type,
                "summary": summary or None,
                "preview": preview,
                "metadata": storable(metadata) if metadata else None,
                "tags": texts(tags),
            }
        )
        artifact = check_name(artifact, "The artifact's name")
        answer = self._write("POST", self._path("artifacts", artifact, "versions"), body)
        step = active_step()
        if step is not None:
            step.note_output(artifact, body["id"])
        return ArtifactVersion(answer or {"artifact": artifact, "number": None, **body}, self)

    def delete_artifact_version(
        self, artifact: str, version: int, *, end_links: bool = False, reason: str | None = None
    ) -> None:
        """Deletes an artifact version; refused while it is linked, unless `end_links`."""
        path = self._artifact(artifact, version)
        self._remove(path, links="end" if end_links else None, reason=reason)

    def list_version_artifacts(
        self,
        model: str,
        version: Any = None,
        kind: Any = None,
        as_of: datetime | str | None = None,
        **filters: Any,
    ) -> Iterator[ArtifactVersion]:
        """The artifact versions linked to a model version, each with its link's name.

        Args:
            kind: `data`, `model` or `deployment`; all by default.
            as_of: those that were linked at this moment.
        """
        asked = {**filters, "kind": word(kind), "as_of": as_of}
        return self._pages(self._version(model, version, "artifacts"), ArtifactVersion, asked)

    def link_artifact(
        self,
        model: str,
        version: Any,
        artifact_version: Any,
        *,
        name: str | None = None,
        kind: Any = "data",
        wait: bool = True,
    ) -> Record:
        """Links an artifact version to a model version; one link per pair, updated if it is there.

        Args:
            artifact_version: its record or its id.
            name: the link's; the artifact's own by default.
            kind: `data`, `model` or `deployment`.

        Returns:
            the link. While it waits for the server, its `link` is the artifact version's id: it names
            the link of the two whichever that will be, for they may be linked already.
        """
        ident = artifact_version["id"] if isinstance(artifact_version, Record) else artifact_version
        if ident is None:  # what couldn't be kept was told when it was saved
            return Record(
                {"artifact_version": None, "name": name, "kind": word(kind), "id": None, "link": None}
            )
        body = given({"id": str(new_id()), "artifact_version": str(ident), "name": name, "kind": word(kind)})
        answer = self._write("POST", self._version(model, version, "artifacts"), body, wait=wait)
        return Record(answer or {**body, "id": str(ident), "link": str(ident)}, self)

    def unlink_artifact(self, model: str, version: Any, link: Any, *, reason: str | None = None) -> None:
        """Ends a link; the artifact stays.

        Args:
            link: its id, the artifact version's, or what `link_artifact` or `list_version_artifacts` gave.
        """
        ident = link["link"] if isinstance(link, Record) else link
        self._remove(self._version(model, version, "artifacts", ident), reason=reason)

    def _artifact(self, artifact: str, version: Any, *more: object) -> str:
        """The address of an artifact version, or of something below it."""
        return self._path("artifacts", artifact, "versions", "latest" if version is None else version, *more)
