"""All connections of this process: one per registry, closed at its end, taken from a child after a fork."""

from __future__ import annotations

import atexit
import os
import sys
import threading

from modelcp.config import Config
from modelcp.connection import Connection, living
from modelcp.home import home


def connect(config: Config) -> Connection:
    """The connection to this registry, one per process, home and token: all clients share its outbox."""
    key = (str(home()), config.url, config.token)
    with _connecting:
        if key not in _connections:
            _connections[key] = Connection(config)
        return _connections[key]


_connections: dict[tuple[str, str | None, str | None], Connection] = {}
_connecting = threading.Lock()


def close_all() -> None:
    """Sends what waits in every connection; runs at exit."""
    for connection in living:
        connection.close()


def _after_fork() -> None:
    global _connecting  # noqa: PLW0603 - a lock held by another thread of the parent stays held here
    _connecting = threading.Lock()
    for connection in living:
        connection.after_fork()
    _close_with_multiprocessing()


def _close_with_multiprocessing() -> None:
    """A child of multiprocessing ends without atexit, and begins by forgetting its finalizers."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.register_after_fork(close_all, lambda close: util.Finalize(None, close, exitpriority=10))


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
