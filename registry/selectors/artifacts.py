"""Reads of artifacts, their versions and their links."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from registry.models import Artifact, ArtifactLink, ArtifactVersion, MetadataValue, ModelVersion
from registry.rules.errors import NotFound
from registry.rules.ids import parse_id
from registry.rules.metadata import nest
from registry.rules.names import normal
from registry.rules.versions import MAX_NUMBER, By, Ref, parse_ref
from registry.selectors.attached import metadata_of, tags_of
from registry.selectors.compiled import Compiled, CompiledObject
from registry.selectors.lists import Counted
from registry.selectors.moments import existing_at, open_at


def alive_artifacts() -> QuerySet[Artifact]:
    """The artifacts that lists show."""
    return Artifact.objects.filter(deleted_at__isnull=True)


def find_artifact(name: str, at: datetime | None = None) -> Artifact:
    """The artifact of that name, or of that id as ``@@UUID``; NotFound lists names near it.

    Args:
        at: the one that was there at this moment.
    """
    name = normal(name)
    if at is not None:
        found = Artifact.objects.filter(existing_at(at), name=name).order_by("-created_at").first()
    elif name.startswith("@@"):
        found = alive_artifacts().filter(id=parse_id(name[2:], "artifact")).first()
    else:
        found = _NAMED.first(name)
    if found is None:
        like = (
            alive_artifacts()
            .filter(name__icontains=name[:3])
            .order_by("name")
            .values_list("name", flat=True)[:5]
        )
        near = ", ".join(like)
        raise NotFound(
            f"There {'is' if at is None else 'was'} no artifact {name[:80]!r}"
            f"{f' at {at.isoformat()}' if at else ''}.",
            code="no_such_artifact",
            hint=f"Near it: {near}." if near else "The list of artifacts shows those there are.",
        )
    return found


def find_artifact_version(artifact: str, reference: object, at: datetime | None = None) -> ArtifactVersion:
    """The version that `reference` addresses: a number, ``latest`` or ``@@UUID``; NotFound lists numbers."""
    found = find_artifact(artifact, at)
    ref = parse_ref(reference)
    version = _lookup(found, ref) if at is None else _lookup_then(found, ref, at)
    if version is None:
        numbers = found.versions.filter(existing_at(at)).order_by("-number").values_list("number", flat=True)
        has = ", ".join(map(str, numbers[:10]))
        raise NotFound(
            f"The artifact {found.name!r} {'has' if at is None else 'had'} no version"
            f" {str(reference)[:60]!r}{f' at {at.isoformat()}' if at else ''}.",
            code="no_such_artifact_version",
            hint=f"It {'has' if at is None else 'had'}: {has}." if has else "It has no versions.",
        )
    version.artifact = found
    return version


def _lookup(artifact: Artifact, ref: Ref) -> ArtifactVersion | None:
    match ref.by:
        case By.NUMBER:
            return _NUMBERED.first(artifact.id, ref.value) if 0 <= ref.value <= MAX_NUMBER else None
        case By.LATEST:
            return _LATEST.first(artifact.id)
        case By.ID:
            return _versions_in(artifact.id).filter(id=ref.value).first()
        case _:
            return None


def _lookup_then(artifact: Artifact, ref: Ref, at: datetime) -> ArtifactVersion | None:
    versions = ArtifactVersion.objects.filter(existing_at(at), artifact=artifact).order_by("-number")
    match ref.by:
        case By.NUMBER:
            return versions.filter(number=min(ref.value, MAX_NUMBER)).first()
        case By.LATEST:
            return versions.first()
        case By.ID:
            return versions.filter(id=ref.value).first()
        case _:
            return None


def _versions_in(artifact: uuid.UUID) -> QuerySet[ArtifactVersion]:
    return ArtifactVersion.objects.filter(artifact_id=artifact, deleted_at__isnull=True)


def get_artifact_version(ident: uuid.UUID) -> ArtifactVersion:
    """The artifact version of that id; NotFound if there is none or it is deleted."""
    found = (
        ArtifactVersion.objects.select_related("artifact").filter(id=ident, deleted_at__isnull=True).first()
    )
    if found is None:
        raise NotFound(
            f"There is no artifact version {ident}.",
            code="no_such_artifact_version",
            hint="Save or link it first.",
        )
    return found


def artifact_rows(artifacts: QuerySet[Artifact]) -> list[dict[str, Any]]:
    """The rows of a sliced queryset of artifacts as every door shows them, in two queries."""
    versions = ArtifactVersion.objects.filter(artifact=OuterRef("pk"))
    newest = versions.filter(deleted_at__isnull=True).order_by("-number").values("number")[:1]
    gone = versions.filter(deleted_at__isnull=False).values("artifact_id")
    rows = list(
        artifacts.values(
            "id",
            "name",
            "created_at",
            author=F("created_by__username"),
            top=Subquery(newest),
            many=F("last_number") - Counted(gone),  # a number is given once, and none goes for good
        )
    )
    tags = tags_of("artifact", [row["id"] for row in rows])
    return [
        {
            "id": row["id"],
            "name": row["name"],
            "versions": row["many"],
            "latest": row["top"],
            "tags": tags.get(row["id"], []),
            "created_at": row["created_at"],
            "created_by": row["author"],
        }
        for row in rows
    ]


def artifact_row(ident: uuid.UUID) -> dict[str, Any]:
    """The row of one artifact."""
    return artifact_rows(Artifact.objects.filter(id=ident))[0]


_PLAIN = ("number", "uri", "size", "sha256", "data_type", "media_type", "summary")
# What an artifact version's row is made of: its keys, and where they are.
_COLUMNS = {
    "id": "id",
    **{name: name for name in _PLAIN},
    "created_at": "created_at",
    "artifact_name": "artifact__name",
    "author": "created_by__username",
    "of_step": "step_id",
    "of_step_name": "step__name",
    "of_run": "step__run_id",
    "of_run_name": "step__run__name",
}
_LINK_COLUMNS = {"link": "id", "link_name": "name", "kind": "kind"} | {
    key: f"artifact_version__{path}" for key, path in _COLUMNS.items()
}


def artifact_version_rows(versions: QuerySet[ArtifactVersion]) -> list[dict[str, Any]]:
    """The rows of a sliced queryset of artifact versions as every door shows them, in two queries."""
    found = versions.values_list(*_COLUMNS.values())
    rows = [dict(zip(_COLUMNS, values, strict=True)) for values in found]
    metadata = metadata_of("artifact_version", [row["id"] for row in rows])
    return [_version_row(row, metadata) for row in rows]


def artifact_version_row(ident: uuid.UUID) -> dict[str, Any]:
    """The row of one artifact version."""
    return artifact_version_rows(ArtifactVersion.objects.filter(id=ident))[0]


def _version_row(row: dict[str, Any], metadata: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "artifact": row["artifact_name"],
        **{key: row[key] for key in _PLAIN},
        "metadata": metadata.get(row["id"], {}),
        "created_at": row["created_at"],
        "created_by": row["author"],
        "step": {"id": row["of_step"], "name": row["of_step_name"]} if row["of_step"] else None,
        "run": {"id": row["of_run"], "name": row["of_run_name"]} if row["of_run"] else None,
    }


def open_links(version: ModelVersion, at: datetime | None = None) -> QuerySet[ArtifactLink]:
    """The links that a model version has now, or had at a moment."""
    return ArtifactLink.objects.filter(open_at(at), version=version)


def link_rows(links: QuerySet[ArtifactLink], at: datetime | None = None) -> list[dict[str, Any]]:
    """Artifact version rows with the link's id, name and kind, in two queries; metadata as of a moment."""
    rows = [
        dict(zip(_LINK_COLUMNS, values, strict=True)) for values in links.values_list(*_LINK_COLUMNS.values())
    ]
    metadata = metadata_of("artifact_version", [row["id"] for row in rows], at=at)
    return [_link_row(row, metadata) for row in rows]


