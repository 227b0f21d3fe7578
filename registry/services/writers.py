"""SQLite has one writer: its threads take turns here, and processes by a lock on a file.

SQLite's own waiting is unfair: under load some writers starve until they fail. PostgreSQL needs none
of this.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.db import connection

try:
    import fcntl
except ImportError:  # Windows: threads still take turns; processes rely on SQLite's busy timeout
    fcntl = None  # type: ignore[assignment]


class WriterQueue:
    """A re-entrant lock for the threads of this process and, by a lock file, for other processes."""

    def __init__(self) -> None:
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._file: IO[bytes] | None = None
        self._path = ""

    @contextmanager
    def turn(self, path: str) -> Iterator[None]:
        """Holds the turn for the database at `path` (its lock file is `path` + ".lock")."""
        with self._lock:
            if self._depth == 0:
                self._take(path)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._give_back()

    def _take(self, path: str) -> None:
        if fcntl is None or ":memory:" in path or "mode=memory" in path:
            return
        if self._file is None or self._path != path:
            if self._file is not None:
                self._file.close()
            self._file, self._path = open(f"{path}.lock", "ab"), path  # noqa: SIM115 - kept open
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def _give_back(self) -> None:
        if fcntl is not None and self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)


_queue = WriterQueue()


@contextmanager
def one_writer() -> Iterator[None]:
    """On SQLite, waits for the turn to write; never hold it while bytes stream."""
    if connection.vendor != "sqlite":
        yield
        return
    with _queue.turn(str(connection.settings_dict["NAME"])):
        yield
