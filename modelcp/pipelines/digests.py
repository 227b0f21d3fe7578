"""A digest of a Python value that is the same in another process if, and only if, the value is the same."""

from __future__ import annotations

import hashlib
import types
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any


class Undigestable(Exception):
    """The value can't be told apart from a changed one."""


def value_digest(value: Any) -> str:
    """SHA-256 in hexadecimal of a plain value, or of a picklable one.

    Raises:
        Undigestable: Its class has no stable form, such as an open file.
    """
    digest = hashlib.sha256()
    for part in _parts(value, 0):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _parts(value: Any, depth: int) -> Iterator[bytes]:
    if depth > 100:
        raise Undigestable("nested too deep")
    yield type(value).__qualname__.encode()
    if (
        value is None
        or value is Ellipsis
        or isinstance(value, bool | int | float | complex | bytes | bytearray)
    ):
        yield bytes(value) if isinstance(value, bytes | bytearray) else repr(value).encode()
    elif isinstance(value, Enum):
        yield f"{type(value).__module__}.{value.name}".encode()
    elif isinstance(value, str | PurePath):
        yield str(value).encode("utf-8", "surrogatepass")
    elif type(value) in (list, tuple):
        yield str(len(value)).encode()
        for item in value:
            yield from _parts(item, depth + 1)
    elif type(value) in (set, frozenset):
        yield from (part.encode() for part in sorted(value_digest(item) for item in value))
    elif isinstance(value, Mapping) and type(value).__module__ in ("builtins", "collections"):
        for key, item in value.items():
            yield from _parts(key, depth + 1)
            yield from _parts(item, depth + 1)
    else:
        yield from _pickled(value)


def _pickled(value: Any) -> Iterator[bytes]:
    """Any other value by its pickle; those of one process's own kind (a lock, a generator) can't be."""
    if isinstance(value, types.ModuleType):
        yield value.__name__.encode()
        return
    import cloudpickle  # type: ignore[import-untyped]

    try:
        yield cloudpickle.dumps(value, protocol=5)
    except Exception as error:
        raise Undigestable(f"{type(value).__name__}: {error}") from error
