"""Writes of tags: attach, detach, make, change, merge, delete."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from zlib import crc32

from django.utils import timezone

from registry.models import SYSTEM_CHAIN, Tag, TagAttachment
from registry.models.tags import TARGETS
from registry.rules.errors import Conflict, InvalidInput
from registry.rules.names import check_name
from registry.selectors.tags import alive_tags, find_tag
from registry.services.actors import Actor
from registry.services.hook_filters import follow_merge
from registry.services.unit import Change, Work, unit

COLORS = range(1, 9)


def chains_for(names: Sequence[str]) -> tuple[uuid.UUID, ...]:
    """The chains that attaching these tags writes to besides the target's: the system's for a new one."""
    wanted = {check_name(name, "The tag") for name in names}
    if not wanted:
        return ()
    return (SYSTEM_CHAIN,) if alive_tags().filter(name__in=wanted).count() < len(wanted) else ()


def ensure_tag(work: Work, name: str, color: int | None = None) -> Tag:
    """The tag of that name, made in the unit if there is none; its colour follows its name if not given."""
    tag = alive_tags().filter(name=name).first()
    if tag is None:
        if SYSTEM_CHAIN not in work.heads:  # it went between the first look and the lock
            raise Conflict("The tags changed meanwhile.", code="moved", hint="Try again.")
        tag = Tag(name=name, color=color or crc32(name.encode()) % 8 + 1, created_at=timezone.now())
        work.record(Change("tag.created", ("tag", tag.id, name), after={"name": name, "color": tag.color}))
        tag.save(force_insert=True)
    return tag


def set_tags(
    work: Work,
    target: str,
    target_id: uuid.UUID,
    *,
    label: str,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    model: uuid.UUID | None = None,
) -> None:
    """Attaches and detaches tags of one target within an open unit; what is so already writes nothing.

    Args:
        target: model, version, artifact or run.
        label: what the event calls the target.
        add, remove: names of tags; unknown ones are made, or ignored on removal.
        model: the model whose chain takes the event; the system's otherwise.
    """
    if not add and not remove:
        return
    wanted = [check_name(name, "The tag") for name in dict.fromkeys(add)]
    open_rows = TagAttachment.objects.filter(**{f"{target}_id": target_id}, valid_to__isnull=True)
    attached = dict(open_rows.values_list("tag__name", "id"))
    new = [name for name in wanted if name not in attached]
    gone = [name for name in dict.fromkeys(remove) if name in attached and name not in wanted]
    if not new and not gone:
        return
    tags = [ensure_tag(work, name) for name in new]
    after = sorted((set(attached) | set(new)) - set(gone))
    at = work.record(
        Change(
            f"{target}.tagged",
            (target, target_id, label),
            before={"tags": sorted(attached)},
            after={"tags": after},
            model=model,
        )
    )
    open_rows.filter(tag__name__in=gone).update(valid_to=at)
    TagAttachment.objects.bulk_create(
        TagAttachment(tag=tag, valid_from=at, actor_id=work.actor.id, **{f"{target}_id": target_id})
        for tag in tags
    )


def create_tag(*, actor: Actor, name: str, color: int | None = None) -> Tag:
    """Makes a tag; its colour (1 to 8) follows its name if not given.

    Raises:
        Conflict: there is one of that name.
    """
    actor.require("write", "make a tag")
    name = check_name(name, "The tag")
    _check_color(color)
    with unit(actor, SYSTEM_CHAIN) as work:
        if alive_tags().filter(name=name).exists():
            raise _taken(name)
        return ensure_tag(work, name, color)


def _check_color(color: int | None) -> None:
    if color is not None and color not in COLORS:
        raise InvalidInput("A tag's colour is a number from 1 to 8.", fields={"color": "From 1 to 8."})


def _taken(name: str) -> Conflict:
    return Conflict(
        f"There is a tag {name!r} already.",
        code="name_taken",
        fields={"name": "This name is taken."},
        hint="To join the two, merge one into the other.",
    )


def update_tag(
    *, actor: Actor, tag: str, name: str | None = None, color: int | None = None, merge: bool = False
) -> Tag:
    """Renames a tag, gives it another colour, or merges it into the tag that has the new name.

    Args:
        name: its new name.
        color: from 1 to 8.
        merge: if there is a tag `name` already, what carries this tag carries that one instead.

    Raises:
        Conflict: the name is taken and `merge` isn't asked for.
    """
    actor.require("write", "change a tag")
    _check_color(color)
    with unit(actor, SYSTEM_CHAIN) as work:
        found = find_tag(tag)
        before, after = {"name": found.name, "color": found.color}, {"name": found.name, "color": found.color}
        if name is not None and name != found.name:
            after["name"] = check_name(name, "The tag")
            other = alive_tags().filter(name=after["name"]).first()
            if other is not None and other.id != found.id:
                return _merge(work, found, other, color) if merge else _refuse_taken(other.name)
        after["color"] = color if color is not None else found.color
        if after != before:
            _change(work, found, before, after)
    return found


def _refuse_taken(name: str) -> Tag:
    raise _taken(name)


def _change(work: Work, tag: Tag, before: dict[str, object], after: dict[str, object]) -> None:
    work.record(Change("tag.changed", ("tag", tag.id, str(after["name"])), before=before, after=after))
    Tag.objects.filter(id=tag.id).update(**after)
    tag.refresh_from_db()


def _merge(work: Work, source: Tag, into: Tag, color: int | None) -> Tag:
    """Moves the attachments of `source` to `into`, but those that are there already."""
    at = work.record(
        Change(
            "tag.merged",
            ("tag", source.id, source.name),
            before={"name": source.name},
            after={"name": into.name},
        )
    )
    for target in TARGETS:
        moved = TagAttachment.objects.filter(
            tag=source, valid_to__isnull=True, **{f"{target}__isnull": False}
        )
        there = TagAttachment.objects.filter(tag=into, valid_to__isnull=True, **{f"{target}__isnull": False})
        key = f"{target}_id"
        new = moved.exclude(**{f"{key}__in": there.values(key)}).values_list(key, flat=True)
        TagAttachment.objects.bulk_create(
            (TagAttachment(tag=into, valid_from=at, actor_id=work.actor.id, **{key: ident}) for ident in new),
            batch_size=1000,
        )
    follow_merge(source.id, into.id)
    _end(source, at)
    if color is not None and color != into.color:
        before = {"name": into.name, "color": into.color}
        _change(work, into, before, {**before, "color": color})
    return into


def _end(tag: Tag, at: datetime) -> None:
    """The tag goes; what it was attached to, and until when, stays known."""
    TagAttachment.objects.filter(tag=tag, valid_to__isnull=True).update(valid_to=at)
    Tag.objects.filter(id=tag.id).update(deleted_at=at)


def delete_tag(*, actor: Actor, tag: str) -> None:
    """Takes a tag off everything that carries it, and deletes it."""
    actor.require("write", "delete a tag")
    with unit(actor, SYSTEM_CHAIN) as work:
        found = find_tag(tag)
        carried = TagAttachment.objects.filter(tag=found, valid_to__isnull=True).count()
        before = {"name": found.name, "color": found.color, "carried_by": carried}
        _end(found, work.record(Change("tag.deleted", ("tag", found.id, found.name), before=before)))
