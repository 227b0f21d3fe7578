"""Contents: how the server's own store addresses bytes, and which part of them a range asks for."""

from __future__ import annotations

import re

from registry.rules.errors import InvalidInput, Refusal, RuleRefused

SCHEME = "modelcp:sha256/"
MAX_URI = 2000
_HEX = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeRefused(Refusal):
    status, code = 416, "range_not_satisfiable"


class StoreFull(Refusal):
    """The disk has no room: worth trying again once somebody has made some."""

    status, code = 503, "storage_full"


class DigestMismatch(RuleRefused):
    code = "digest_mismatch"


def check_sha256(value: object, what: str = "sha256") -> str:
    """The digest in lower case, or InvalidInput unless it is 64 hexadecimal digits."""
    text = str(value).lower()
    if not _HEX.fullmatch(text):
        raise InvalidInput(
            f"{what} must be the SHA-256 in 64 hexadecimal digits, not {str(value)[:70]!r}.",
            code="bad_digest",
            fields={what: "Not a SHA-256."},
        )
    return text


def uri_of(sha256: str) -> str:
    """Where the server's store has these bytes."""
    return SCHEME + sha256


def held_digest(uri: str) -> str | None:
    """The SHA-256 that a URI of the server's store names; None for a URI of elsewhere."""
    return check_sha256(uri.removeprefix(SCHEME), "uri") if uri.startswith(SCHEME) else None


def check_uri(value: str, sha256: str) -> str:
    """A URI that may be stored; one of the server's store must name the same digest as `sha256`.

    Raises:
        InvalidInput: empty, longer than 2,000 characters, or with control characters.
        RuleRefused: it names other bytes than `sha256` does.
    """
    if not value or len(value) > MAX_URI or any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise InvalidInput(
            f"A URI has 1 to {MAX_URI} characters and no control characters.",
            code="bad_uri",
            fields={"uri": "Not a URI."},
        )
    held = held_digest(value)
    if held and sha256 and held != sha256:
        raise DigestMismatch(
            f"The URI names the bytes {held[:12]}…, and sha256 says {sha256[:12]}….",
            fields={"sha256": "Not the URI's."},
        )
    return value


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and length that a Range header asks for; None to answer with everything.

    Several ranges, or another unit, are answered with everything, as RFC 9110 allows.

    Raises:
        RangeRefused: the range lies past the end.
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None
    if start > end or start >= size:
        raise RangeRefused(f"There are {size:,} bytes; the range asked for lies past them.")
    return start, end - start + 1
