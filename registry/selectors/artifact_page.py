"""Reads of the artifacts' pages: the list with each one's newest version, one artifact, one version."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Subquery

from registry.models import Artifact, ArtifactLink, ArtifactVersion, StepInput
from registry.rules.contents import held_digest
from registry.selectors.artifacts import find_artifact, find_artifact_version
from registry.selectors.attached import metadata_of
from registry.selectors.contents import content_size
from registry.selectors.lists import Counted
from registry.selectors.models_page import plain, tags_with_colors
from registry.selectors.moments import begun_by, existing_at, held, open_at
from registry.selectors.pager import Leaf, leaf
from registry.selectors.run_lists import ARTIFACT_VERSIONS, ARTIFACTS

SHOWN = 25  # links and readers of one version
MANY = 1000  # they are counted up to here
_FACTS = (
    "id",
    "number",
    "uri",
    "size",
    "sha256",
    "data_type",
    "media_type",
    "summary",
    "preview",
    "created_at",
    "artifact_id",
    "step_id",
)


def artifacts_leaf(given: Mapping[str, Sequence[str]], words: str = "", at: datetime | None = None) -> Leaf:
    """One page of the artifacts whose name holds `words`, the newest first; `newest`: its last version.

    Args:
        at: those that were there at this moment.
    """
    within = Artifact.objects.filter(existing_at(at))
    if words:
        within = within.filter(name__icontains=words)
    found = leaf(
        ARTIFACTS, within, {"sort": ["-created"], **given}, {"name": "name", "created": "created_at"}
    )
    ids = [row["id"] for row in found.rows]
    newest, counts = _newest(ids, at), _counts_then(ids, at) if at is not None else {}
    for row in found.rows:
        row["newest"] = newest.get(row["id"])
        if at is not None:
            row["versions"] = counts.get(row["id"], 0)
            row["latest"] = row["newest"]["number"] if row["newest"] else None
    return found


def _counts_then(ids: list[uuid.UUID], at: datetime) -> dict[uuid.UUID, int]:
    """How many versions each artifact had at a moment."""
    rows = ArtifactVersion.objects.filter(existing_at(at), artifact_id__in=ids).order_by()
    return dict(rows.values_list("artifact_id").annotate(n=Count("id")))


def _newest(ids: list[uuid.UUID], at: datetime | None) -> dict[uuid.UUID, dict[str, Any]]:
    rows = ArtifactVersion.objects.filter(existing_at(at), artifact_id__in=ids)
    if at is None:
        rows = rows.filter(number=F("artifact__last_number"))
    else:
        last = ArtifactVersion.objects.filter(existing_at(at), artifact=OuterRef("artifact"))
        rows = rows.filter(pk=Subquery(last.order_by("-number").values("pk")[:1]))
    found = rows.values(
        "artifact_id",
        "number",
        "size",
        "data_type",
        "media_type",
        "created_at",
        by=F("created_by__username"),
        run_id=F("step__run_id"),
        pipeline=F("step__run__pipeline__name"),
    )
    return {row["artifact_id"]: row for row in plain(found)}


def artifact_head(name: str, at: datetime | None = None) -> dict[str, Any]:
    """An artifact: id, name, created_at, by, tags, count of its versions; NotFound says what is near."""
    existing = Artifact.objects.filter(existing_at(at))
    rows = existing.filter(name=name).values("id", "name", "created_at", by=F("created_by__username"))
    row: Any = rows.first()
    if row is None:
        found = find_artifact(name, at)  # by another word; says what there is instead
        row = existing.values("id", "name", "created_at", by=F("created_by__username")).get(id=found.id)
    count = ArtifactVersion.objects.filter(existing_at(at), artifact_id=row["id"]).count()
    return {**row, "count": count, "tags": tags_with_colors("artifact", [row["id"]], at)[row["id"]]}


def versions_leaf(
    artifact: uuid.UUID, given: Mapping[str, Sequence[str]], at: datetime | None = None
) -> Leaf:
    """One page of an artifact's versions, the newest first; each with how many links and readers it has."""
    within = ArtifactVersion.objects.filter(existing_at(at), artifact_id=artifact)
    found = leaf(ARTIFACT_VERSIONS, within, given, {"number": "number"})
    ids = [row["id"] for row in found.rows]
    links = ArtifactLink.objects.filter(open_at(at), existing_at(at, "version__"))
    readers = StepInput.objects.filter(begun_by(at, "step__"))
    used = ArtifactVersion.objects.filter(pk__in=ids).values_list("pk", _many(links), _many(readers))
    counts = {ident: counted for ident, *counted in used}
    for row in found.rows:
        row["links"], row["readers"] = counts[row["id"]]
    return found


