"""Reads of tags: finding one, and the list with how many carry each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, QuerySet

from registry.models import Tag, TagAttachment
from registry.rules.errors import NotFound
from registry.rules.filter_values import Kind
from registry.rules.filters import EXACT, Field
from registry.rules.names import normal
from registry.selectors.columns import Column
from registry.selectors.lists import Counted, Listing, Sort

COUNTED = {"models": "model", "versions": "version", "artifacts": "artifact", "runs": "run"}


def alive_tags() -> QuerySet[Tag]:
    """The tags there are."""
    return Tag.objects.filter(deleted_at__isnull=True)


def find_tag(name: str) -> Tag:
    """The tag of that name; NotFound if there is none."""
    tag = alive_tags().filter(name=normal(name)).first()
    if tag is None:
        raise NotFound(
            f"There is no tag {name[:80]!r}.", code="no_such_tag", hint="The list of tags shows all."
        )
    return tag


def tag_rows(ids: list[Any]) -> list[dict[str, Any]]:
    """The rows of tags with how many models, versions, artifacts and runs carry each."""
    open_rows = TagAttachment.objects.filter(tag=OuterRef("pk"), valid_to__isnull=True)
    counts = {  # each from the index of its kind alone
        name: Counted(open_rows.filter(**{f"{target}__isnull": False}).values("tag_id"))
        for name, target in COUNTED.items()
    }
    rows: Iterable[Any] = Tag.objects.filter(pk__in=ids).values("id", "name", "color", "created_at", **counts)
    return list(rows)


def tag_row(tag: Tag) -> dict[str, Any]:
    """The row of one tag."""
    return tag_rows([tag.id])[0]


TAGS = Listing(
    rows=tag_rows,
    columns={
        "name": Column(
            Field(Kind.TEXT, (*EXACT, "startswith", "contains"), literal=True), "name", names=True
        ),
        "color": Column(Field(Kind.NUMBER, EXACT, about="From 1 to 8."), "color"),
        "created": Column(Field(Kind.TIME), "created_at"),
    },
    sorts={"name": Sort("name"), "created": Sort("created_at", Kind.TIME)},
    default="name",
)
