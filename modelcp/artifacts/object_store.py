"""Artifacts in a bucket: S3, Google Cloud Storage, Azure, by obstore.

Credentials and regions are found as each cloud's own tools find them (``AWS_ACCESS_KEY_ID``,
``AWS_ENDPOINT_URL``, ``GOOGLE_APPLICATION_CREDENTIALS``, ``AZURE_STORAGE_ACCOUNT_NAME`` …).
"""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from modelcp.artifacts.digest import CHUNK, check_digest, file_digest
from modelcp.artifacts.stores import SCHEME, digest_of
from modelcp.errors import ConfigurationError, ModelcpError, StoreError

EXTRA = "modelcp[s3]"


class ObjectStore:
    """A bucket, or a folder in one: ``s3://bucket/folder``.

    Args:
        url: The bucket's address.
        backend: An obstore store rooted at `url`, where its settings don't come from the environment.

    Raises:
        ConfigurationError: obstore isn't installed, or doesn't know such an address.
    """

    def __init__(self, url: str, backend: Any = None) -> None:
        self.url = url.rstrip("/")
        if not urlsplit(url).netloc and urlsplit(url).scheme != "memory":
            raise ConfigurationError(f"{url!r} names no bucket.", hint="Write it as s3://bucket/folder.")
        self._obstore = _obstore()
        try:
            self._backend = backend if backend is not None else self._obstore.store.from_url(self.url)
        except Exception as error:
            raise ConfigurationError(f"The artifact store {self.url} can't be set up: {error}.") from error

    @property
    def incoming(self) -> Path:
        """A temporary folder of this machine."""
        return Path(tempfile.gettempdir()) / f"modelcp-incoming-{os.getuid() if hasattr(os, 'getuid') else 0}"

    def put(self, source: Path | BinaryIO, sha256: str) -> str:
        """Uploads the bytes in parts, unless the same content is there already; their URI.

        Raises:
            DigestMismatch: The bytes aren't those that `sha256` says; nothing is uploaded.
            StoreError: The bucket can't be written.
        """
        sha256 = digest_of(SCHEME + sha256.lower())
        uri = f"{self.url}/sha256/{sha256[:2]}/{sha256}"
        if not isinstance(source, Path):
            return self._put_stream(source, sha256)
        found, size = file_digest(source)
        check_digest(str(source), sha256, found)
        try:
            if self._size(uri) != size:
                self._obstore.put(self._backend, _key(sha256), source)
        except ModelcpError:
            raise
        except Exception as error:
            raise self._failed("written", error) from error
        return uri

    def open(self, uri: str) -> BinaryIO:
        """The bytes as a stream, fetched as they are read."""
        try:
            return io.BufferedReader(_Reading(self._obstore.open_reader(self._backend, self._own_key(uri))))
        except ModelcpError:
            raise
        except Exception as error:
            raise self._failed("read", error) from error

    def exists(self, uri: str) -> bool:
        """Whether the bytes are there; asks the bucket."""
        return self._size(uri) is not None

    def fetch_to(self, uri: str, path: Path) -> None:
        """Downloads the bytes to the new file `path`, checking their digest."""
        key = self._own_key(uri)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as target:
                for chunk in self._obstore.get(self._backend, key).stream(min_chunk_size=CHUNK):
                    target.write(chunk)
            check_digest(uri, digest_of(uri), file_digest(path)[0])
        except ModelcpError:
            path.unlink(missing_ok=True)
            raise
        except BaseException as error:
            path.unlink(missing_ok=True)
            if not isinstance(error, Exception):
                raise
            raise self._failed("read", error) from error

    def local_path(self, uri: str) -> Path | None:
        """None: the bytes must be fetched."""
        return None

    def _put_stream(self, source: BinaryIO, sha256: str) -> str:
        """By way of a file: what has another digest must never be seen in the bucket."""
        from modelcp.artifacts.stores import write_checked

        self.incoming.mkdir(parents=True, exist_ok=True)
        draft = self.incoming / f"{os.getpid()}-{os.urandom(8).hex()}"
        try:
            write_checked(source, draft, sha256, "what was given")
            return self.put(draft, sha256)
        finally:
            draft.unlink(missing_ok=True)

    def _size(self, uri: str) -> int | None:
        try:
            return int(self._obstore.head(self._backend, self._own_key(uri))["size"])
        except FileNotFoundError:
            return None
        except ModelcpError:
            raise
        except Exception as error:
            raise self._failed("read", error) from error

    def _own_key(self, uri: str) -> str:
        sha256 = digest_of(uri)
        if uri != f"{self.url}/{_key(sha256)}":
            raise StoreError(f"{uri!r} isn't in the artifact store {self.url}.", code="other_store")
        return _key(sha256)

    def _failed(self, how: str, error: Exception) -> StoreError:
        if isinstance(error, FileNotFoundError):
            return StoreError(f"The artifact store {self.url} has no such content.", code="content_missing")
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return StoreError(
            f"The artifact store {self.url} can't be {how}: {reason[:300]}.",
            hint="Check the address, the credentials in the environment, and the network.",
        )


class _Reading(io.RawIOBase):
    """What obstore reads, as one of Python's own streams."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = memoryview(self._file.read(len(buffer)))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _key(sha256: str) -> str:
    return f"sha256/{sha256[:2]}/{sha256}"


def _obstore() -> Any:
    from importlib import import_module

    try:
        module = import_module("obstore")
        import_module("obstore.store")
    except ImportError as error:
        raise ConfigurationError(
            f"A bucket as artifact store needs obstore, which can't be imported: {error}.",
            hint=f"Install it: pip install '{EXTRA}'.",
        ) from error
    return module
