"""A proxy in front of a server that loses a request, or an answer, and is then gone until it is revived."""

import contextlib
import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.postgres import free_port


class Proxy:
    """Passes HTTP on to `upstream`, a port on loopback; to its clients it is the server.

    It cuts at most one request, the `at`-th from `cut` on: `before` it reaches the server, or `after` the
    server has applied it, so that only the answer is lost. From then on connections are refused, as by a
    killed server, until `revive`; with `stays`, only that one request is lost.
    """

    def __init__(self, upstream: int) -> None:
        self.upstream, self.port = upstream, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.seen: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.cut(0, "")
        self.revive()

    def cut(self, at: int, when: str, *, stays: bool = False, act: Callable[[], Any] | None = None) -> None:
        """Cuts the `at`-th request from now on (0: none); `act` is called at that moment."""
        self.seen, self.fell = [], False
        self._at, self._when, self._stays, self._act = at, when, stays, act

    def revive(self) -> None:
        """Takes connections again, and cuts nothing any more."""
        self._at = 0
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Refuses connections and drops those that are open."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in list(self._open):
            reset(connection)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: socket.socket, address: Any) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.add(connection)
        try:
            with contextlib.suppress(OSError):
                _Passing(connection, address, self)  # type: ignore[arg-type]
        finally:
            self._open.discard(connection)
            connection.close()

    def due(self, method: str, path: str) -> str:
        """Notes a request; what becomes of it: '', 'before' or 'after'."""
        with self._lock:
            self.seen.append((method, path))
            return self._when if len(self.seen) == self._at else ""

    def fall(self) -> None:
        """The moment of the cut."""
        self.fell = True
        if self._act is not None:
            self._act()
        if not self._stays:
            self.close()


class _Passing(BaseHTTPRequestHandler):
    """One connection of a client, and one to the server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _pass(self) -> None:
        proxy: Proxy = self.server  # type: ignore[assignment]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        moment = proxy.due(self.command, self.path)
        if moment == "before":
            self._lose(proxy)
            return
        answer, content = self._forwarded(proxy, body)
        if moment == "after":
            self._lose(proxy)
            return
        head = f"HTTP/1.1 {answer.status} {answer.reason}\r\n".encode()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
        if not any(name.lower() == "content-length" for name, _ in kept):
            kept.append(("Content-Length", str(len(content))))
        lines = "".join(f"{name}: {value}\r\n" for name, value in kept)
        self.wfile.write(head + lines.encode() + b"\r\n" + content)

    def _forwarded(self, proxy: Proxy, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        server = http.client.HTTPConnection("127.0.0.1", proxy.upstream, timeout=60)
        with contextlib.closing(server):
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            server.request(self.command, self.path, body, {**headers, "Connection": "close"})
            answer = server.getresponse()
            return answer, answer.read()

    def _lose(self, proxy: Proxy) -> None:
        proxy.fall()
        self.close_connection = True
        reset(self.connection)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - http.server's names

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


_HOP = ("connection", "transfer-encoding", "keep-alive")


def reset(connection: socket.socket) -> None:
    """Ends a connection as a killed process does: at once."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def before(upstream: int) -> Iterator[Proxy]:
    """A proxy in front of a port."""
    proxy = Proxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()
