"""Where artifacts' bytes are kept: by their SHA-256, so equal contents are kept once.

A store is a folder of this machine (the home's, or a shared one), a bucket, or the server's own
(over HTTP, in the transport). ``MODELCP_ARTIFACT_STORE`` names a shared one by URL: a folder
(``/mnt/artifacts``, ``file:///mnt/artifacts``) or a bucket (``s3://``, ``gs://``, ``az://``).

A content's URI is ``modelcp:sha256/<hex>`` in the home's or the server's store, and
``<store's URL>/sha256/<first two>/<hex>`` in a shared one.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from modelcp.artifacts.digest import check_digest, copy_with_digest
from modelcp.errors import ConfigurationError, ModelcpError, StoreError

SCHEME = "modelcp:sha256/"
BUCKETS = ("s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "memory")
SETTING = "MODELCP_ARTIFACT_STORE"
ABANDONED = 24 * 3600  # seconds after which a half-written file is nobody's any more

_SHARED = re.compile(r"^(?P<root>.+?)/sha256/(?P<two>[0-9a-f]{2})/(?P<hex>(?P=two)[0-9a-f]{62})$")
_HOME = re.compile(r"^modelcp:sha256/(?P<hex>[0-9a-f]{64})$")


class Store(Protocol):
    """What every store does. ``uri`` is what ``put`` gave."""

    @property
    def incoming(self) -> Path:
        """A folder of this machine for files on their way in or out."""

    def put(self, source: Path | BinaryIO, sha256: str) -> str:
        """Keeps the bytes, which must have this SHA-256; their URI. A file given may be moved away."""

    def open(self, uri: str) -> BinaryIO:
        """The bytes as a stream, not checked."""

    def exists(self, uri: str) -> bool:
        """Whether the bytes are there."""

    def fetch_to(self, uri: str, path: Path) -> None:
        """Writes the bytes to the new file `path`; DigestMismatch if they are others."""

    def local_path(self, uri: str) -> Path | None:
        """The file of this machine that holds the bytes, not checked; None when there is none."""


def digest_of(uri: str) -> str:
    """The SHA-256 in hexadecimal that a store's URI carries, or StoreError."""
    found = _HOME.match(uri) or _SHARED.match(uri)
    if not found:
        raise StoreError(
            f"{uri!r} isn't the address of saved bytes: modelcp knows where it is, and doesn't hold it.",
            code="not_held",
            hint="Fetch it by that address yourself; or save it with modelcp.save_artifact.",
        )
    return found["hex"]


