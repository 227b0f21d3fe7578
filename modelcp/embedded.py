"""No server named: the same WSGI application in this process, on the home's database.

The only file of the SDK that imports Django, and only when something is first asked. All requests
run on one thread of its own: an event loop in the caller's thread (a notebook) doesn't matter then.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 - Django loads it, and at the process's end that would fail
import os
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any
from weakref import WeakSet

from modelcp.errors import ConfigurationError, ModelcpError, ServerError, ServerUnavailable
from modelcp.home import home
from modelcp.transports import Body, Query, Response, WsgiTransport

SETTINGS = "modelcp.server.settings"
FORK_WAITS = 60.0  # seconds for the request under way before the process may fork


class MissingServer(ServerUnavailable):
    """Neither a server is named nor is modelcp[server] installed."""

    code = "no_server"


class EmbeddedTransport:
    """Requests to this process's own server, booted at the first of them."""

    def __init__(self) -> None:
        self._worker = Worker()
        self._inner: WsgiTransport | None = None
        self._kept: Any = None
        _transports.add(self)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query = None,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        stream: bool = False,
    ) -> Response:
        def ask(inner: WsgiTransport) -> Response:
            # A body to be streamed comes from a file: whoever asked reads it, on any thread.
            return inner.send(method, path, query=query, headers=headers, body=body, stream=stream)

        response: Response = self._worker.run(lambda: self._ask(ask))
        return response

    def reset(self) -> None:
        """In a child after a fork: the worker is gone; its connection must be neither used nor closed."""
        self._worker = Worker()
        if self._inner is not None:
            self._kept = [self._kept, *_forget_pools()]

    def hold(self) -> None:
        """Before a fork: waits for the request under way, closes SQLite's file, and lets nothing begin.

        SQLite's library remembers in the child which locks the parent holds, and takes them for its own:
        a file open there would be locked for ever, or be written without any lock.
        """
        self._worker.hold(self._close_sqlite)

    def let_go(self) -> None:
        """In the parent after the fork: on with it."""
        self._worker.let_go()

    def _close_sqlite(self) -> None:
        if self._inner is None:
            return
        from django.db import connections

        for connection in connections.all(initialized_only=True):
            if connection.vendor == "sqlite":
                connection.close()
                self._kept = None

    def _ask(self, ask: Callable[[WsgiTransport], Response]) -> Response:
        if self._inner is None:
            self._inner = WsgiTransport(boot(), {"modelcp.actor": "local"})
        try:
            response = ask(self._inner)
        except (ModelcpError, KeyboardInterrupt, SystemExit):
            raise
        except Exception as error:  # a bug of the registry must not end a training
            raise ServerError(f"The embedded registry failed: {type(error).__name__}: {error}.") from error
        self._keep_connection()
        return response

    def _keep_connection(self) -> None:
        """Holds on to the connection, so that a child doesn't close it with the things of the dead thread."""
        from django.db import connection

        self._kept = connection.connection


