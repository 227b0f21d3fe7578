"""The cursor of a page: the place after its last row, for the list to go on from."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from registry.rules.filter_values import Kind, bad_filter

MAX_CURSOR = 2000


def make_cursor(sort: str, value: Any, id: object) -> str:
    """The opaque, URL-safe place after a row: which sort ("-created"), its value there, its id."""
    value = value.isoformat() if isinstance(value, datetime) else value
    text = json.dumps([sort, value, str(id)], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, sort: str, kind: Kind) -> tuple[Any, str]:
    """The sort value and id in a cursor; InvalidInput if it is garbled or belongs to another sort."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        said, value, ident = json.loads(raw) if len(cursor) <= MAX_CURSOR else (None, None, None)
        if not isinstance(ident, str) or "\0" in ident:
            raise ValueError(ident)
        value = _cursor_value(value, kind)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise bad_filter(
            "cursor",
            "This cursor isn't one of ours.",
            "Take it from `next` of the page before.",
            code="bad_cursor",
        ) from None
    if said != sort:
        raise bad_filter(
            "cursor",
            "This cursor belongs to a list with another sort.",
            "Start again without a cursor.",
            code="bad_cursor",
        )
    return value, ident


def _cursor_value(value: Any, kind: Kind) -> Any:
    if kind is Kind.TIME:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError(value)
        return at.astimezone(UTC)
    if kind is Kind.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 2**63 - 1:
            raise ValueError(value)
        return value
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(value)
    value.encode()
    return value
