"""A webhook's receiver on this machine: it keeps what came, and answers as it is told, also badly."""

import contextlib
import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Got:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: str


class Receiver:
    """Listens on an address; `behave` answers each request, `stop_hanging` ends what waits."""

    def __init__(self, host: str) -> None:
        self.got: list[Got] = []
        self.connections = 0
        self.behave: Callable[[Any], None] = answer(204)
        self.released = threading.Event()
        self._came = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def setup(self) -> None:
                receiver.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                with receiver._came:
                    receiver.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                    receiver._came.notify_all()
                self.close_connection = True
                with contextlib.suppress(OSError):
                    receiver.behave(self)

            def log_message(self, *_: Any) -> None:
                """Nothing on the terminal."""

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{host}:{self.server.server_address[1]}"

    def wait(self, count: int, seconds: float = 30) -> None:
        """Returns once so many requests have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.got) >= count, seconds), self.got


def answer(status: int, body: bytes = b"", **headers: str) -> Callable[[Any], None]:
    """Answers so."""

    def say(handler: Any) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return say


def close(handler: Any) -> None:
    """Closes the connection without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def receiving(host: str = "127.0.0.1") -> Iterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(host)
    thread = threading.Thread(
        target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        receiver.server.shutdown()
        receiver.server.server_close()