class Worker:
    """One thread that runs what it is given, in order. A daemon: it lives as long as the process."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._forked: threading.Event | None = None

    def run(self, job: Callable[[], Any]) -> Any:
        """The result of `job`, run on the thread; what it raises is raised here."""
        if threading.current_thread() is self._thread:
            return job()
        if not self._start():
            return job()
        future: Future[Any] = Future()
        self._jobs.put((job, future))
        return future.result()

    def hold(self, rest: Callable[[], None]) -> None:
        """Runs `rest` after what waits, and then nothing until `let_go`."""
        if self._thread is None or threading.current_thread() is self._thread:
            return
        held, forked = threading.Event(), threading.Event()

        def pause() -> None:
            try:
                rest()
            finally:
                held.set()
                forked.wait()

        self._forked = forked
        self._jobs.put((pause, Future()))
        held.wait(FORK_WAITS)

    def let_go(self) -> None:
        """Ends `hold`."""
        if self._forked is not None:
            self._forked.set()
            self._forked = None

    def _start(self) -> bool:
        """Whether the thread runs; at the end of the process none can be started, nor is any loop running."""
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._loop, name="modelcp-embedded", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    return False
                self._thread = thread
            return True

    def _loop(self) -> None:
        while True:
            job, future = self._jobs.get()
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)


_transports: WeakSet[EmbeddedTransport] = WeakSet()
_held: list[EmbeddedTransport] = []
_forking = threading.RLock()  # one thread forks at a time


def _hold_all() -> None:
    _forking.acquire()
    _held[:] = _transports
    for transport in _held:
        transport.hold()


def _let_go_all() -> None:
    for transport in _held:
        transport.let_go()
    _forking.release()


def _free_in_child() -> None:
    global _forking  # noqa: PLW0603 - held by the thread that forked, as far as the child knows
    _forking = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold_all, after_in_parent=_let_go_all, after_in_child=_free_in_child)


def boot() -> Callable[..., Any]:
    """The WSGI application, its database migrated.

    Raises:
        MissingServer: modelcp[server] isn't installed.
        ConfigurationError: this process belongs to another Django project.
        ServerUnavailable: the database can't be opened.
    """
    refuse_foreign_django()
    try:
        import django  # noqa: F401
        import rest_framework  # noqa: F401
    except ImportError as error:
        raise MissingServer(
            "No server is named, and modelcp's own isn't installed here.",
            hint="Name one by MODELCP_URL and MODELCP_TOKEN (or `modelcp login`), "
            "or install it: pip install 'modelcp[server]'.",
        ) from error
    try:
        return _boot()
    except (ModelcpError, KeyboardInterrupt, SystemExit) as error:
        if getattr(error, "code", None) == "no_database":  # down, or without room: that ends no training
            raise ServerUnavailable(str(error)) from error
        raise
    except Exception as error:
        from django.core.exceptions import ImproperlyConfigured

        kind = ConfigurationError if isinstance(error, ImproperlyConfigured) else ServerUnavailable
        raise kind(
            f"The embedded registry can't be opened: {str(error).partition(chr(10))[0]}.",
            hint="See MODELCP_HOME and MODELCP_DATABASE_URL.",
        ) from error


def _boot() -> Callable[..., Any]:
    from modelcp.server.guest import as_a_guest

    with as_a_guest(SETTINGS):
        from modelcp.server.wsgi import application
    _refuse_another_home()

    from modelcp.server.migrate import ensure_migrated

    ensure_migrated()
    return application


def _refuse_another_home() -> None:
    """ServerUnavailable if MODELCP_HOME was changed after its registry was opened here: Django opens one."""
    from django.conf import settings

    if home() != settings.HOME:
        raise ServerUnavailable(
            f"This process has the registry in {settings.HOME} open, and can't open that in {home()} too.",
            hint="Set MODELCP_HOME before the first use, or use it in a process of its own.",
        )


def _forget_pools() -> list[Any]:
    """The parent's pools of PostgreSQL connections, taken away from Django but not closed."""
    from django.db.backends.base.base import BaseDatabaseWrapper

    taken: list[Any] = []
    for backend in BaseDatabaseWrapper.__subclasses__():
        pools = getattr(backend, "_connection_pools", None)
        if pools:
            taken += pools.values()
            backend._connection_pools = {}  # type: ignore[attr-defined]
    return taken


def refuse_foreign_django() -> None:
    """ConfigurationError inside somebody's own Django project: one process has one Django."""
    theirs = os.environ.get("DJANGO_SETTINGS_MODULE", SETTINGS)
    if "django.conf" in sys.modules:
        from django.conf import settings

        if settings.configured:
            theirs = getattr(settings, "SETTINGS_MODULE", "") or "settings given by settings.configure()"
    if theirs != SETTINGS:
        raise ConfigurationError(
            f"This process belongs to another Django project ({theirs}): modelcp can't run embedded in it.",
            code="foreign_django",
            hint="Start `modelcp up` and name it by MODELCP_URL and MODELCP_TOKEN, "
            "or do this in a process of its own.",
        )
