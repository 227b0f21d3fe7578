"""What the values of a filter or a sort hold, and reading one from the text of a query."""

from __future__ import annotations

import math
import uuid
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from registry.rules.errors import InvalidInput
from registry.rules.names import normal


class Kind(Enum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    BOOL = "bool"
    ID = "id"


def read_value(name: str, text: str, kind: Kind) -> Any:
    """The value of a filter in its kind's type, a text in the form that names have (NFC).

    A time is `parse_time`'s. InvalidInput names the filter.
    """
    match kind:
        case Kind.NUMBER:
            return _number(name, text)
        case Kind.BOOL:
            return _bool(name, text)
        case Kind.ID:
            return _id(name, text)
        case _:
            return normal(text)


def bad_filter(name: str, message: str, hint: str | None = None, code: str = "bad_filter") -> InvalidInput:
    """The refusal of what a query string's `name` says."""
    return InvalidInput(message, code=code, fields={name[:80]: message}, hint=hint)


def _id(name: str, text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise bad_filter(name, f"{name!r} takes a UUID, not {text[:40]!r}.") from None


def _number(name: str, text: str) -> float | int:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise bad_filter(name, f"{name!r} takes a number, not {text[:40]!r}.")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _bool(name: str, text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise bad_filter(name, f"{name!r} takes true or false, not {text[:40]!r}.")
    return text in ("true", "1")


def parse_time(name: str, text: str) -> tuple[datetime, bool]:
    """The moment in `text` (ISO 8601; UTC if it names no zone), and whether it is a whole day."""
    text = text.strip().replace(" ", "+") if "T" in text else text.strip()
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        at + timedelta(days=1)
    except (ValueError, OverflowError):
        message = (
            f"{name!r} takes a date or a time, such as 2026-01-31 or 2026-01-31T12:00:00Z, not {text[:40]!r}."
        )
        raise bad_filter(name, message) from None
    return at, "T" not in text and ":" not in text
