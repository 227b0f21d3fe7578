"""Writes of models."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.models import CardRevision, Chain, Model, ModelVersion
from registry.rules.errors import Conflict, NotFound, RuleRefused
from registry.rules.ids import new_id
from registry.rules.names import check_model_name, normal
from registry.rules.stages import PRODUCTION
from registry.selectors.catalog import find_model, still_there
from registry.selectors.events import first_content
from registry.services.actors import Actor
from registry.services.cards import check_card, revise_card
from registry.services.tags import chains_for, set_tags
from registry.services.unit import Change, Work, unit

CREATED = "model.created"


def create_model(
    *,
    actor: Actor,
    name: str,
    card: Mapping[str, str] | None = None,
    tags: Sequence[str] = (),
    owner: str | None = None,
    id: uuid.UUID | None = None,
) -> tuple[Model, bool]:
    """Registers a model.

    Args:
        actor: who registers it; its owner unless `owner` names another user.
        name: see rules.names; free among the living models.
        card: any of CARD_FIELDS.
        tags: names of tags, made where they don't exist.
        id: made by the client; repeating it with the same name changes nothing.

    Returns:
        the model, and whether this call made it.

    Raises:
        RuleRefused: the name isn't allowed. Conflict: it is taken. Forbidden: a viewer asks.
    """
    actor.require("write", "register a model")
    name = check_model_name(name)
    with unit(actor, *chains_for(tags)) as work:
        return make_model(work, name=name, card=card, tags=tags, owner=owner, id=id)


def make_model(
    work: Work,
    *,
    name: str,
    card: Mapping[str, str] | None = None,
    tags: Sequence[str] = (),
    owner: str | None = None,
    id: uuid.UUID | None = None,
) -> tuple[Model, bool]:
    """`create_model` within an open unit."""
    card = check_card(card or {})
    known = _same_id(id, name, card)
    if known is not None:
        return known, False
    ident = id or new_id()
    owner_id = _user_id(owner) if owner else work.actor.id
    if Model.objects.filter(name=name, deleted_at__isnull=True).exists():
        return _was_faster(id, name, card), False
    chain = Chain(id=ident)
    model = Model(id=ident, chain=chain, name=name, created_by_id=work.actor.id, owner_id=owner_id)
    model.created_at = timezone.now()
    try:
        with transaction.atomic():  # so that the caller's unit lives on where somebody else was faster
            chain.save(force_insert=True)
            model.save(force_insert=True)
    except IntegrityError:
        return _was_faster(id, name, card), False
    work.add_chain(chain)
    after = {"name": name, **card}
    at = work.record(Change(CREATED, ("model", model.id, name), after=after, model=model.id))
    CardRevision.objects.create(model=model, valid_from=at, author_id=work.actor.id, **card)
    set_tags(work, "model", model.id, add=tags, label=name, model=model.id)
    return model, True


def _taken(name: str) -> Conflict:
    return Conflict(
        f"A model {name!r} exists already.",
        code="name_taken",
        fields={"name": "This name is taken."},
        hint="Choose another name, or use the one that exists.",
    )


def _same_id(id: uuid.UUID | None, name: str, card: Mapping[str, str]) -> Model | None:
    """The model that an earlier post of the same id and content made."""
    model = Model.objects.filter(id=id).first() if id else None
    if model is None:
        return None
    if first_content(model.id, "model", model.id, CREATED) != {"name": name, **card}:
        raise Conflict(
            f"The id {id} belongs to another model, or to this one with other content.", code="id_taken"
        )
    if model.deleted_at is not None:
        raise Conflict(
            f"The model {model.name!r} was made and deleted since.",
            code="id_taken",
            hint="Restore it, or leave out the id to make another.",
        )
    return model


def _was_faster(id: uuid.UUID | None, name: str, card: Mapping[str, str]) -> Model:
    """What another request made meanwhile: the same model if it had the same id, else a Conflict."""
    known = _same_id(id, name, card)
    if known is not None:
        return known
    if Model.objects.filter(name=name, deleted_at__isnull=True).exists():
        raise _taken(name)
    raise Conflict(f"The id {id} is in use.", code="id_taken", hint="Leave it out, or make another UUID.")


def _user_id(username: str) -> int:
    found = (
        get_user_model()
        .objects.filter(username=username, is_active=True)
        .values_list("id", flat=True)
        .first()
    )
    if found is None:
        raise RuleRefused(
            f"There is no user {username!r}.", code="no_such_user", fields={"owner": "No such user."}
        )
    return int(found)


def update_model(
    *,
    actor: Actor,
    model: str,
    name: str | None = None,
    card: Mapping[str, str] | None = None,
    owner: str | None = None,
    add_tags: Sequence[str] = (),
    remove_tags: Sequence[str] = (),
) -> Model:
    """Changes what is given: the name, card fields (a new revision), the owner, tags.

    Raises:
        Conflict: the new name is taken.
    """
    actor.require("write", "change a model")
    found = find_model(model)
    with unit(actor, found.chain_id, *chains_for(add_tags)) as work:
        found = still_there(found)
        _rename_model(work, found, name)
        revise_card(work, found, check_card(card or {}))
        if owner is not None and (owner_id := _user_id(owner)) != found.owner_id:
            before = found.owner.username if found.owner else None
            found.owner_id = owner_id
            work.record(
                Change(
                    "model.owner_changed",
                    ("model", found.id, found.name),
                    before={"owner": before},
                    after={"owner": owner},
                    model=found.id,
                )
            )
        found.save(update_fields=["name", "owner"])
        set_tags(work, "model", found.id, add=add_tags, remove=remove_tags, label=found.name, model=found.id)
    return found


def _rename_model(work: Work, model: Model, name: str | None) -> None:
    if name is None or (name := check_model_name(name)) == model.name:
        return
    if Model.objects.filter(name=name, deleted_at__isnull=True).exists():
        raise _taken(name)
    work.record(
        Change(
            "model.renamed",
            ("model", model.id, name),
            before={"name": model.name},
            after={"name": name},
            model=model.id,
        )
    )
    model.name = name


def delete_model(*, actor: Actor, model: str, confirm: str, force: bool = False, reason: str = "") -> None:
    """Deletes a model so that it can be restored; its name is free again.

    Args:
        confirm: the model's name, typed again.
        force: even while a version holds production; for administrators.
    """
    actor.require("write", "delete a model")
    found = find_model(model)
    if normal(confirm) != found.name:
        raise RuleRefused(
            f"To delete {found.name!r}, its name must be given as confirmation.",
            code="not_confirmed",
            fields={"confirm": "Type the model's name."},
        )
    with unit(actor, found.chain_id) as work:
        found = still_there(found)
        if normal(confirm) != found.name:
            raise Conflict(f"The model was renamed to {found.name!r} meanwhile.", code="renamed")
        holder = ModelVersion.objects.filter(model=found, stage=PRODUCTION, deleted_at__isnull=True).first()
        if holder is not None:
            if not force:
                raise RuleRefused(
                    f"Version {holder.number} of {found.name!r} is in production.",
                    code="in_production",
                    hint="Archive it first; an administrator can force the deletion.",
                )
            actor.require("force_delete", "delete a model that is in production")
        at = work.record(
            Change(
                "model.deleted",
                ("model", found.id, found.name),
                before={"name": found.name},
                reason=reason,
                model=found.id,
                extra={"forced": True} if holder else {},
            )
        )
        Model.objects.filter(id=found.id).update(deleted_at=at)


def restore_model(*, actor: Actor, model: str) -> Model:
    """Brings back the model of that name that was deleted last; refused while the name is taken."""
    actor.require("write", "restore a model")
    found = find_model(model, deleted=True)
    with unit(actor, found.chain_id) as work:
        if not Model.objects.filter(id=found.id, deleted_at__isnull=False).exists():
            raise NotFound(f"The model {found.name!r} isn't deleted.", code="no_such_model")
        if Model.objects.filter(name=found.name, deleted_at__isnull=True).exists():
            raise Conflict(
                f"The name {found.name!r} is taken by another model.",
                code="name_taken",
                hint="Rename that one first.",
            )
        work.record(
            Change(
                "model.restored", ("model", found.id, found.name), after={"name": found.name}, model=found.id
            )
        )
        Model.objects.filter(id=found.id).update(deleted_at=None)
    found.deleted_at = None
    return found
