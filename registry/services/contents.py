"""Writes of contents: bytes streamed into the server's store. No database, so no turn to write is held."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from registry.rules.chance import chance
from registry.rules.contents import DigestMismatch, StoreFull, check_sha256
from registry.rules.errors import InvalidInput, TooLarge
from registry.selectors.contents import content_path, content_size
from registry.services.actors import Actor

CHUNK = 1024 * 1024  # bytes held in memory at once
ABANDONED = 24 * 3600  # seconds after which a half-written file is nobody's any more
SWEPT = 0.01  # of the uploads look for such files
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


def put_content(*, actor: Actor, sha256: str, source: Source, size: int | None = None) -> tuple[int, bool]:
    """Streams bytes into the store; they appear whole or not at all.

    Args:
        sha256: what they must have.
        source: read in pieces, to its end.
        size: how many bytes were announced, if so: fewer is a broken upload.

    Returns:
        how many bytes the content has, and whether this call stored it.

    Raises:
        RuleRefused: other bytes came than `sha256` says. InvalidInput: fewer than announced.
        TooLarge: over the server's limit. StoreFull: the disk has no room.
    """
    actor.require("write", "upload contents")
    sha256 = check_sha256(sha256)
    known = content_size(sha256)
    if known is not None:
        _drain(source)
        return known, False
    _check_limit(size or 0)
    if chance() < SWEPT:
        sweep_incoming()
    with _incoming() as (draft, file):
        taken, found = _copy(source, file)
        if size is not None and taken < size:
            raise InvalidInput(
                f"The upload broke off: {taken:,} of {size:,} bytes came.",
                code="body_incomplete",
                hint="Send it again.",
            )
        if found != sha256:
            raise DigestMismatch(
                f"The bytes received have the SHA-256 {found}, not {sha256}: nothing was kept.",
                hint="Send the file again, or correct its digest.",
            )
        _settle(draft, file, content_path(sha256))
    return taken, True


def _copy(source: Source, file: BinaryIO) -> tuple[int, str]:
    digest, taken = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        taken += len(chunk)
        _check_limit(taken)
        digest.update(chunk)
        file.write(chunk)
    return taken, digest.hexdigest()


def _check_limit(size: int) -> None:
    limit = settings.MAX_UPLOAD_BYTES
    if limit and size > limit:
        raise TooLarge(
            f"A content may have at most {limit:,} bytes here.",
            code="content_too_large",
            hint="Keep it in a store of your own and link it by its URI.",
        )


def _drain(source: Source) -> None:
    """Reads what is known already past, so that the connection can be used again."""
    while source.read(CHUNK):
        pass


@contextmanager
def _incoming() -> Iterator[tuple[Path, BinaryIO]]:
    """A file beside the store's that is gone afterwards, unless it was moved into place."""
    folder = Path(settings.ARTIFACT_DIR) / "incoming"
    draft = folder / f"{os.getpid()}.{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("xb") as file:
            yield draft, file
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull(
                "The server's disk is full: nothing was kept.",
                hint="Its administrator has to make room; then send it again.",
            ) from None
        raise
    finally:
        draft.unlink(missing_ok=True)


def _settle(draft: Path, file: BinaryIO, place: Path) -> None:
    """Moves a whole file into place; two of the same at once are the same file."""
    file.flush()
    os.fsync(file.fileno())
    place.parent.mkdir(parents=True, exist_ok=True)
    os.replace(draft, place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep_incoming() -> int:
    """Removes what killed uploads left behind a day ago or earlier; how many files."""
    removed, oldest = 0, time.time() - ABANDONED
    for path in (Path(settings.ARTIFACT_DIR) / "incoming").glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
                removed += 1
    return removed
