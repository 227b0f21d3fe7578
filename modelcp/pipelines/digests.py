"""A digest of a Python value that is the same in another process if, and only if, the value is the same."""

from __future__ import annotations

import hashlib
import io
import types
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any


class Undigestable(Exception):
    """The value can't be told apart from a changed one."""


def value_digest(value: Any, seen: set[int] | None = None) -> str:
    """SHA-256 in hexadecimal of a plain value, or of a picklable one.

    Functions and classes of the user's own count by their code: an instance is another one, and does
    otherwise, when its class was changed.

    Args:
        value: The value.
        seen: The functions and classes, by their ids, whose code is digested already; it grows.

    Raises:
        Undigestable: Its class has no stable form, such as an open file.
    """
    digest = hashlib.sha256()
    for part in _parts(value, 0, set() if seen is None else seen):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _parts(value: Any, depth: int, seen: set[int]) -> Iterator[bytes]:
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
        yield from _parts(value.value, depth + 1, seen)
    elif isinstance(value, str | PurePath):
        yield str(value).encode("utf-8", "surrogatepass")
    elif type(value) in (list, tuple):
        yield str(len(value)).encode()
        for item in value:
            yield from _parts(item, depth + 1, seen)
    elif type(value) in (set, frozenset):
        yield from (part.encode() for part in sorted(value_digest(item, set(seen)) for item in value))
    elif isinstance(value, Mapping) and type(value).__module__ in ("builtins", "collections"):
        for key, item in value.items():
            yield from _parts(key, depth + 1, seen)
            yield from _parts(item, depth + 1, seen)
    else:
        yield from _pickled(value, seen)


def _pickled(value: Any, seen: set[int]) -> Iterator[bytes]:
    """Any other value by its pickle; those of one process's own kind (a lock, a generator) can't be."""
    if isinstance(value, types.ModuleType):
        yield value.__name__.encode()
        return
    import cloudpickle  # type: ignore[import-untyped]

    from modelcp.pipelines.code import code_parts, is_users  # values hold code, and code holds values

    class Taker(cloudpickle.Pickler):  # type: ignore[misc, name-defined, unused-ignore]
        def persistent_id(self, item: Any) -> list[bytes] | None:
            is_code = isinstance(item, types.FunctionType | type) and is_users(item)
            return list(code_parts(item, seen, {})) if is_code else None

    told = _Hashed()
    try:
        Taker(told, protocol=5).dump(value)
    except Undigestable:
        raise
    except Exception as error:
        raise Undigestable(f"{type(value).__name__}: {error}") from error
    yield told.digest.digest()


class _Hashed(io.RawIOBase):
    """A file that keeps the SHA-256 of what is written to it, not the bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.digest = hashlib.sha256()

    def write(self, part: Any) -> int:
        self.digest.update(part)
        return len(part)
