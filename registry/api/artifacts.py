"""Artifacts, their versions and their bytes over HTTP."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.answers import ArtifactRow, ArtifactVersionRow, Preview, Stored
from registry.api.bodies import ArtifactVersionShape, TagChange, new_artifact_version
from registry.api.contents import BYTES, Stream
from registry.api.describe import Param, operation
from registry.api.fields import REASON
from registry.api.http import Endpoint, Shape, done
from registry.api.metadata import VersionMetadataChange
from registry.api.shapes import Metadata, listed
from registry.rules.contents import held_digest
from registry.rules.errors import InvalidInput, NotFound
from registry.selectors import artifacts as read
from registry.selectors import run_lists as lists
from registry.selectors.previews import preview_of
from registry.services import artifacts as write


class Deletion(Shape):
    links = serializers.ChoiceField(["end"], required=False)
    reason = serializers.CharField(max_length=10_000, required=False, allow_blank=True)


class Artifacts(Endpoint):
    """The artifacts."""

    @operation("list_artifacts", {200: listed(ArtifactRow)}, listing=lists.ARTIFACTS)
    def get(self, request: Request) -> HttpResponse:
        """The artifacts, by name."""
        return self.listed(lists.ARTIFACTS, read.alive_artifacts())


class Artifact(Endpoint):
    """One artifact."""

    @operation("get_artifact", {200: ArtifactRow})
    def get(self, request: Request, artifact: str) -> HttpResponse:
        """An artifact by its name."""
        self.no_query()
        return self.answer(read.artifact_row(read.find_artifact(artifact).id))

    @operation("update_artifact", {200: ArtifactRow}, request=TagChange)
    def patch(self, request: Request, artifact: str) -> HttpResponse:
        """Attaches and detaches tags of an artifact."""
        found = write.update_artifact(actor=self.actor(), artifact=artifact, **self.body(TagChange))
        return self.answer(read.artifact_row(found.id))


class ArtifactVersions(Endpoint):
    """The versions of an artifact."""

    @operation("list_artifact_versions", {200: listed(ArtifactVersionRow)}, listing=lists.ARTIFACT_VERSIONS)
    def get(self, request: Request, artifact: str) -> HttpResponse:
        """The versions of an artifact, newest first."""
        return self.listed(lists.ARTIFACT_VERSIONS, lists.versions_of(read.find_artifact(artifact)))

    @operation(
        "create_artifact_version",
        {200: ArtifactVersionRow, 201: ArtifactVersionRow},
        request=ArtifactVersionShape,
    )
    def post(self, request: Request, artifact: str) -> HttpResponse:
        """Makes the next version from a URI or the sha256 of uploaded bytes; the artifact too, if missing."""
        new = new_artifact_version(self.body(ArtifactVersionShape), artifact)
        version, made = write.create_artifact_version(actor=self.actor(), new=new)
        return self.answer(read.artifact_version_row(version.id), 201 if made else 200)


class ArtifactVersion(Endpoint):
    """One version of an artifact."""

    @operation("get_artifact_version", {200: ArtifactVersionRow})
    def get(self, request: Request, artifact: str, number: str) -> HttpResponse:
        """An artifact version by its number, or `latest`."""
        self.no_query()
        return self.answer(read.artifact_version_row(read.find_artifact_version(artifact, number).id))

    @operation(
        "delete_artifact_version",
        {204: None},
        params=(
            Param(
                "links",
                "`end` ends its links to model versions with it.",
                {"type": "string", "enum": ["end"]},
            ),
            REASON,
        ),
    )
    def delete(self, request: Request, artifact: str, number: str) -> HttpResponse:
        """Deletes an artifact version; refused while model versions link it, unless told to end the links."""
        asked = self.query(Deletion)
        write.delete_artifact_version(
            actor=self.actor(),
            artifact=artifact,
            number=number,
            end_links=asked.get("links") == "end",
            reason=asked.get("reason", ""),
        )
        return done()


class ArtifactMetadata(Endpoint):
    """The metadata of an artifact version."""

    @operation("get_artifact_metadata", {200: Metadata})
    def get(self, request: Request, artifact: str, number: str) -> HttpResponse:
        """An artifact version's metadata, nested."""
        self.no_query()
        row = read.artifact_version_row(read.find_artifact_version(artifact, number).id)
        return self.answer({"metadata": row["metadata"]})

    @operation("log_artifact_metadata", {200: Metadata}, request=VersionMetadataChange)
    def patch(self, request: Request, artifact: str, number: str) -> HttpResponse:
        """Merges metadata into an artifact version's, key by key; `remove` ends dotted paths."""
        after = write.log_artifact_metadata(
            actor=self.actor(), artifact=artifact, number=number, **self.body(VersionMetadataChange)
        )
        return self.answer({"metadata": after})


class ArtifactPreview(Endpoint):
    """A look at an artifact version."""

    @operation("get_preview", {200: Preview})
    def get(self, request: Request, artifact: str, number: str) -> HttpResponse:
        """The preview made at save; else, of CSV, JSON, text and Parquet in the store, the beginning."""
        self.no_query()
        return self.answer(preview_of(read.find_artifact_version(artifact, number)))


class ArtifactContent(Stream):
    """The bytes of an artifact version, where the server's store holds them."""

    @operation("download_artifact", {200: None, 206: None, 304: None}, text=BYTES)
    def get(self, request: Request, artifact: str, number: str) -> HttpResponseBase:
        """Streams the bytes; takes Range and If-None-Match."""
        version = read.find_artifact_version(artifact, number)
        held = held_digest(version.uri)
        if held is None:
            raise NotFound(
                f"The bytes aren't in this server's store: they are at {version.uri[:300]}.",
                code="kept_elsewhere",
                hint="Fetch them from there.",
            )
        return self.give(held, f"{version.artifact.name}-{version.number}")

    def head(self, request: Request, artifact: str, number: str) -> HttpResponseBase:
        """What GET says, without the bytes."""
        return self.get(request, artifact, number)

    @operation("upload_artifact", {200: Stored, 201: Stored}, takes=BYTES)
    def put(self, request: Request, artifact: str, number: str) -> HttpResponse:
        """Stores the bytes that the version's sha256 names; others are refused."""
        version = read.find_artifact_version(artifact, number)
        if not version.sha256:
            raise InvalidInput(
                "This artifact version was made without a SHA-256, so no bytes can be checked by it.",
                code="no_digest",
                hint="Make a new version by the sha256 of the bytes.",
            )
        return self.take(version.sha256)
