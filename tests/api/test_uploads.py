"""Uploads to a running server: in chunks, slow ones, ones whose sender dies."""

import hashlib
import http.client
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.programs import Server, served
from tests.support.waiting import until

DATA = os.urandom(3 * 1024 * 1024)
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path, str]]:
    """A server, its home, a token."""
    home = tmp_path_factory.mktemp("uploads")
    with served(home) as server:
        yield server, home, server.token("uploads")


class Sender:
    """Requests with a token."""

    def __init__(self, place: tuple[Server, Path, str]) -> None:
        server, self.home, token = place
        parts = urlsplit(server.url)
        self.address = (parts.hostname or "", parts.port or 0)
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        connection.request(method, f"/api/v1/{path}", body, {**self.headers, **headers})  # type: ignore[arg-type]
        answer = connection.getresponse()
        return answer.status, answer.read()

    def begin(self, how: str) -> socket.socket:
        """An upload that has sent its first bytes and goes no further."""
        sock = socket.create_connection(self.address)
        lines = [
            f"PUT /api/v1/contents/{DIGEST}/ HTTP/1.1",
            "Host: localhost",
            *(f"{key}: {value}" for key, value in self.headers.items()),
            how,
        ]
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        sock.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n" if "chunked" in how else b"x" * 1000)
        return sock

    def waiting(self) -> list[Path]:
        """Files on their way in."""
        return list((self.home / "artifacts" / "incoming").glob("*"))

    def until(self, count: int) -> None:
        """Return once as many files are on their way in."""
        until(lambda: len(self.waiting()) == count, f"there never were {count} files")


@pytest.mark.parametrize("how", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
def test_an_upload_whose_sender_dies_leaves_nothing(place: tuple[Server, Path, str], how: str) -> None:
    sender = Sender(place)
    sock = sender.begin(how)
    sender.until(1)
    sock.close()
    sender.until(0)
    assert sender.ask("HEAD", f"contents/{DIGEST}/")[0] == 404


def test_slow_uploads_hold_up_nobody_who_writes(place: tuple[Server, Path, str]) -> None:
    sender = Sender(place)
    sock = sender.begin("Content-Length: 1000000")
    sender.until(1)
    body = json.dumps({"name": "written-meanwhile"})
    assert sender.ask("POST", "models/", body, **{"Content-Type": "application/json"})[0] == 201
    assert len(sender.waiting()) == 1, "while it goes on"
    sock.close()
    sender.until(0)


def test_bytes_in_chunks_and_with_a_length(place: tuple[Server, Path, str]) -> None:
    sender = Sender(place)
    pieces = (DATA[start : start + 65536] for start in range(0, len(DATA), 65536))
    assert sender.ask("PUT", f"contents/{DIGEST}/", pieces)[0] == 201
    assert sender.ask("PUT", f"contents/{DIGEST}/", DATA)[0] == 200
    assert sender.ask("GET", f"contents/{DIGEST}/") == (200, DATA)
    assert sender.ask("GET", f"contents/{DIGEST}/", Range="bytes=7-70000") == (206, DATA[7:70001])
    assert sender.ask("HEAD", f"contents/{DIGEST}/") == (200, b"")
