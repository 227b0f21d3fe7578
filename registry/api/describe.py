"""What an endpoint says of itself for the OpenAPI document; `registry.api.schema` reads it when asked.

Kept apart so that serving a request doesn't import the library that writes the document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rest_framework import serializers

from registry.rules.filters import DEFAULT_LIMIT, MAX_LIMIT
from registry.selectors.lists import Listing

V = TypeVar("V", bound=Callable[..., Any])
Answer = type[serializers.BaseSerializer[Any]] | None


@dataclass(frozen=True)
class Param:
    """A parameter of a query string."""

    name: str
    about: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


@dataclass(frozen=True)
class Operation:
    """One operation: its id is the name of the `Client`'s method."""

    id: str
    answers: Mapping[int, Answer]
    request: type[serializers.BaseSerializer[Any]] | None = None
    params: Sequence[Param] = ()
    listing: Listing | None = None
    text: str | None = None  # the media type of an answer that isn't JSON
    public: bool = False
    takes: str | None = None  # the media type of a body that is bytes


def operation(
    id: str,
    answers: Mapping[int, Answer],
    *,
    request: type[serializers.BaseSerializer[Any]] | None = None,
    params: Sequence[Param] = (),
    listing: Listing | None = None,
    text: str | None = None,
    public: bool = False,
    takes: str | None = None,
) -> Callable[[V], V]:
    """Describes a method of an endpoint.

    Args:
        id: its operationId, equal to the name of the `Client`'s method.
        answers: the shape of the body by status; None for none. Refusals are added to all.
        request: the shape of the body that it takes.
        params: its query parameters.
        listing: the list that it answers with, whose filters and sorts are its parameters.
        text: the media type, if the answer isn't JSON.
        public: needs no sign-in.
        takes: the media type of its body, if that is bytes.
    """

    def described(method: V) -> V:
        method.operation = Operation(  # type: ignore[attr-defined]
            id,
            answers,
            request,
            (*params, *(listing_params(listing) if listing else ())),
            listing,
            text,
            public,
            takes,
        )
        return method

    return described


LIMIT = Param(
    "limit",
    f"Rows a page; more than {MAX_LIMIT} reads as {MAX_LIMIT}.",
    {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT},
)
CURSOR = Param("cursor", "`next` of the page before.")


def listing_params(listing: Listing) -> list[Param]:
    """The parameters of a list: one for each filter, and those for order and paging."""
    found = []
    for name, column in listing.columns.items():
        accepts = column.accepts
        about = f"{accepts.about} " if accepts.about else ""
        about += f"`VALUE` or `OP:VALUE`, OP one of {', '.join(accepts.allowed)}; a {accepts.kind.value}"
        about += f" among {', '.join(accepts.choices)}" if accepts.choices else ""
        about += "; `none` for no value." if accepts.nullable else "."
        found.append(Param(f"{name}NAME" if name.endswith(".") else name, about))
    orders = [sign + name for name in listing.sorts for sign in ("", "-")]
    return [
        *found,
        Param(
            "sort",
            "The order; '-' turns it round.",
            {"type": "string", "enum": orders, "default": listing.default},
        ),
        LIMIT,
        CURSOR,
        Param("total", "1 counts all rows that match.", {"type": "string", "enum": ["0", "1"]}),
    ]
