"""Writes of aliases."""

from __future__ import annotations

from registry.models import Alias, ModelVersion
from registry.rules.errors import NotFound
from registry.rules.names import check_name, normal
from registry.selectors.catalog import existing_aliases, find_model, find_version, still_there
from registry.services.actors import Actor
from registry.services.unit import Change, Work, unit


def set_alias(*, actor: Actor, model: str, alias: str, version: object) -> ModelVersion:
    """Points an alias of a model to a version, from where it pointed before."""
    actor.require("write", "set an alias")
    name = check_name(alias, "The alias")
    found = find_model(model)
    with unit(actor, found.chain_id) as work:
        this = find_version(still_there(found), version)
        current = (
            Alias.objects.select_related("version")
            .filter(model=found, name=name, valid_to__isnull=True)
            .first()
        )
        if current is not None and current.version_id == this.id:
            return this
        before = {"version": current.version.number} if current else None
        at = work.record(
            Change(
                "alias.set",
                ("alias", found.id, name),
                before=before,
                after={"version": this.number},
                model=found.id,
            )
        )
        Alias.objects.filter(model=found, name=name, valid_to__isnull=True).update(valid_to=at)
        Alias.objects.create(model=found, name=name, version=this, valid_from=at, actor_id=actor.id)
    return this


def delete_alias(*, actor: Actor, model: str, alias: str) -> None:
    """Ends an alias; NotFound if the model has none of that name."""
    actor.require("write", "delete an alias")
    found, alias = find_model(model), normal(alias)
    with unit(actor, found.chain_id) as work:
        current = (
            Alias.objects.select_related("version")
            .filter(model=found, name=alias, valid_to__isnull=True)
            .first()
        )
        if current is None:
            hint = existing_aliases(found)
            raise NotFound(f"{found.name} has no alias {alias[:80]!r}.", code="no_such_alias", hint=hint)
        _end_alias(work, current)


def drop_aliases(work: Work, version: ModelVersion) -> None:
    """Ends the aliases that point to a version that goes away."""
    for alias in Alias.objects.select_related("version").filter(version=version, valid_to__isnull=True):
        _end_alias(work, alias)


def _end_alias(work: Work, alias: Alias) -> None:
    at = work.record(
        Change(
            "alias.deleted",
            ("alias", alias.model_id, alias.name),
            before={"version": alias.version.number},
            model=alias.model_id,
        )
    )
    Alias.objects.filter(id=alias.id).update(valid_to=at)
