"""A value to a stored artifact, and back."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelcp.artifacts.digest import check_digest, file_digest
from modelcp.artifacts.materializers.base import Materializer, SavedAs, Unholdable, or_nothing, type_name
from modelcp.artifacts.materializers.choice import candidates, for_loading
from modelcp.errors import MaterializationError, ModelcpError, StoreError
from modelcp.notices import tell

if TYPE_CHECKING:
    from modelcp.artifacts.stores import Store

MAX_FACTS = 256 * 1024  # bytes of JSON, each for a summary and a preview

_warned: set[str] = set()
_warned_lock = threading.Lock()


@dataclass(frozen=True)
class WrittenValue:
    """A value in a file of its own, not stored yet.

    Args:
        path: The file; who asked for it moves or removes it.
        sha256: Of its bytes, in hexadecimal.
        size: Bytes.
        saved: Type, format and summary.
        preview: A small picture, or None.
    """

    path: Path
    sha256: str
    size: int
    saved: SavedAs
    preview: dict[str, Any] | None

    def fields(self) -> dict[str, Any]:
        """What an artifact version records: sha256, size, data_type, media_type, summary, preview."""
        return {
            "sha256": self.sha256,
            "size": self.size,
            "data_type": self.saved.data_type,
            "media_type": self.saved.media_type,
            "summary": self.saved.summary,
            "preview": self.preview,
        }


def write_value(value: Any, folder: Path) -> WrittenValue:
    """Writes `value` to a new file in `folder`, in the best format that holds it exactly.

    Args:
        value: Anything but streams, locks and the like.
        folder: Made if it isn't there. Use the store's own ``incoming``: moving is then a rename.

    Raises:
        MaterializationError: The value can't be saved; says what to return instead.
        StoreError: The disk is full, or the folder can't be written.
    """
    path = folder / f"{os.getpid()}-{os.urandom(8).hex()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        materializer, describer, subject = _save(value, path)
        sha256, size = file_digest(path)
    except BaseException as error:
        with suppress(OSError):
            path.unlink()
        if isinstance(error, OSError) and not isinstance(error, ModelcpError):
            raise StoreError(
                f"The bytes of a value of type {type_name(type(value))} can't be written to {folder}: "
                f"{error.strerror or error}.",
                hint="Make room there, or choose another place by MODELCP_HOME or MODELCP_ARTIFACT_STORE.",
            ) from error
        raise
    summary = _bounded(or_nothing(lambda: describer.summary(subject))) or {}
    preview = _bounded(or_nothing(lambda: describer.preview(subject)))
    saved = SavedAs(describer.data_type(subject), materializer.media_type_of(subject), summary)
    return WrittenValue(path, sha256, size, saved, preview)


def save_value(value: Any, store: Store) -> tuple[str, WrittenValue]:
    """Writes `value` and puts its bytes into `store`: the URI, and what to record of it.

    Raises:
        MaterializationError: The value can't be saved.
        StoreError: The store can't be written.
    """
    written = write_value(value, store.incoming)
    try:
        return store.put(written.path, written.sha256), written
    finally:
        written.path.unlink(missing_ok=True)


def load_value(store: Store, uri: str, sha256: str, saved: SavedAs) -> Any:
    """The value whose bytes are at `uri` in `store`, after checking them.

    Loading a pickle (``application/python-pickle``, and torch modules) runs its author's code;
    ``MODELCP_ALLOW_PICKLE=0`` refuses that.

    Args:
        store: Where the URI leads; see ``modelcp.artifacts.stores.store_of``.
        uri: As recorded.
        sha256: As recorded, in hexadecimal.
        saved: As recorded.

    Raises:
        DigestMismatch: The bytes aren't those that were saved; nothing was loaded.
        PickleRefused: It is a pickle, and pickles are refused.
        MaterializationError: The bytes can't be turned into a value here.
        StoreError: The bytes aren't there, or can't be read.
    """
    _loader(saved)  # refuse before fetching what can't be loaded
    path = store.local_path(uri)
    if path is not None:
        return read_value(path, sha256, saved)
    path = store.incoming / f"{os.getpid()}-{os.urandom(8).hex()}"
    try:
        store.fetch_to(uri, path)
        return read_value(path, sha256, saved)
    finally:
        path.unlink(missing_ok=True)


def read_value(path: Path, sha256: str, saved: SavedAs) -> Any:
    """The value in the file `path`, which must have this SHA-256. See ``load_value``."""
    materializer = _loader(saved)
    try:
        found, _ = file_digest(path)
    except OSError as error:
        raise StoreError(f"The saved bytes can't be read from {path}: {error.strerror}.") from error
    check_digest(f"the saved {saved.data_type or 'value'}", sha256, found)
    try:
        return materializer.load(path, saved)
    except (ModelcpError, MemoryError):
        raise
    except Exception as error:
        raise MaterializationError(
            f"The saved {saved.data_type or 'value'} ({saved.media_type}) can't be loaded here: "
            f"{type(error).__name__}: {error}.",
            code="cannot_load",
            hint="Are the packages that it was made with installed, in like versions?",
        ) from error


def _loader(saved: SavedAs) -> Materializer:
    materializer = for_loading(saved)
    if materializer.runs_code:
        from modelcp.artifacts.materializers.pickled import refuse_pickle

        refuse_pickle(saved.data_type)
    return materializer


def _save(value: Any, path: Path) -> tuple[Materializer, Materializer, Any]:
    """Tries the materializers in turn.

    Returns the one that wrote `path`, the one that describes the value, and the value as that one
    prepared it: a frame that only a pickle holds is still shown as a frame.
    """
    reason, describer, subject = "", None, value
    for materializer in candidates(value):
        last_resort = materializer.runs_code and materializer.media_type == "application/python-pickle"
        try:
            prepared = materializer.prepare(value)
            if materializer.describes_all and describer is None:
                describer, subject = materializer, prepared
            materializer.save(prepared, path)
        except Unholdable as error:
            reason = reason or str(error)
            path.unlink(missing_ok=True)
            continue
        if last_resort and type(materializer).__name__ == "PickleMaterializer":
            _warn_once(type_name(type(value)), reason)
        return materializer, describer or materializer, prepared if describer is None else subject
    raise MaterializationError(f"No materializer takes a value of type {type_name(type(value))}: {reason}.")


def _warn_once(data_type: str, reason: str) -> None:
    """Once per type: a pickle works, but only where its classes are importable, and it runs code."""
    with _warned_lock:
        if data_type in _warned:
            return
        _warned.add(data_type)
    because = f", because {reason}" if reason and reason != "JSON can't hold it exactly" else ""
    tell(
        f"A value of type {data_type} is saved as a pickle{because}: loading it runs code and needs like "
        "versions of its packages. Return plain data, or register a materializer for the type."
    )


def _bounded(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    """`facts` if they are strict JSON and small; a materializer of the user's own may return anything."""
    if not facts:
        return None
    try:
        text = json.dumps(facts, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None
    return facts if len(text) <= MAX_FACTS else None