def _many(rows: Any) -> Counted:
    """How many of the rows an artifact version has, up to MANY + 1."""
    return Counted(rows.filter(artifact_version=OuterRef("pk")).values("artifact_version_id")[: MANY + 1])


def version_page(name: str, number: object, at: datetime | None = None) -> dict[str, Any]:
    """An artifact version with who made it, who uses it, its metadata and its neighbours; in seven queries.

    At a moment: as it was used then.

    Returns:
        its facts; `step_name`, `run_id`, `pipeline` (None if saved by hand); `links` to model versions;
        `readers`: the steps that read it; `link_count`: how many, up to MANY + 1; `more_links`,
        `more_readers`: whether there are others than those listed; `held`:
        its bytes are in the server's store; `around`: the numbers before and after it; `same`: others
        with the same bytes.
    """
    row = _version(name, number, at)
    (links, link_count), readers = _links(row["id"], at), _readers(row["id"], at)
    held = held_digest(row["uri"])
    return {
        **row,
        "held": held if held and content_size(held) is not None else None,
        "links": links,
        "link_count": link_count,
        "more_links": link_count > len(links),
        "readers": readers[:SHOWN],
        "more_readers": len(readers) > SHOWN,
        "metadata": metadata_of("artifact_version", [row["id"]], at=at).get(row["id"], {}),
        "tags": tags_with_colors("artifact", [row["artifact_id"]], at)[row["artifact_id"]],
        "around": _around(row, at),
        "same": _same_bytes(row, at),
    }


def _version(name: str, number: object, at: datetime | None) -> dict[str, Any]:
    rows = ArtifactVersion.objects.values(
        *_FACTS,
        artifact_name=F("artifact__name"),
        by=F("created_by__username"),
        step_name=F("step__name"),
        run_id=F("step__run_id"),
        pipeline=F("step__run__pipeline__name"),
    )
    text = str(number)
    row: Any = None
    if text.isascii() and text.isdecimal() and len(text) < 10:
        alive = rows.filter(existing_at(at), existing_at(at, "artifact__"))
        row = alive.filter(artifact__name=name, number=int(text)).first()
    row = row or rows.get(
        id=find_artifact_version(name, number, at).id
    )  # by another word; says what there is instead
    return {**row, "artifact": row["artifact_name"]}


def _links(ident: uuid.UUID, at: datetime | None) -> tuple[list[dict[str, Any]], int]:
    """The links to it, the last linked first, and how many there are, up to MANY + 1."""
    rows = ArtifactLink.objects.filter(
        open_at(at),
        existing_at(at, "version__"),
        existing_at(at, "version__model__"),
        artifact_version_id=ident,
    )
    shown = rows.order_by("-valid_from", "id").values(
        "id",
        "name",
        "kind",
        "valid_from",
        number=F("version__number"),
        stage=held(at, "version"),
        model=F("version__model__name"),
        by=F("actor__username"),
    )
    links = plain(shown[: SHOWN + 1])
    return links[:SHOWN], rows[: MANY + 1].count() if len(links) > SHOWN else len(links)


def _readers(ident: uuid.UUID, at: datetime | None) -> list[dict[str, Any]]:
    """The steps that read it, the newest first, one more than are shown."""
    return plain(
        StepInput.objects.filter(begun_by(at, "step__"), artifact_version_id=ident)
        .order_by("-id")
        .values(
            "step_id",
            "name",
            step_name=F("step__name"),
            status=F("step__status"),
            at=F("step__started_at"),
            run_id=F("step__run_id"),
            pipeline=F("step__run__pipeline__name"),
        )[: SHOWN + 1]
    )


def _around(row: dict[str, Any], at: datetime | None) -> dict[str, int | None]:
    """The numbers of the versions before and after this one."""
    others = ArtifactVersion.objects.filter(existing_at(at), artifact_id=row["artifact_id"])
    older = others.filter(number__lt=row["number"]).order_by("-number").values("number")[:1]
    newer = others.filter(number__gt=row["number"]).order_by("number").values("number")[:1]
    around = Artifact.objects.filter(pk=row["artifact_id"]).values(
        older=Subquery(older), newer=Subquery(newer)
    )
    return {"older": around[0]["older"], "newer": around[0]["newer"]}


def _same_bytes(row: dict[str, Any], at: datetime | None, limit: int = 5) -> list[dict[str, Any]]:
    """Other artifact versions with the same bytes: name and number."""
    if not row["sha256"]:
        return []
    rows = ArtifactVersion.objects.filter(
        existing_at(at), existing_at(at, "artifact__"), sha256=row["sha256"]
    ).exclude(id=row["id"])
    return plain(rows.order_by("-created_at").values("number", name=F("artifact__name"))[:limit])
