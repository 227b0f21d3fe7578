"""SHA-256 of what is too large for memory."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

from modelcp.errors import DigestMismatch

CHUNK = 1 << 20  # bytes read at a time


def file_digest(path: Path) -> tuple[str, int]:
    """The SHA-256 in hexadecimal and the size in bytes of the file at `path`, read once."""
    with path.open("rb", buffering=0) as file:
        digest = hashlib.file_digest(file, "sha256")
        return digest.hexdigest(), file.tell()


def copy_with_digest(source: BinaryIO, target: BinaryIO) -> tuple[str, int]:
    """Copies `source` to its end into `target`; the SHA-256 in hexadecimal and the size in bytes."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def check_digest(what: str, expected: str, found: str) -> None:
    """Raises DigestMismatch unless the two hexadecimal SHA-256 are the same."""
    if expected.lower() != found.lower():
        raise DigestMismatch(what, expected, found)
