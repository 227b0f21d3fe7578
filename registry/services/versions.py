"""Writes of versions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db.models import F

from registry.models import Model, ModelVersion
from registry.rules.errors import Conflict, RuleRefused
from registry.rules.ids import new_id
from registry.rules.names import check_version_name, normal
from registry.rules.stages import EXCLUSIVE, PRODUCTION
from registry.selectors.catalog import find_model, find_version, still_there
from registry.selectors.events import first_content
from registry.services.actors import Actor
from registry.services.aliases import drop_aliases
from registry.services.inserts import insert
from registry.services.stages import place
from registry.services.tags import chains_for, set_tags
from registry.services.unit import Change, Work, unit
from registry.services.updates import update

CREATED = "version.created"


def create_version(
    *,
    actor: Actor,
    model: str,
    name: str | None = None,
    description: str = "",
    tags: Sequence[str] = (),
    id: uuid.UUID | None = None,
) -> tuple[ModelVersion, bool]:
    """Creates the model's next version: numbered by the server, named by `name` or its number.

    Returns:
        the version, and whether this call made it (a repeated `id` doesn't).
    """
    actor.require("write", "create a version")
    found = find_model(model)
    with unit(actor, found.chain_id, *chains_for(tags)) as work:
        return make_version(work, found, name=name, description=description, tags=tags, id=id)


def make_version(
    work: Work,
    model: Model,
    *,
    name: str | None = None,
    description: str = "",
    tags: Sequence[str] = (),
    id: uuid.UUID | None = None,
) -> tuple[ModelVersion, bool]:
    """`create_version` within a unit that holds the model's chain."""
    known = _same_id(id, model, name, description or "") if id else None
    if known is not None:
        return known, False
    if name is not None:
        name = _free_name(model, name)
    now = still_there(model)
    number = now.last_number + 1  # read and written by the one who holds the chain
    update(Model, {"id": model.id}, last_number=number, version_count=now.version_count + 1)
    version = ModelVersion(
        id=id or new_id(),
        model=model,
        number=number,
        name=name or str(number),
        description=description or "",
        created_by_id=work.actor.id,
        created_by_run_id=work.actor.run,
    )
    version.created_at = work.record(
        Change(
            CREATED,
            ("version", version.id, f"{model.name} {number}"),
            after={"number": number, "name": version.name, "description": version.description},
            model=model.id,
        )
    )
    insert([version])
    set_tags(work, "version", version.id, add=tags, label=f"{model.name} {number}", model=model.id)
    return version, True


def update_version(
    *,
    actor: Actor,
    model: str,
    version: object,
    name: str | None = None,
    description: str | None = None,
    add_tags: Sequence[str] = (),
    remove_tags: Sequence[str] = (),
) -> ModelVersion:
    """Changes what is given of a version: its name, description, tags."""
    actor.require("write", "change a version")
    found = find_model(model)
    with unit(actor, found.chain_id, *chains_for(add_tags)) as work:
        found = still_there(found)
        this = find_version(found, version)
        before, after = {}, {}
        if name is not None and name != this.name:
            before["name"], after["name"] = this.name, _free_name(found, name)
            this.name = after["name"]
        if description is not None and description != this.description:
            before["description"], after["description"] = this.description, description
            this.description = description
        label = f"{found.name} {this.number}"
        if after:
            work.record(
                Change(
                    "version.changed", ("version", this.id, label), before=before, after=after, model=found.id
                )
            )
            this.save(update_fields=["name", "description"])
        set_tags(work, "version", this.id, add=add_tags, remove=remove_tags, label=label, model=found.id)
    return this


def _same_id(id: uuid.UUID, model: Model, name: str | None, description: str) -> ModelVersion | None:
    """The version that an earlier post of the same id and content made."""
    known = ModelVersion.objects.select_related("model").filter(id=id).first()
    if known is None:
        return None
    wanted = {"number": known.number, "name": normal(name or str(known.number)), "description": description}
    if known.model_id != model.id or first_content(known.model.chain_id, "version", id, CREATED) != wanted:
        raise Conflict(
            f"The id {id} belongs to another version, or to this one with other content.", code="id_taken"
        )
    return known


def _free_name(model: Model, name: str) -> str:
    name = check_version_name(name)
    if ModelVersion.objects.filter(model=model, name=name, deleted_at__isnull=True).exists():
        raise Conflict(
            f"{model.name} has a version {name!r} already.",
            code="name_taken",
            fields={"name": "This name is taken."},
        )
    return name


def delete_version(
    *, actor: Actor, model: str, version: object, reason: str = "", force: bool = False
) -> None:
    """Deletes a version; its number stays used. Refused in production unless an administrator forces it."""
    actor.require("write", "delete a version")
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        found = still_there(found)
        this = find_version(found, version)
        if this.stage == PRODUCTION and not force:
            raise RuleRefused(
                f"Version {this.number} of {found.name!r} is in production.",
                code="in_production",
                hint="Archive it first; an administrator can force the deletion.",
            )
        if this.stage == PRODUCTION:
            actor.require("force_delete", "delete a version that is in production")
        remove_version(work, found, this, reason=reason)


def remove_version(work: Work, model: Model, version: ModelVersion, *, reason: str) -> None:
    """Marks a version as deleted within an open unit: its stage ends as archived, its aliases end."""
    if version.stage in EXCLUSIVE:
        place(work, version, "archived", reason=reason or "deleted")
    drop_aliases(work, version)
    at = work.record(
        Change(
            "version.deleted",
            ("version", version.id, f"{model.name} {version.number}"),
            before={"number": version.number, "name": version.name},
            reason=reason,
            model=model.id,
        )
    )
    ModelVersion.objects.filter(id=version.id).update(deleted_at=at)
    Model.objects.filter(id=model.id).update(version_count=F("version_count") - 1)
