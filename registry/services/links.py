"""Writes of links: artifact versions joined to model versions, with a kind."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from registry.models import SYSTEM_CHAIN, ArtifactLink, ArtifactVersion, ModelVersion
from registry.rules.errors import Conflict, NotFound
from registry.rules.ids import new_id
from registry.rules.names import check_name
from registry.rules.runs import NewArtifactVersion, check_kind
from registry.selectors import lookups
from registry.selectors.artifacts import find_artifact_version, get_artifact_version
from registry.selectors.catalog import find_model, find_version
from registry.services.actors import Actor
from registry.services.artifacts import completed, make_artifact_versions
from registry.services.inserts import insert
from registry.services.unit import Change, Work, unit
from registry.services.updates import update


@dataclass(frozen=True)
class Wanted:
    """A link that shall be: `version` with its model, `artifact_version` with its artifact."""

    id: uuid.UUID
    version: ModelVersion
    artifact_version: ArtifactVersion
    name: str
    kind: str


def link_artifact(
    *,
    actor: Actor,
    model: str,
    version: object,
    artifact_version: uuid.UUID | None = None,
    artifact: str | None = None,
    number: object = None,
    new: NewArtifactVersion | None = None,
    name: str | None = None,
    kind: str = "data",
    id: uuid.UUID | None = None,
) -> tuple[ArtifactLink, bool]:
    """Links an artifact version to a model version; one link per pair, updated if it is there.

    Args:
        artifact_version: its id; or `artifact` with `number` (the latest if None); or `new`, which
            makes an artifact version from a URI first.
        name: the link's; the artifact's own if not given.
        kind: data, model or deployment.
        id: the link's, made by the client.

    Returns:
        the open link, and whether this call made or changed it.
    """
    actor.require("write", "link an artifact")
    check_kind(kind)
    found = find_model(model)
    new = completed(new) if new else None
    known = None
    if new is None:
        known = (
            get_artifact_version(artifact_version)
            if artifact_version
            else find_artifact_version(artifact or "", number)
        )
    with unit(actor, found.chain_id, *((SYSTEM_CHAIN,) if new else ())) as work:
        this = known or make_artifact_versions(work, [new])[new.id]  # type: ignore[list-item, union-attr]
        wanted = Wanted(
            id or new_id(),
            find_version(found, version),
            this,
            check_name(name or this.artifact.name, "The link's name"),
            kind,
        )
        links, changed = set_links(work, [wanted])
        return links[0], bool(changed)


def set_links(work: Work, wanted: Sequence[Wanted]) -> tuple[list[ArtifactLink], int]:
    """Makes links be as wanted within a unit that holds the chains of their models.

    A link whose id is known was set by an earlier post of the same and is left alone.

    Returns:
        the link of each, and how many were made or changed.
    """
    known, current = _standing(wanted)
    links, made = [], []
    for want in wanted:
        pair = (want.version.id, want.artifact_version.id)
        link = _as_before(want, known.get(want.id), current.get(pair))
        if link is None:
            link = current[pair] = known[want.id] = _new_link(work, want, current.get(pair))
            made.append(link)
        links.append(link)
    ended = [link for link in made if link.valid_to is not None]  # replaced within this very call
    insert([*ended, *(link for link in made if link.valid_to is None)])
    return links, len(made)


def _standing(
    wanted: Sequence[Wanted],
) -> tuple[dict[uuid.UUID, ArtifactLink], dict[tuple[uuid.UUID, uuid.UUID], ArtifactLink]]:
    """The links of the ids wanted, and the open ones of the pairs wanted."""
    if len(wanted) == 1:  # by SQL compiled once: what each single post asks
        one, (version, this) = wanted[0].id, (wanted[0].version.id, wanted[0].artifact_version.id)
        same, now = lookups.link_of(one), lookups.link_between(version, this)
    else:
        same = list(ArtifactLink.objects.filter(id__in=[want.id for want in wanted]))
        now = list(
            ArtifactLink.objects.filter(
                valid_to__isnull=True,
                version__in={want.version.id for want in wanted},
                artifact_version__in={want.artifact_version.id for want in wanted},
            )
        )
    pairs = {(link.version_id, link.artifact_version_id): link for link in now}
    return {link.id: link for link in same}, pairs


def _as_before(
    want: Wanted, same_id: ArtifactLink | None, current: ArtifactLink | None
) -> ArtifactLink | None:
    """The link that makes `want` needless, if there is one."""
    if same_id is not None:
        known = (same_id.version_id, same_id.artifact_version_id, same_id.name, same_id.kind)
        if known != (want.version.id, want.artifact_version.id, want.name, want.kind):
            raise Conflict(f"The id {want.id} belongs to another link.", code="id_taken")
        return same_id
    return current if current and (current.name, current.kind) == (want.name, want.kind) else None


def _new_link(work: Work, want: Wanted, current: ArtifactLink | None) -> ArtifactLink:
    version, this = want.version, want.artifact_version
    facts = {"artifact": this.artifact.name, "number": this.number}
    at = work.record(
        Change(
            "artifact.relinked" if current else "artifact.linked",
            ("version", version.id, f"{version.model.name} {version.number}"),
            before={"name": current.name, "kind": current.kind} if current else None,
            after={**facts, "name": want.name, "kind": want.kind},
            model=version.model_id,
            extra={"artifact_version": str(this.id)},
        )
    )
    if current is not None:
        current.valid_to = at
        update(ArtifactLink, {"id": current.id}, valid_to=at)
    return ArtifactLink(
        id=want.id,
        of_model_id=version.model_id,
        version=version,
        artifact_version=this,
        name=want.name,
        kind=want.kind,
        valid_from=at,
        actor_id=work.actor.id,
        run_id=work.actor.run,
    )


def unlink_artifact(*, actor: Actor, model: str, version: object, link: uuid.UUID, reason: str = "") -> None:
    """Ends a link; the artifact stays. NotFound if the version has no such link.

    Args:
        link: its id, or that of the artifact version: a client that linked one without an answer knows
            only the latter, for the two may have been linked before.
    """
    actor.require("write", "unlink an artifact")
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        this = find_version(found, version)
        links = ArtifactLink.objects.select_related("version__model", "artifact_version__artifact")
        named = Q(id=link) | Q(artifact_version=link)
        open_link = links.filter(named, version=this, valid_to__isnull=True).first()
        if open_link is None:
            raise NotFound(
                f"{found.name} {this.number} has no such link.",
                code="no_such_link",
                hint="Its artifacts' list shows each link's id.",
            )
        end_links_to(work, open_link.artifact_version, [open_link], reason=reason)


def end_links_to(
    work: Work, this: ArtifactVersion, links: Sequence[ArtifactLink], *, reason: str = ""
) -> None:
    """Ends these links to one artifact version within a unit that holds their models' chains."""
    for link in links:
        at = work.record(
            Change(
                "artifact.unlinked",
                ("version", link.version_id, f"{link.version.model.name} {link.version.number}"),
                before={
                    "artifact": this.artifact.name,
                    "number": this.number,
                    "name": link.name,
                    "kind": link.kind,
                },
                reason=reason,
                model=link.version.model_id,
                extra={"artifact_version": str(this.id)},
            )
        )
        update(ArtifactLink, {"id": link.id}, valid_to=at)
