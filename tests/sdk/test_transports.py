"""What HTTP adds: kept connections, timeouts, answers that aren't the server's."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from modelcp.client import Client
from modelcp.config import Config, proxy_for
from modelcp.connection import Connection
from modelcp.errors import ModelcpWarning, ServerError, ServerUnavailable, Unauthorized
from modelcp.transports import HttpTransport, with_query
from tests.sdk.conftest import NEVER
from tests.support.postgres import free_port


class Talking(BaseHTTPRequestHandler):
    """Answers as the path says; counts connections and requests."""

    protocol_version = "HTTP/1.1"
    connections: list[Any] = []
    requests: list[tuple[str, str | None]] = []
    asked: list[tuple[str, str]] = []
    drop_next = False

    def setup(self) -> None:
        self.connections.append(self.client_address)
        super().setup()

    def do_GET(self) -> None:
        type(self).requests.append((self.path, self.headers.get("Authorization")))
        if type(self).drop_next:
            type(self).drop_next = False
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, body = int(self.path.split("/")[-2]), b'{"a": 1}'
        if "html" in self.path:
            body = b"<html>a proxy</html>"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        type(self).asked.append((self.command, self.path))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self) -> None:
        type(self).asked.append((self.command, self.path))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    Talking.connections, Talking.requests, Talking.asked, Talking.drop_next = [], [], [], False
    server = ThreadingHTTPServer(("127.0.0.1", 0), Talking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_one_connection_is_kept_and_the_token_sent(url: str) -> None:
    transport = HttpTransport(url, "t")
    for _ in range(3):
        assert transport.send("GET", "/200/").body == b'{"a": 1}'
    assert len(Talking.connections) == 1
    assert Talking.requests[0] == ("/200/", "Bearer t")


def test_it_doesnt_wait_for_full_packets(url: str) -> None:
    transport = HttpTransport(url)
    transport.send("GET", "/200/")
    options = transport._pool.connection_pool_kw["socket_options"]  # type: ignore[union-attr]
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in options


def test_a_kept_connection_that_was_closed_is_opened_again(url: str) -> None:
    transport = HttpTransport(url)
    transport.send("GET", "/200/")
    Talking.drop_next = True
    assert transport.send("GET", "/200/").status == 200


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxys_answer_is_no_server(url: str, status: int) -> None:
    with pytest.raises(ServerUnavailable):
        HttpTransport(url).send("GET", f"/html/{status}/")


def test_nobody_there() -> None:
    with pytest.raises(ServerUnavailable, match=r"127\.0\.0\.1"):
        HttpTransport(f"http://127.0.0.1:{free_port()}").send("GET", "/")
    with pytest.raises(ServerUnavailable):
        HttpTransport("http://nobody.invalid").send("GET", "/")


def test_somebody_who_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcp.transports.READ_TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ServerUnavailable):
            HttpTransport(f"http://127.0.0.1:{silent.getsockname()[1]}").send("GET", "/")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("html/200", "modelcp server"),
        ("302", "points to /elsewhere"),
        ("html/403", "modelcp server"),
        ("html/404", "modelcp server"),
    ],
)
def test_what_isnt_modelcp_is_said_and_has_refused_nothing(
    url: str, path: str, said: str, own_home: Path
) -> None:
    client = Client(connection=Connection(Config(url), interval=NEVER))
    with pytest.raises(ServerError, match=said):
        client._get(f"/{path}/")


def test_a_page_that_answers_everything_takes_neither_bytes_nor_records(url: str, own_home: Path) -> None:
    here = Connection(Config(f"{url}/html/200"), interval=NEVER)
    client = Client(connection=here)
    with pytest.warns(ModelcpWarning, match="that of a modelcp server"):
        saved = client.save_artifact(b"x" * (2 << 20), "big")
    assert (saved.number, saved.load()) == (None, b"x" * (2 << 20))
    assert {method for method, _ in Talking.asked} == {"HEAD", "PUT"}, "asked for first, then sent"
    with pytest.raises(ServerError):
        client.sync()
    assert here.waiting_content(saved["sha256"]).is_file()  # type: ignore[union-attr]
    here.close()


def test_a_proxy_of_the_environment_is_used_unless_this_machine_is_asked(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", url)
    assert HttpTransport("http://models.test/200").send("GET", "/200/").status == 200
    assert Talking.requests == [("http://models.test/200/200/", None)]
    assert HttpTransport(url).send("GET", "/200/").status == 200
    monkeypatch.setenv("no_proxy", "models.test")
    assert (
        proxy_for("http://models.test")
        is proxy_for("https://others.test")
        is proxy_for("http://[::1]:80")
        is None
    )
    monkeypatch.setenv("HTTPS_PROXY", "proxy.test:8080")
    assert proxy_for("https://others.test") == "http://proxy.test:8080"


def test_a_token_that_no_header_can_hold_is_a_wrong_token(url: str) -> None:
    with pytest.raises(Unauthorized, match="no token has"):
        HttpTransport(url, "tökén").send("GET", "/200/")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (
            "HTTPConnection(host='h', port=1): Failed to establish a new connection: [Errno 111] No",
            "[Errno 111] No",
        ),
        (
            "HTTPSConnectionPool(host='h', port=1): Read timed out. (read timeout=60.0)",
            "Read timed out. (read timeout=60.0)",
        ),
        (
            "[SSL: WRONG_VERSION_NUMBER] wrong (_ssl.c:1006)",
            "[SSL: WRONG_VERSION_NUMBER] wrong (_ssl.c:1006)",
        ),
        ("", "OSError"),
    ],
)
def test_why_nobody_answers_is_said_whole(error: str, why: str) -> None:
    said = HttpTransport("http://x.test")._unavailable(OSError(error))
    assert said.message == f"The server http://x.test can't be reached: {why}."


def test_queries_leave_out_what_is_none() -> None:
    assert with_query("/x/", {"a": None, "b": ["1", "ü"], "c": 2}) == "/x/?b=1&b=%C3%BC&c=2"
    assert with_query("/x/", {}) == "/x/"


def test_a_shared_store_takes_the_bytes(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELCP_ARTIFACT_STORE", str(tmp_path / "shared"))
    client = Client("http://x.test")
    with client.written({"a": 1}) as fields:
        assert fields["uri"].startswith((tmp_path / "shared").as_uri())
    with client.get_content(fields["uri"]) as stream:
        assert len(stream.read()) == fields["size"]
    client.fetch_content(fields["uri"], tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_size == fields["size"]
