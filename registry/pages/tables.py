"""What tables share: addresses with other parameters, headings that sort, columns that can be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.http import HttpRequest

from registry.selectors.pager import Leaf

AS_OF = "as_of"  # the moment in the address; pages/past.py keeps it in links and forms
R = TypeVar("R")
PLACES = ("cursor", "before")  # where in a list one is; gone as soon as the list is another one


def address(request: HttpRequest, **changes: object) -> str:
    """This page's address with other parameters: None removes one, a list gives it several values."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query.setlist(name, [str(item) for item in value] if isinstance(value, list) else [str(value)])
    return f"{request.path}?{query.urlencode()}" if query else request.path


def pager(request: HttpRequest, leaf: Leaf) -> dict[str, str]:
    """The addresses on both sides of a page, empty where there is none: `newer` and `older`."""
    return {
        "newer": address(request, before=leaf.before, cursor=None) if leaf.before else "",
        "older": address(request, cursor=leaf.cursor, before=None) if leaf.cursor else "",
    }


def part(request: HttpRequest, rows: Sequence[R], size: int) -> tuple[Sequence[R], dict[str, str]]:
    """The rows of one page of a list that is read whole, by ?from=, with the addresses on both sides."""
    text = request.GET.get("from", "")
    start = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    sides = {
        "newer": address(request, **{"from": max(0, start - size) or None}) if start else "",
        "older": address(request, **{"from": start + size}) if start + size < len(rows) else "",
    }
    return rows[start : start + size], sides


def sort_heads(request: HttpRequest, sort: str, sorts: Iterable[str]) -> dict[str, dict[str, str]]:
    """The headings that sort: their address, and whether the list is sorted so, `up` or `down`.

    Args:
        sort: the order now, such as "-changed".
        sorts: the orders there are; each as one clicks it first: "name", "-changed".
    """
    heads = {}
    for first in sorts:
        name = first.removeprefix("-")
        here = sort.removeprefix("-") == name
        wanted = (name if sort.startswith("-") else f"-{name}") if here else first
        heads[name] = {
            "url": address(request, sort=wanted, cursor=None, before=None),
            "sorted": ("down" if sort.startswith("-") else "up") if here else "",
        }
    return heads


def columns(request: HttpRequest, known: Mapping[str, str], default: Sequence[str]) -> dict[str, Any]:
    """The columns chosen in the address.

    Args:
        known: label by name, in order.
        default: those shown if none is chosen.

    Returns:
        context of `parts/_columns.html`: `columns`; `shown`, a set of names; `column_kept`, what the
        menu's form carries along.
    """
    asked = [name for name in request.GET.getlist("columns") if name in known]
    shown = set(asked or default)
    return {
        "columns": [{"name": name, "label": label, "shown": name in shown} for name, label in known.items()],
        "shown": {name: name in shown for name in known},
        "shown_columns": asked,
        "column_kept": kept(request, without=("columns",)),
    }


def tag_asked(request: HttpRequest) -> str:
    """The tag that a list is filtered by, as a person reads it; empty if by none."""
    return request.GET.get("tag", "").removeprefix("eq:")


def kept(request: HttpRequest, without: Iterable[str] = ()) -> list[tuple[str, str]]:
    """The address's parameters as pairs for hidden fields, without some of them, and without the moment."""
    gone = {AS_OF, *without}
    return [
        (name, value) for name, values in request.GET.lists() if name not in gone for value in values if value
    ]
