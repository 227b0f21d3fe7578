"""How requests reach the WSGI application: granian, in this process for SQLite, in workers for PostgreSQL.

SQLite has one writer, so one process with several threads is its best; there granian's worker runs in
this very process: nothing outlives it when it is killed, and nothing is loaded twice. PostgreSQL gets
worker processes, which end by themselves when this one is gone.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from granian._granian import SocketHolder
from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server.common import AbstractServer
from granian.server.mp import MPServer
from granian.server.mt import MTServer

APPLICATION = "modelcp.server.worker:application"
STOPS_WITHIN = 5.0  # seconds for what is under way when it is asked to stop
BACKLOG = 1024
LOOKS_EVERY = 0.1  # seconds


@dataclass(frozen=True)
class Place:
    """Where and how wide it serves: an address of this machine, processes, threads in each."""

    listener: socket.socket
    workers: int
    threads: int

    @property
    def address(self) -> tuple[str, int]:
        """The IP address and the port."""
        host, port = self.listener.getsockname()[:2]
        return str(host), int(port)


def serve(place: Place, *, ready: Callable[[], None]) -> None:
    """Serves until SIGTERM or SIGINT; `ready` is called when a connection is taken."""
    kind = _InProcess if place.workers == 1 else _InWorkers
    host, port = place.address
    server = kind(
        APPLICATION,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=place.workers,
        blocking_threads=place.threads,
        # More than this many requests at once wait in the socket's queue, not in memory.
        backpressure=max(128, place.threads * 4),
        backlog=BACKLOG,
        loop=Loops.asyncio,
        log_level=LogLevels.error,
        respawn_failed_workers=place.workers > 1,
        workers_kill_timeout=None if place.workers == 1 else int(STOPS_WITHIN),
    )
    server.listener = place.listener
    server.on_startup(ready)
    server.serve()


class _Interrupt:
    """What wakes the main thread, as a `threading.Event` would, yet by any signal at any moment.

    Python runs a signal's handler in the main thread. One that waits on a lock without a limit runs none
    for a signal that came just before it waited or that another thread took; and the lock within an Event
    can't be taken again by a handler that interrupts whoever holds it.
    """

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        self._is_set = True

    def clear(self) -> None:
        self._is_set = False

    def wait(self) -> None:
        while not self._is_set:
            time.sleep(LOOKS_EVERY)


class _Stopping(AbstractServer[Any]):
    """Ends the process when stopping takes too long, or at the second signal."""

    listener: socket.socket

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.main_loop_interrupt = _Interrupt()  # type: ignore[assignment]  # all of it that is used

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        if self.interrupt_signal:
            os._exit(130)
        timer = threading.Timer(STOPS_WITHIN + 1, os._exit, (0,))  # a thread that reads a stalled upload
        timer.daemon = True
        timer.start()
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]


class _InProcess(_Stopping, MTServer):
    """granian's threaded server, on an open socket; Python's lock is its threads' own affair."""

    def _check_gil(self) -> None:
        pass

    def _init_shared_socket(self) -> None:
        self.listener.setblocking(False)
        holder: Any = SocketHolder  # its stub is older than it is
        self._shd = holder(self.listener.detach(), False, BACKLOG)


class _InWorkers(_Stopping, MPServer):
    """granian's server of worker processes, each with a socket of its own on the same port."""

    def _init_shared_socket(self) -> None:
        self.listener.close()
        super()._init_shared_socket()  # type: ignore[no-untyped-call]


def end_with_parent() -> None:
    """In a worker: ends it when the process that started it is gone, however that ended."""
    parent = os.getppid()

    def watch() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def open_listener(host: str, port: int) -> socket.socket:
    """A listening socket; OSError if the port is taken or the host is none of this machine.

    Without SO_REUSEPORT, so that a second server can't share the port unnoticed.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by what it accepts
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