def link_row(ident: uuid.UUID) -> dict[str, Any]:
    """The row of one link, also of an ended one."""
    row = dict(zip(_LINK_COLUMNS, _LINK.rows(ident)[0], strict=True))
    return _link_row(row, {row["id"]: nest(_METADATA.rows(row["id"]))})


def _link_row(row: dict[str, Any], metadata: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    return {**_version_row(row, metadata), "link": row["link"], "name": row["link_name"], "kind": row["kind"]}


def _metadata(ident: uuid.UUID) -> QuerySet[Any, Any]:
    rows = MetadataValue.objects.filter(artifact_version_id=ident, valid_to__isnull=True)
    return rows.order_by("path").values_list("path", "value")


_ID = uuid.UUID(int=1)
_NAMED = CompiledObject(Artifact, lambda name: alive_artifacts().filter(name=name), "an artifact")
_NUMBERED = CompiledObject(
    ArtifactVersion, lambda ident, number: _versions_in(ident).filter(number=number), _ID, 987_654_321
)
_LATEST = CompiledObject(ArtifactVersion, lambda ident: _versions_in(ident).order_by("-number")[:1], _ID)
_LINK = Compiled(
    lambda ident: ArtifactLink.objects.filter(id=ident).values_list(*_LINK_COLUMNS.values()), _ID
)
_METADATA = Compiled(_metadata, _ID)
