"""Metadata as JSON can hold it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from modelcp.checks import check_metadata
from modelcp.errors import InvalidInput
from modelcp.notices import tell


def storable(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """`metadata` as plain JSON values; a metric that diverged must not end a training.

    NumPy's and torch's scalars become numbers, arrays lists, times and paths texts; NaN and infinities the
    texts ``nan``, ``inf`` and ``-inf``, whole numbers of more than 64 bits texts too, with one warning.

    Raises:
        InvalidInput: it is no object, is nested too deep, or has a key that may not be.
        TooLarge: it is more than 1 MB as JSON.
    """
    if not isinstance(metadata, Mapping):
        raise InvalidInput(
            f"Metadata is an object of keys and values, not {type(metadata).__name__}.",
            code="bad_metadata",
            hint='Write log_metadata({"metrics": {"accuracy": 0.9}}).',
        )
    odd: list[str] = []
    try:
        plain = _plain(metadata, "", odd)
    except RecursionError:
        raise InvalidInput("Metadata is nested too deep, or holds itself.", code="bad_metadata") from None
    if odd:
        tell(f"Kept as text, for JSON holds no such number: metadata {', '.join(map(repr, odd[:5]))}.")
    check_metadata(plain)
    return dict(plain)


def sendable(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request's body as strict JSON: what it can't hold is put as text, so that no record is lost by it."""
    try:
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError):  # a lone surrogate is a ValueError too
        return dict(_plain(body, "", []))
    return dict(body)


def _plain(value: Any, path: str, odd: list[str]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _plain(value.value, path, odd)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return _whole(int(value), path, odd)
    if isinstance(value, float):
        return _number(float(value), path, odd)
    if isinstance(value, Mapping):
        keyed = ((_text(str(key)), item) for key, item in value.items())
        return {key: _plain(item, f"{path}.{key}" if path else key, odd) for key, item in keyed}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, path, odd) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return _foreign(value, path, odd)


def _text(value: str) -> str:
    """Without lone surrogates, which no JSON in UTF-8 can hold."""
    return value.encode("utf-8", "replace").decode()


def _foreign(value: Any, path: str, odd: list[str]) -> Any:
    """A NumPy, pandas or torch value by the method they share; anything else by its text."""
    for method in ("tolist", "item"):
        if hasattr(value, method):
            with suppress(Exception):  # an array of the user's own library
                found = getattr(value, method)()
                if type(found) is type(value):
                    continue
                return _plain(found, path, odd)
    return str(value)


def _number(value: float, path: str, odd: list[str]) -> float | str:
    if math.isfinite(value):
        return value
    odd.append(path)
    return str(value)


def _whole(value: int, path: str, odd: list[str]) -> int | str:
    if -(2**63) <= value < 2**64:
        return value
    odd.append(path)
    return str(value) if value.bit_length() < 10_000 else hex(value)  # Python refuses longer decimals