class FolderStore:
    """A folder, shared or not: ``<folder>/sha256/<first two>/<hex>``.

    Files appear whole: each is written beside, flushed to the disk, then renamed. Many processes
    may write the same content at once.

    Args:
        root: The folder; made when something is first put.
        flush: Wait for the disk at each put. Without it a power cut may lose what was just saved.
    """

    def __init__(self, root: Path, *, flush: bool = True) -> None:
        self.root = root.absolute()
        self.flush = flush
        self._swept = False
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The store's own address."""
        return self.root.as_uri()

    @property
    def incoming(self) -> Path:
        """Where files are written before they are moved into place."""
        return self.root / "incoming"

    def uri(self, sha256: str) -> str:
        """The URI of the content with this SHA-256."""
        return f"{self.url}/sha256/{sha256[:2]}/{sha256}"

    def put(self, source: Path | BinaryIO, sha256: str) -> str:
        """Keeps the bytes and gives their URI.

        Args:
            source: A stream, read to its end; or a file, which is moved if it lies in ``incoming``
                (its digest is then taken as said) and copied if not.
            sha256: What the bytes must have, in hexadecimal.

        Raises:
            DigestMismatch: The bytes copied aren't those; nothing is kept.
            StoreError: The disk is full, or the folder can't be written.
        """
        sha256 = digest_of(SCHEME + sha256.lower())
        place = self._place(sha256)
        try:
            self._sweep()
            if isinstance(source, Path) and source.parent == self.incoming:
                self._settle(source, place)
            else:
                self._copy(source, sha256, place)
        except OSError as error:
            raise StoreError(
                f"The artifact store {self.root} can't be written: {error.strerror or error}.",
                hint=f"Make room there, or choose another place by MODELCP_HOME or {SETTING}.",
            ) from error
        return self.uri(sha256)

    def open(self, uri: str) -> BinaryIO:
        """The bytes as a stream; StoreError if they aren't there."""
        try:
            return self._path(uri).open("rb")
        except OSError as error:
            raise self._unreadable(uri, error) from error

    def exists(self, uri: str) -> bool:
        """Whether the bytes are there."""
        return self._path(uri).is_file()

    def fetch_to(self, uri: str, path: Path) -> None:
        """Copies the bytes to the new file `path`, checking their digest."""
        with self.open(uri) as source:
            write_checked(source, path, digest_of(uri), uri)

    def local_path(self, uri: str) -> Path | None:
        """The file that holds the bytes; StoreError if they aren't there."""
        path = self._path(uri)
        if not path.is_file():
            raise self._unreadable(uri, FileNotFoundError(2, "No such file"))
        return path

    def _place(self, sha256: str) -> Path:
        return self.root / "sha256" / sha256[:2] / sha256

    def _path(self, uri: str) -> Path:
        sha256 = digest_of(uri)
        if uri != self.uri(sha256):
            raise StoreError(f"{uri!r} isn't in the artifact store {self.url}.", code="other_store")
        return self._place(sha256)

    def _unreadable(self, uri: str, error: OSError) -> StoreError:
        what = f"fails: {error.strerror}"
        if isinstance(error, FileNotFoundError):
            what = "has no such content: it was removed, or never arrived"
        sentence = f"{uri} can't be read; the artifact store {self.root} {what}."
        return StoreError(sentence, code="content_missing")

    def _copy(self, source: Path | BinaryIO, sha256: str, place: Path) -> None:
        self.incoming.mkdir(parents=True, exist_ok=True)
        draft = self.incoming / f"{os.getpid()}-{os.urandom(8).hex()}"
        try:
            if isinstance(source, Path):
                with source.open("rb") as file:
                    write_checked(file, draft, sha256, str(source))
            else:
                write_checked(source, draft, sha256, "what was given")
            self._settle(draft, place)
        finally:
            draft.unlink(missing_ok=True)

    def _settle(self, draft: Path, place: Path) -> None:
        """Moves a whole file into place, unless the same content is there already."""
        if place.is_file() and place.stat().st_size == draft.stat().st_size:
            draft.unlink()
            return
        if self.flush:
            flush_file(draft)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft, place)

    def _sweep(self) -> None:
        """Removes, once per process, what processes that were killed left half-written."""
        with self._lock:
            if self._swept or not self.incoming.is_dir():
                return
            self._swept = True
        with os.scandir(self.incoming) as items:
            for item in items:
                try:
                    if item.is_file() and time.time() - item.stat().st_mtime > ABANDONED:
                        os.unlink(item.path)
                except OSError:
                    continue  # another process was faster, or it isn't ours


class LocalStore(FolderStore):
    """The home's store, and the server's on its own disk: URIs don't say where the folder is."""

    @property
    def url(self) -> str:
        """The scheme: these URIs mean the store of whoever keeps the record."""
        return SCHEME.rstrip("/")

    def uri(self, sha256: str) -> str:
        """``modelcp:sha256/<hex>``."""
        return SCHEME + sha256


def write_checked(source: BinaryIO, path: Path, sha256: str, what: str) -> None:
    """Writes `source` to the new file `path`, which is removed again if the SHA-256 is another."""
    try:
        with path.open("xb") as target:
            found, _ = copy_with_digest(source, target)
        check_digest(what, sha256, found)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def flush_file(path: Path) -> None:
    """Waits until the file's bytes are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def store_from_url(url: str) -> Store:
    """The store at `url`: a folder's path, ``file:///…``, or a bucket's URL.

    Raises:
        ConfigurationError: No store has such a URL, or what it needs isn't installed.
    """
    scheme = urlsplit(url).scheme.lower()
    if scheme in BUCKETS:
        from modelcp.artifacts.object_store import ObjectStore

        return ObjectStore(url)
    if scheme == "file":
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise ConfigurationError(
                f"{url!r} isn't the URL of a folder.", hint="Write it as file:///folder."
            )
        return FolderStore(Path(unquote(parts.path)))
    if "://" in url or not url.strip():
        raise ConfigurationError(
            f"{url!r} isn't the address of an artifact store.",
            hint="Give a folder's path, file:///…, s3://…, gs://… or az://….",
        )
    return FolderStore(Path(url).expanduser())


def shared_store(environ: Mapping[str, str] = os.environ) -> Store | None:
    """The store that ``MODELCP_ARTIFACT_STORE`` names, or None where it is not set.

    Raises:
        ConfigurationError: It isn't the address of a store.
    """
    url = environ.get(SETTING, "").strip()
    try:
        return store_from_url(url) if url else None
    except ModelcpError as error:
        raise ConfigurationError(f"{SETTING}: {error.message}", hint=error.hint) from error


def store_of(uri: str, home: Store) -> Store:
    """The store that holds `uri`: `home` for ``modelcp:…``, else the shared one that the URI names.

    Raises:
        StoreError: The URI isn't that of saved bytes, such as a web page linked by hand.
    """
    digest_of(uri)
    shared = _SHARED.match(uri)
    return home if shared is None else store_from_url(shared["root"])
