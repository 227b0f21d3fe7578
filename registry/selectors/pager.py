"""Pages of a list in both directions: the API goes forward only, people also go back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from registry.rules.cursors import make_cursor
from registry.selectors.lists import Given, Listing, Page, page

M = TypeVar("M", bound=Model)
ROWS = 25  # of a page; the API's lists are longer


@dataclass(frozen=True)
class Leaf:
    """One page of a list: `before` and `cursor` address the pages on both sides, None where there is none."""

    rows: list[dict[str, Any]]
    before: str | None
    cursor: str | None
    sort: str
    total: int | None = None


def leaf(listing: Listing, within: QuerySet[M], given: Given, keys: Mapping[str, str]) -> Leaf:
    """The page that a query string asks for by `cursor` (what follows a row) or `before` (what precedes it).

    Args:
        listing, within, given: as `selectors.lists.page` takes them; `given` may also hold `before`.
        keys: the key in a row of each sort's value, such as {"created": "created_at"}.

    Raises:
        InvalidInput: the question isn't understood.
    """
    forward = {"limit": [str(ROWS)], **{name: values for name, values in given.items() if name != "before"}}
    before = (given.get("before") or [""])[-1]
    if before:
        sort = _flipped(_sort(listing, forward))
        back = page(listing, within, {**forward, "sort": [sort], "cursor": [before]})
        if back.next is not None:
            return _leaf(
                list(reversed(back.rows)), _flipped(sort), keys, newer=True, older=True, total=back.total
            )
        forward.pop("cursor", None)  # the list's start: show it whole
    here: Page = page(listing, within, forward)
    newer, older = bool(forward.get("cursor")), bool(here.next)
    return _leaf(here.rows, _sort(listing, forward), keys, newer=newer, older=older, total=here.total)


def _sort(listing: Listing, given: Given) -> str:
    return (given.get("sort") or [listing.default])[-1] or listing.default


def _flipped(sort: str) -> str:
    return sort[1:] if sort.startswith("-") else f"-{sort}"


def _leaf(
    rows: list[dict[str, Any]],
    sort: str,
    keys: Mapping[str, str],
    *,
    newer: bool,
    older: bool,
    total: int | None,
) -> Leaf:
    def cursor(row: dict[str, Any], mark: str) -> str:
        return make_cursor(mark, row[keys[sort.removeprefix("-")]], row["id"])

    before = cursor(rows[0], _flipped(sort)) if rows and newer else None
    after = cursor(rows[-1], sort) if rows and older else None
    return Leaf(rows, before, after, sort, total)
