"""Metadata as leaves: nested keys in, paths and values in the table, nested keys out."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from registry.rules.errors import InvalidInput, TooLarge

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_KEY = 512


def flatten(metadata: object) -> dict[str, Any]:
    """The leaves of a nested object by path; lists and empty objects are leaves.

    Raises:
        InvalidInput: not an object, a key that isn't text, a NaN or an infinity, or too deep.
        TooLarge: more than 1 MB as JSON.
    """
    if not isinstance(metadata, Mapping):
        raise InvalidInput("Metadata must be an object of keys and values.", code="bad_metadata")
    leaves: dict[str, Any] = {}
    _walk(metadata, (), leaves)
    check_size(leaves)
    return leaves


def leaves_of(told: object) -> dict[str, Any]:
    """The leaves by path of what a program told, such as its parameters: as `flatten`, but refuses nothing.

    What is nested deeper than metadata may be is one leaf; what isn't an object has none.
    """
    found: dict[str, Any] = {}

    def walk(node: Mapping[Any, Any], keys: tuple[str, ...]) -> None:
        for key, value in node.items():
            here = (*keys, str(key))
            if isinstance(value, Mapping) and value and len(here) < MAX_DEPTH:
                walk(value, here)
            else:
                found[join_path(here)] = value

    if isinstance(told, Mapping):
        walk(told, ())
    return found


def _walk(node: Mapping[Any, Any], keys: tuple[str, ...], leaves: dict[str, Any]) -> None:
    if len(keys) >= MAX_DEPTH:
        raise InvalidInput(f"Metadata may be nested {MAX_DEPTH} deep, no deeper.", code="bad_metadata")
    for key, value in node.items():
        if not isinstance(key, str) or not key or len(key) > MAX_KEY:
            raise InvalidInput(
                f"Metadata keys are text of 1 to {MAX_KEY} characters, not {str(key)[:60]!r}.",
                code="bad_metadata",
            )
        here = (*keys, key)
        if isinstance(value, Mapping) and value:
            _walk(value, here, leaves)
        else:
            _check_value(value, here, 0)
            leaves[join_path(here)] = value


def _check_value(value: Any, keys: tuple[str, ...], depth: int) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(
            f"Metadata {'.'.join(keys)!r} is {value}, which JSON can't hold.",
            code="bad_metadata",
            hint="Leave it out, or log it as text.",
        )
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise InvalidInput(
            f"Metadata {'.'.join(keys)!r} is a whole number of more than 64 bits.",
            code="bad_metadata",
            hint="Log it as text.",
        )
    if depth > MAX_DEPTH:
        raise InvalidInput(f"Metadata may be nested {MAX_DEPTH} deep, no deeper.", code="bad_metadata")
    items: Iterable[Any] = ()
    if isinstance(value, list):
        items = value
    elif isinstance(value, Mapping):
        items = value.values()
    elif not (value is None or isinstance(value, str | int | float)):
        raise InvalidInput(f"Metadata {'.'.join(keys)!r} is no JSON value.", code="bad_metadata")
    for item in items:
        _check_value(item, keys, depth + 1)


def check_size(leaves: Mapping[str, Any]) -> None:
    """TooLarge if the leaves are more than 1 MB as JSON."""
    try:
        size = len(json.dumps(leaves, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        raise InvalidInput("Metadata holds text that isn't valid Unicode.", code="bad_metadata") from None
    if size > MAX_BYTES:
        raise TooLarge(
            f"The metadata is {size:,} bytes, and at most {MAX_BYTES:,} an object are allowed.",
            code="metadata_too_large",
            hint="Save it as an artifact and link that.",
        )


def fitting(leaves: Mapping[str, Any], existing: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the leaves that fit into 1 MB with what they leave of `existing`, the smallest first."""
    rest, kept = dict(existing), {}
    room = MAX_BYTES - sum(_size(path, value) for path, value in rest.items())
    for size, path in sorted((_size(path, value), path) for path, value in leaves.items()):
        ended = replaced_by(path, rest)
        freed = sum(_size(other, rest[other]) for other in ended)
        if size <= room + freed:
            room += freed - size
            kept[path] = leaves[path]
            rest = {other: value for other, value in rest.items() if other not in ended}
    return kept


def _size(path: str, value: Any) -> int:
    """Bytes of one leaf among others as JSON: the braces stand for its comma."""
    return len(json.dumps({path: value}, ensure_ascii=False).encode())


def join_path(keys: Iterable[str]) -> str:
    r"""Keys as one path: joined by '.', a dot or backslash inside a key escaped by '\'."""
    return ".".join(key.replace("\\", "\\\\").replace(".", "\\.") for key in keys)


def split_path(path: str) -> list[str]:
    """The keys of a path made by `join_path`."""
    keys, key, escaped = [], "", False
    for char in path:
        if escaped or char not in "\\.":
            key, escaped = key + char, False
        elif char == "\\":
            escaped = True
        else:
            keys.append(key)
            key = ""
    return [*keys, key]


def path_digest(path: str) -> str:
    """What the index holds of a path, whatever its length."""
    return hashlib.sha256(path.encode()).hexdigest()


def nest(leaves: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The nested object of (path, value) pairs: the inverse of `flatten`."""
    root: dict[str, Any] = {}
    for path, value in leaves:
        *parents, last = split_path(path)
        node = root
        for key in parents:
            node = node.setdefault(key, {})
        node[last] = value
    return root


def replaced_by(path: str, existing: Iterable[str]) -> set[str]:
    """The existing paths that writing `path` ends: itself, those below it, those above it."""
    below = path + "."
    keys = split_path(path)
    above = {join_path(keys[:depth]) for depth in range(1, len(keys))}
    return {other for other in existing if other == path or other.startswith(below) or other in above}


def as_number(value: Any) -> float | None:
    """The value as a number to chart and filter by; None if it isn't one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
