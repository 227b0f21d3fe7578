"""One process's file in the outbox: appended to, locked while the process lives, adopted when it ended."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from modelcp.outbox import ANY_SERVER, REFUSED, Operation, note_refused, now, parsed

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK_AT = 1 << 40  # on Windows a locked byte can't be read: one far behind the end is locked


class OutboxFile:
    """One process's operations. Use `create` or `adopt`; whoever holds one holds its lock.

    `pending` is what is neither sent nor refused, in order.
    """

    def __init__(self, path: Path, descriptor: int | None, target: str) -> None:
        self.path, self.target = path, target
        self.pending: dict[str, Operation] = {}
        self._descriptor = descriptor
        self._aside: Path | None = None
        self._header_end = 0
        self._turn = threading.RLock()  # a thread appends while another marks as done

    @classmethod
    def create(cls, folder: Path, target: str, held: OutboxFile | None = None) -> OutboxFile:
        """A new file for this process, with what memory `held`; OSError if the disk doesn't take it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = _new_path(folder)
        # Made under a name that nobody adopts, and renamed when it is locked and has its header.
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        file = cls(path, descriptor, target)
        try:
            _lock(descriptor)
            header = {"modelcp_outbox": 1, "target": target, "created": now(), "pid": os.getpid()}
            file._write([header], durable=True)
            file._header_end = os.fstat(descriptor).st_size
            os.rename(draft, path)
        except BaseException:
            os.close(descriptor)
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        if held is not None:
            file._take_over(held)
        return file

    @classmethod
    def in_memory(cls, folder: Path, target: str) -> OutboxFile:
        """One whose `append` keeps the operation and raises OSError: the disk took no file there.

        Bytes that go with its operations are in a temporary folder until they are sent.
        """
        file = cls(_new_path(folder), None, target)
        with suppress(OSError):
            file._aside = Path(tempfile.mkdtemp(prefix="modelcp-"))
        return file

    @property
    def on_disk(self) -> bool:
        """Whether what is appended outlives the process."""
        return self._descriptor is not None

    @classmethod
    def adopt(cls, path: Path) -> OutboxFile | None:
        """The file at `path` if nobody holds it, read; None if its process lives or it is gone."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError:
            return None
        try:
            if not _lock(descriptor) or not _still_at(path, descriptor):
                os.close(descriptor)
                return None
            return cls._read(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise

    @classmethod
    def _read(cls, path: Path, descriptor: int) -> OutboxFile:
        raw = path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        if len(whole) < len(raw):  # torn: the write never returned to who asked for it
            os.ftruncate(descriptor, len(whole))
        lines = whole.splitlines()
        header = parsed(lines[0]) if lines else None
        file = cls(path, descriptor, str((header or {}).get("target", ANY_SERVER)))
        file._header_end = len(lines[0]) + 1 if lines else 0
        for line in lines[1:]:
            file._take(line)
        return file

    def _take(self, line: bytes) -> None:
        told = parsed(line)
        if told is None:
            note_refused(
                self.path.parent,
                {"damaged_line": line.decode("utf-8", "replace")},
                self.target,
                {"code": "damaged", "message": f"A line of {self.path.name} can't be read."},
            )
        elif "done" in told:
            for ident in told["done"]:
                self.pending.pop(ident, None)
        else:
            operation = Operation(**told)
            self.pending[operation.id] = operation

    def append(self, operation: Operation) -> None:
        """Keeps the operation in memory and on disk; OSError if the disk doesn't take it (memory has it)."""
        with self._turn:
            self.pending[operation.id] = operation
            self._write([asdict(operation)], durable=True)

    def done(self, idents: Iterable[str]) -> None:
        """Marks operations as sent or refused. A lost mark costs a repetition that changes nothing."""
        with self._turn, suppress(OSError):
            gone = [ident for ident in idents if self.pending.pop(ident, None)]
            if self._descriptor is None or not gone:
                return
            if self.pending:
                self._write([{"done": gone}], durable=False)
            else:
                os.ftruncate(self._descriptor, self._header_end)

    @property
    def contents(self) -> Path:
        """The folder of the bytes that wait with this file."""
        return (self._aside or self.path.parent) / "contents" / self.path.stem

    def _take_over(self, other: OutboxFile) -> None:
        try:
            if other.contents.is_dir():
                shutil.copytree(other.contents, self.contents, dirs_exist_ok=True)
            for operation in list(other.pending.values()):
                self.append(operation)
        except OSError:
            self.pending.clear()
            self.close()
            raise
        other.close()

    def close(self) -> None:
        """Lets go; removes the file and its contents if nothing waits in it, or only memory held it."""
        if self._aside is not None:
            shutil.rmtree(self._aside, ignore_errors=True)
        if self._descriptor is None:
            return
        if not self.pending:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
            shutil.rmtree(self.contents, ignore_errors=True)
        os.close(self._descriptor)
        self._descriptor = None

    def abandon(self) -> None:
        """In a child after a fork: the file, its lock and what waits in it are the parent's."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self.pending = None, {}

    def _write(self, values: list[dict[str, Any]], *, durable: bool) -> None:
        if self._descriptor is None:
            raise OSError("the outbox file is closed")
        data = b"".join(
            json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode() + b"\n" for value in values
        )
        before = os.fstat(self._descriptor).st_size
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            if durable:
                _flush(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, before)
            raise


def _new_path(folder: Path) -> Path:
    return folder / f"{time.time_ns():020d}-{os.getpid()}-{os.urandom(4).hex()}.jsonl"


def left_behind(folder: Path, targets: Iterable[str]) -> Iterator[OutboxFile]:
    """The files for these targets whose processes have ended, oldest first, each locked while it is out."""
    wanted = set(targets)
    for path in sorted(folder.glob("*.jsonl")):
        if path.name == REFUSED or target_of(path) not in wanted:
            continue
        file = OutboxFile.adopt(path)
        if file is None:
            continue
        try:
            yield file
        finally:
            file.close()


def target_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            header = parsed(file.readline(65536))
    except OSError:
        return None
    return str(header.get("target", ANY_SERVER)) if header else None


def _still_at(path: Path, descriptor: int) -> bool:
    """Whether the locked file is still the one at `path`, not finished and removed by another process."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _lock(descriptor: int) -> bool:
    if fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
    import msvcrt

    os.lseek(descriptor, LOCK_AT, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return False
    return True


_flush: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
