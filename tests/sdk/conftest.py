"""What the SDK's tests run against: the application in process, a server over HTTP, a pretended one."""

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelcp.client import Client
from modelcp.config import Config
from modelcp.connection import Connection
from modelcp.errors import ServerUnavailable
from modelcp.transports import Body, Query, Response, WsgiTransport
from tests.support.programs import Server

NEVER = 3600.0  # seconds: the background thread must not touch a test's transaction


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for what this test's process keeps, and no server named."""
    for name in [name for name in os.environ if name.startswith("MODELCP_") and "TEST" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MODELCP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The test's connection and its transaction outlive each request, as in Django's own test client."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def in_process() -> Client:
    """A client of the application in this process."""
    from modelcp.server.wsgi import application

    transport = WsgiTransport(application, {"modelcp.actor": "local"})
    connection = Connection(Config("http://in-process.test"), transport, interval=NEVER)
    return Client(connection=connection)


@pytest.fixture(params=[pytest.param("in process", marks=pytest.mark.django_db), "over http"])
def client(request: pytest.FixtureRequest, own_home: Path) -> Iterator[Client]:
    """A client over each way that requests travel."""
    if request.param == "in process":
        request.getfixturevalue("one_connection")
        client = in_process()
    else:
        server: Server = request.getfixturevalue("shared_server")
        token = request.getfixturevalue("server_token")
        client = Client(connection=Connection(Config(server.url, token), interval=NEVER))
    yield client
    client.connection.close()


@pytest.fixture(scope="session")
def server_token(shared_server: Server) -> str:
    """An administrator's token of the shared server."""
    return shared_server.token("sdk")


@pytest.fixture
def name() -> str:
    """A name that nobody else uses: the server is shared."""
    return f"m-{uuid.uuid4().hex[:10]}"


class Pretended:
    """A transport to a server that keeps each operation once, in memory, and fails as it is told to."""

    def __init__(self) -> None:
        self.applied: list[dict[str, Any]] = []
        self.contents: dict[str, bytes] = {}
        self.batches: list[int] = []
        self.down = False
        self.refuse: dict[str, int] = {}  # path: status
        self.die_after_next = False
        self.limit = 10_000

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query = None,
        headers: Any = None,
        body: Body = None,
        stream: bool = False,
    ) -> Response:
        if self.down:
            raise ServerUnavailable("The server can't be reached: it is off.")
        if path.startswith("/api/v1/contents/"):
            return self._content(method, path.split("/")[-2], body)
        if path == "/api/v1/batch/":
            return self._batch(json.loads(body))  # type: ignore[arg-type]
        return _answer(200, {"asked": path})

    def reset(self) -> None:
        """Nothing is kept."""

    def _content(self, method: str, sha256: str, body: Any) -> Response:
        if method == "PUT":
            self.contents[sha256] = body.read() if hasattr(body, "read") else body
        return _answer(200 if sha256 in self.contents else 404, {})

    def _batch(self, batch: dict[str, Any]) -> Response:
        operations = batch["operations"]
        self.batches.append(len(operations))
        if len(operations) > self.limit:
            return _answer(413, {"error": {"code": "too_large", "message": "Too many."}})
        results = [self._apply(operation) for operation in operations]
        if self.die_after_next:
            self.die_after_next = False
            raise ServerUnavailable("The server went away before it answered.")
        return _answer(200, {"results": results})

    def _apply(self, operation: dict[str, Any]) -> dict[str, Any]:
        status = self.refuse.get(operation["path"], 200)
        if status == 200 and operation["id"] not in {one["id"] for one in self.applied}:
            self.applied.append(operation)
        body = {"ok": True} if status == 200 else {"error": {"code": "no", "message": "It says no."}}
        return {"id": operation["id"], "status": status, "body": body}

    @property
    def paths(self) -> list[str]:
        """The paths of what was applied, in order."""
        return [operation["path"] for operation in self.applied]


def _answer(status: int, body: Any) -> Response:
    return Response(status, {"Content-Type": "application/json"}, iter([json.dumps(body).encode()]))


@pytest.fixture
def pretended(own_home: Path) -> Pretended:
    """A server that can be switched off."""
    return Pretended()
