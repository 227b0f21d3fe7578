"""Writes of artifacts and their versions."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django.db.models import F
from django.utils import timezone

from registry.models import SYSTEM_CHAIN, Artifact, ArtifactLink, ArtifactVersion, MetadataValue
from registry.rules import metadata as metadata_rules
from registry.rules.contents import check_sha256, check_uri, held_digest, uri_of
from registry.rules.errors import Conflict, InvalidInput, RuleRefused
from registry.rules.names import check_name
from registry.rules.runs import NewArtifactVersion
from registry.selectors.artifacts import find_artifact, find_artifact_version
from registry.selectors.contents import content_size
from registry.services.actors import Actor
from registry.services.inserts import insert
from registry.services.metadata import value_rows, write_metadata
from registry.services.tags import set_tags
from registry.services.unit import Change, Work, unit


def create_artifact_version(*, actor: Actor, new: NewArtifactVersion) -> tuple[ArtifactVersion, bool]:
    """Makes the next version of an artifact (made if missing) from a URI, or the digest of stored bytes.

    Returns:
        the artifact version, and whether this call made it (a repeated `id` doesn't).

    Raises:
        RuleRefused: it names bytes that the server's store hasn't. Conflict: the id is another's.
    """
    actor.require("write", "save an artifact")
    new = completed(new)
    with unit(actor, SYSTEM_CHAIN) as work:
        made = not ArtifactVersion.objects.filter(id=new.id).exists()
        return make_artifact_versions(work, [new])[new.id], made


def completed(new: NewArtifactVersion) -> NewArtifactVersion:
    """The same with the URI, digest and size that the server's store knows."""
    sha256 = check_sha256(new.sha256) if new.sha256 else ""
    if not new.uri and not sha256:
        raise InvalidInput(
            "An artifact version needs a uri, or the sha256 of bytes that were uploaded.",
            fields={"uri": "Missing."},
        )
    uri = new.uri or uri_of(sha256)
    held = held_digest(uri)
    size = content_size(held) if held else new.size
    if held and size is None:
        raise RuleRefused(
            "The server's store has no bytes of this digest.",
            code="no_such_content",
            fields={"sha256": "Not uploaded."},
            hint="Upload them first: PUT contents/{sha256}/.",
        )
    if held and new.size not in (None, size):
        raise RuleRefused(
            f"The bytes stored are {size:,}, not {new.size:,}.",
            code="size_mismatch",
            fields={"size": "Not the stored size."},
        )
    return _replace(new, uri=uri, sha256=held or sha256, size=size)


def _replace(new: NewArtifactVersion, **values: Any) -> NewArtifactVersion:
    return NewArtifactVersion(**{**new.__dict__, **values})


def make_artifact_versions(
    work: Work, news: Sequence[NewArtifactVersion]
) -> dict[uuid.UUID, ArtifactVersion]:
    """Artifact versions, by id, within a unit that holds the system chain, which serialises their numbers.

    Those known by their id are left as they are; a dozen queries however many there are.
    """
    news = [_checked(new) for new in news]
    known = {
        v.id: v
        for v in ArtifactVersion.objects.select_related("artifact").filter(id__in=[n.id for n in news])
    }
    fresh = []
    for new in news:
        if new.id in known:
            _require_same(known[new.id], new)
        else:
            fresh.append(new)
    artifacts = _ensure_artifacts(work, fresh)
    for new in fresh:
        if new.id not in known:
            known[new.id] = _numbered(work, artifacts[new.artifact], new)
        else:
            _require_same(known[new.id], new)
    made = {new.id: new for new in fresh}
    _count_up(made.values())
    insert([known[ident] for ident in made])
    rows = [
        row
        for new in made.values()
        for row in value_rows(work, "artifact_version", new.id, new.metadata, known[new.id].created_at)
    ]
    MetadataValue.objects.bulk_create(rows, batch_size=1000)
    for new in made.values():
        if new.tags:
            set_tags(work, "artifact", artifacts[new.artifact].id, add=new.tags, label=new.artifact)
    return known


def _count_up(made: Iterable[NewArtifactVersion]) -> None:
    """Notes the numbers given, in one statement for all artifacts that got as many."""
    given = Counter(new.artifact for new in made)
    for count in set(given.values()):
        names = [name for name, of in given.items() if of == count]
        Artifact.objects.filter(name__in=names, deleted_at__isnull=True).update(
            last_number=F("last_number") + count
        )


def _checked(new: NewArtifactVersion) -> NewArtifactVersion:
    sha256 = check_sha256(new.sha256) if new.sha256 else held_digest(new.uri) or ""
    return _replace(
        new,
        artifact=check_name(new.artifact, "The artifact's name"),
        uri=check_uri(new.uri, sha256),
        sha256=sha256,
        metadata=metadata_rules.flatten(new.metadata),
    )


def _require_same(known: ArtifactVersion, new: NewArtifactVersion) -> None:
    facts = ("uri", "sha256", "data_type", "media_type")
    same = known.artifact.name == new.artifact and all(getattr(known, it) == getattr(new, it) for it in facts)
    if not same or new.size not in (None, known.size):  # the store may have told it since
        raise Conflict(f"The id {new.id} belongs to another artifact version.", code="id_taken")


def _ensure_artifacts(work: Work, news: Sequence[NewArtifactVersion]) -> dict[str, Artifact]:
    names = {new.artifact for new in news}
    found = {a.name: a for a in Artifact.objects.filter(name__in=names, deleted_at__isnull=True)}
    now = timezone.now()
    missing = [
        Artifact(name=name, created_at=now, created_by_id=work.actor.id)
        for name in dict.fromkeys(new.artifact for new in news)
        if name not in found
    ]
    for artifact in missing:
        artifact.created_at = work.record(
            Change(
                "artifact.created", ("artifact", artifact.id, artifact.name), after={"name": artifact.name}
            )
        )
    Artifact.objects.bulk_create(missing)
    return found | {artifact.name: artifact for artifact in missing}


def _numbered(work: Work, artifact: Artifact, new: NewArtifactVersion) -> ArtifactVersion:
    artifact.last_number += 1
    facts = {
        "number": artifact.last_number,
        "uri": new.uri,
        "size": new.size,
        "sha256": new.sha256,
        "data_type": new.data_type,
    }
    after = {**facts, "metadata": dict(new.metadata)} if new.metadata else facts
    at = work.record(
        Change(
            "artifact_version.created",
            ("artifact_version", new.id, f"{artifact.name} {artifact.last_number}"),
            after=after,
        )
    )
    return ArtifactVersion(
        id=new.id,
        artifact=artifact,
        **facts,
        media_type=new.media_type,
        summary=cast(Any, dict(new.summary)),
        preview=new.preview,
        step_id=new.step,
        created_at=at,
        created_by_id=work.actor.id,
    )


def update_artifact(
    *, actor: Actor, artifact: str, add_tags: Sequence[str] = (), remove_tags: Sequence[str] = ()
) -> Artifact:
    """Attaches and detaches tags of an artifact."""
    actor.require("write", "change an artifact")
    found = find_artifact(artifact)
    with unit(actor, SYSTEM_CHAIN) as work:
        set_tags(work, "artifact", found.id, add=add_tags, remove=remove_tags, label=found.name)
    return found


def log_artifact_metadata(
    *, actor: Actor, artifact: str, number: object, metadata: Mapping[str, Any], remove: Sequence[str] = ()
) -> dict[str, Any]:
    """Merges `metadata` into an artifact version's; the whole of it afterwards, nested."""
    actor.require("write", "log metadata")
    leaves = metadata_rules.flatten(metadata)
    found = find_artifact_version(artifact, number)
    with unit(actor, SYSTEM_CHAIN) as work:
        return write_metadata(
            work,
            "artifact_version",
            found.id,
            leaves,
            remove=tuple(remove),
            label=f"{found.artifact.name} {found.number}",
        )


def delete_artifact_version(
    *, actor: Actor, artifact: str, number: object, end_links: bool = False, reason: str = ""
) -> None:
    """Marks an artifact version as deleted; its number stays used and its bytes stay in the store.

    Args:
        end_links: end its links to model versions with it; without, it is refused while it has any.
    """
    from registry.services.links import end_links_to

    actor.require("write", "delete an artifact version")
    found = find_artifact_version(artifact, number)
    links = ArtifactLink.objects.filter(artifact_version=found, valid_to__isnull=True)
    chains = set(links.values_list("version__model_id", flat=True))
    with unit(actor, SYSTEM_CHAIN, *chains) as work:
        current = list(links.select_related("version__model"))
        if current and not end_links:
            holders = ", ".join(f"{link.version.model.name} {link.version.number}" for link in current[:5])
            raise RuleRefused(
                f"{found.artifact.name} {found.number} is linked to {holders}.",
                code="has_links",
                hint="End its links with it by ?links=end, or unlink it first.",
            )
        if not {link.version.model_id for link in current} <= chains:
            raise Conflict("It was linked to another model just now.", hint="Try again.")
        end_links_to(work, found, current, reason=reason)
        at = work.record(
            Change(
                "artifact_version.deleted",
                ("artifact_version", found.id, f"{found.artifact.name} {found.number}"),
                before={"uri": found.uri, "sha256": found.sha256},
                reason=reason,
            )
        )
        ArtifactVersion.objects.filter(id=found.id).update(deleted_at=at)
