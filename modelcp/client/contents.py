"""Artifacts' bytes: where they are kept and how values become artifact versions and back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from modelcp.client.base import Base
from modelcp.errors import StoreError
from modelcp.home import home
from modelcp.outbox import new_content
from modelcp.sender import API
from modelcp.transports import Response

if TYPE_CHECKING:
    from modelcp.artifacts.stores import Store
    from modelcp.records import ArtifactVersion

SCHEME = "modelcp:sha256/"


class ServerStore:
    """The server's own store, over HTTP: what is put waits in the outbox; what is read is streamed.

    Args:
        client: whose server it is.
    """

    def __init__(self, client: ContentCalls) -> None:
        self._client = client

    @property
    def incoming(self) -> Path:
        """Where values are written: beside the outbox, so that what must wait is only renamed."""
        return self._client.connection.contents

    def put(self, source: Path | BinaryIO, sha256: str) -> str:
        """Keeps the bytes in the outbox until they are uploaded; their URI at the server."""
        folder = self._client.connection.contents
        with new_content(folder, sha256) as draft:
            if not isinstance(source, Path):
                from modelcp.artifacts.stores import write_checked

                write_checked(source, draft, sha256, "what was given")
            elif source.parent == folder:
                os.replace(source, draft)
            else:
                shutil.copyfile(source, draft)
            _flush(draft)
        return SCHEME + sha256

    def open(self, uri: str) -> BinaryIO:
        """The bytes as a stream, not checked."""
        from modelcp.artifacts.stores import digest_of

        waiting = self._client.connection.waiting_content(digest_of(uri))
        if waiting is not None:
            with suppress(FileNotFoundError):
                return waiting.open("rb")
        return cast(
            BinaryIO,
            Download(self._client.connection.ask("GET", f"{API}contents/{digest_of(uri)}/", stream=True)),
        )

    def exists(self, uri: str) -> bool:
        """Whether the bytes are at the server, or wait here."""
        from modelcp.artifacts.stores import digest_of

        sha256 = digest_of(uri)
        waiting = self._client.connection.waiting_content(sha256)
        return (waiting is not None and waiting.is_file()) or self._client.has_content(sha256)

    def fetch_to(self, uri: str, path: Path) -> None:
        """Downloads the bytes to the new file `path`; DigestMismatch if they are others."""
        from modelcp.artifacts.stores import digest_of, write_checked

        path.parent.mkdir(parents=True, exist_ok=True)
        with self.open(uri) as source:
            write_checked(source, path, digest_of(uri), uri)

    def local_path(self, uri: str) -> Path | None:
        """None: a file that waits may be uploaded and gone at any moment."""
        return None


class Download:
    """A streamed answer as a file that is read once."""

    def __init__(self, response: Response) -> None:
        self._chunks: Iterator[bytes] = response.stream()
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; all that is left if negative; none at the end."""
        if size < 0:
            rest, self._rest = self._rest + b"".join(self._chunks), b""
            return rest
        while not self._rest:
            self._rest = next(self._chunks, b"")
            if not self._rest:
                return b""
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    def close(self) -> None:
        """Ends the answer."""
        with suppress(Exception):
            self._chunks.close()  # type: ignore[attr-defined]

    def __enter__(self) -> Download:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class ContentCalls(Base):
    """Calls about bytes and values."""

    def home_store(self) -> Store:
        """The registry's own store: the home's folder when embedded, the server's over HTTP else."""
        return local_store() if self.connection.embedded else ServerStore(self)

    def store(self) -> Store:
        """Where new bytes go: the shared store `MODELCP_ARTIFACT_STORE` names, else the registry's own."""
        from modelcp.artifacts.stores import shared_store

        return shared_store() or self.home_store()

    def put_content(self, path: Path, sha256: str, size: int | None = None) -> str:
        """Keeps a file's bytes; the URI to record. A file in the store's `incoming` is moved."""
        return self.store().put(path, sha256)

    def has_content(self, sha256: str) -> bool:
        """Whether the server's store has these bytes."""
        return self.connection.transport.send("HEAD", self._path("contents", sha256)).status == 200

    def get_content(self, uri: str) -> BinaryIO:
        """The bytes at `uri` as a stream, not checked."""
        from modelcp.artifacts.stores import store_of

        return store_of(uri, self.home_store()).open(uri)

    def fetch_content(self, uri: str, path: Path) -> None:
        """Writes the bytes at `uri` to the new file `path`; DigestMismatch if they aren't those it names."""
        from modelcp.artifacts.stores import store_of

        store_of(uri, self.home_store()).fetch_to(uri, path)

    def load_value(self, artifact: ArtifactVersion) -> Any:
        """The value of an artifact version, after its bytes were checked.

        Raises:
            DigestMismatch: the bytes aren't those that were saved. StoreError: no store here holds them.
        """
        from modelcp.artifacts.materializers.base import SavedAs
        from modelcp.artifacts.stores import store_of
        from modelcp.artifacts.values import load_value

        if "uri" not in artifact:
            raise StoreError(f"{artifact.name} wasn't kept when it was saved.", code="not_held")
        uri, sha256 = artifact["uri"], artifact.get("sha256")
        if not sha256:
            raise StoreError(
                f"{artifact.name} is only an address: {uri}.",
                code="not_held",
                hint="Fetch it by that address yourself.",
            )
        saved = SavedAs(
            artifact.get("data_type") or "", artifact.get("media_type") or "", artifact.get("summary") or {}
        )
        return load_value(store_of(uri, self.home_store()), uri, sha256, saved)

    @contextmanager
    def written(self, value: Any) -> Iterator[dict[str, Any]]:
        """A value's bytes in the store: what an artifact version records of it (uri, sha256 …)."""
        from modelcp.artifacts.values import save_value

        uri, written = save_value(value, self.store())
        yield {"uri": uri, **written.fields()}


def local_store() -> Store:
    """The embedded server's store: the same folder as its settings name."""
    from modelcp.artifacts.stores import LocalStore

    given = os.environ.get("MODELCP_ARTIFACT_DIR")
    return LocalStore(Path(given) if given else home() / "artifacts")


def _flush(path: Path) -> None:
    from modelcp.artifacts.stores import flush_file

    flush_file(path)
