"""Identifiers: UUID version 7 (RFC 9562, section 5.7), made by whoever creates the row.

Time-ordered, so that an index on them grows at its end, and made by the client, so that a
repeated post is recognised.
"""

from __future__ import annotations

import os
import time
import uuid

from registry.rules.errors import InvalidInput


def new_id() -> uuid.UUID:
    """A new UUIDv7: 48 bits of Unix time in milliseconds, 12 of its fraction, 62 random bits.

    The fraction is RFC 9562's method 3 (section 6.2): what one process makes one after the other sorts so.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    random = int.from_bytes(os.urandom(8), "big")
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76
    value |= (rest * 4096 // 1_000_000) << 64 | 0b10 << 62 | random & 0x3FFFFFFFFFFFFFFF
    return uuid.UUID(int=value)


def parse_id(value: object, what: str = "id") -> uuid.UUID:
    """The UUID in `value`; InvalidInput names `what` if it isn't one."""
    if isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise InvalidInput(
            f"{what} must be a UUID, not {str(value)[:60]!r}.", fields={what: "Not a UUID."}
        ) from None
