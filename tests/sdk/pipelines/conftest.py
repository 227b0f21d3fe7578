"""A registry in this process whose round trips are counted, and graphs composed without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from modelcp import connections, pipeline
from modelcp.client import Client
from modelcp.config import Config
from modelcp.connection import Connection
from modelcp.errors import ServerUnavailable
from modelcp.home import home
from modelcp.pipelines.decorators import composing
from modelcp.pipelines.graph import Defaults, Graph, Node
from modelcp.transports import Response, WsgiTransport

NEVER = 3600.0  # seconds: the background thread must not touch a test's transaction


class Counted(WsgiTransport):
    """The application in this process; notes each request, and can be switched off."""

    def __init__(self) -> None:
        from modelcp.server.wsgi import application

        super().__init__(application, {"modelcp.actor": "local"})
        self.requests: list[tuple[str, str]] = []
        self.down = False

    def send(self, method: str, path: str, **kwargs: Any) -> Response:
        self.requests.append((method, path))
        if self.down:
            raise ServerUnavailable("The server can't be reached: it is off.")
        with _connection_kept():
            return super().send(method, path, **kwargs)


@contextmanager
def _connection_kept() -> Iterator[None]:
    """A request's start and end would close the connection that holds the test's transaction."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


class Registry:
    """What the tests' programs meet as the embedded registry."""

    def __init__(self, transport: Counted) -> None:
        self.transport = transport

    @property
    def client(self) -> Client:
        """A client of it."""
        return Client()

    def requests(self, call: Callable[[], Any]) -> list[tuple[str, str]]:
        """The requests that `call` makes."""
        before = len(self.transport.requests)
        call()
        return self.transport.requests[before:]

    def links(self, model: str, version: Any = None, kind: str | None = None) -> list[str]:
        """The names of a version's links, sorted."""
        return sorted(a.name for a in self.client.list_version_artifacts(model, version, kind=kind))

    def run(self, **filters: Any) -> Any:
        """The newest run, with its steps."""
        newest = next(iter(self.client.list_runs(sort="-started", limit=1, **filters)))
        return self.client.get_run(newest["id"])

    def steps(self) -> dict[str, Any]:
        """The newest run's steps by name."""
        return {step["name"]: step for step in self.run()["step_runs"]}


@pytest.fixture
def registry(own_home: Path, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """An empty registry, embedded in this process."""
    from django.conf import settings

    monkeypatch.setenv("MODELCP_ARTIFACT_DIR", str(settings.ARTIFACT_DIR))
    transport = Counted()
    key = (str(home()), None, None)
    connection = Connection(Config(), transport, interval=NEVER)
    connections._connections[key] = connection
    yield Registry(transport)
    connections._connections.pop(key)
    connection.close()


def compose(body: Callable[[], Any], name: str = "p") -> Graph:
    """The graph that `body` composes."""
    graph = Graph(name, Defaults())
    token = composing.set(graph)
    try:
        body()
    finally:
        composing.reset(token)
    return graph


def order(body: Callable[[], Any]) -> list[str]:
    """The names of the steps that `body` calls, in the order in which they would run."""
    return [node.name for node in ordered(body)]


def ordered(body: Callable[[], Any]) -> list[Node]:
    """The nodes that `body` makes, in the order in which they would run."""
    return compose(body).ordered()


def run_only(one: Any) -> Any:
    """Runs a pipeline of this step alone."""

    @pipeline(name="p")
    def p() -> None:
        one()

    return p()
