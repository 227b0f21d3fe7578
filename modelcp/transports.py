"""How a request travels: over HTTP, or in process to a WSGI application. Both give the same answers."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol
from urllib.parse import quote, unquote, urlencode

from modelcp.config import proxy_for
from modelcp.errors import ConfigurationError, ServerUnavailable, Unauthorized

if TYPE_CHECKING:
    import urllib3

    from modelcp.config import Config

Body = bytes | Iterable[bytes] | BinaryIO | None
Query = Mapping[str, Any] | Iterable[tuple[str, Any]] | None

CHUNK = 1 << 20  # bytes of a streamed body read at a time
CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 60.0  # seconds between two packets
_WHERE = re.compile(r"^.*\bhost=[^)]*\):? (Failed to establish a new connection: )?")  # in urllib3's messages


class Response:
    """An answer: `status`, `headers` (names in lower case), the body as `body` or, once, as `stream()`."""

    def __init__(self, status: int, headers: Mapping[str, str], chunks: Iterator[bytes]) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self._chunks = chunks
        self._body: bytes | None = None

    @property
    def body(self) -> bytes:
        """The whole body."""
        if self._body is None:
            self._body = b"".join(self._chunks)
        return self._body

    def stream(self) -> Iterator[bytes]:
        """The body in chunks, read once."""
        return iter([self._body]) if self._body is not None else self._chunks


class Transport(Protocol):
    """What carries requests."""

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
        """The answer to one request.

        Args:
            path: from the server's root, quoted already.
            body: bytes, or a file or an iterable of chunks that is streamed.
            stream: leave the answer's body to be streamed.

        Raises:
            ServerUnavailable: what came isn't the server's answer: refused, reset, timed out, 502, 503, 504.
        """

    def reset(self) -> None:
        """Forgets connections; called in a child after a fork."""


def quoted(*parts: object) -> str:
    """Path segments, quoted and joined."""
    return "/".join(quote(str(part), safe="@") for part in parts)


def with_query(path: str, query: Query) -> str:
    """`path` with the query; values that are None are left out."""
    pairs = [
        (key, value)
        for key, value in (query.items() if isinstance(query, Mapping) else query or ())
        if value is not None
    ]
    return f"{path}?{urlencode(pairs, doseq=True)}" if pairs else path


def check_answer(response: Response) -> Response:
    """The response, unless its status says that it isn't the server's own answer."""
    if response.status in (502, 503, 504):
        from modelcp.errors import from_answer

        raise from_answer(response.status, response.body)
    return response


class HttpTransport:
    """Requests to a server over kept-alive connections.

    Args:
        url: the server's address.
        token: sent as a bearer token.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        self._token = token
        self._pool: urllib3.PoolManager | None = None

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
        import urllib3

        target, headers = self.url + with_query(path, query), self._headers(headers)
        try:
            try:
                answer = self._request(method, target, headers, body)
            except urllib3.exceptions.ProtocolError:
                if not (_repeatable(method, path) and isinstance(body, bytes | None)):
                    raise
                answer = self._request(method, target, headers, body)  # it had closed a kept connection
            response = Response(answer.status, answer.headers, self._chunks(answer))
            if not stream:
                _ = response.body
        except urllib3.exceptions.LocationParseError as error:
            raise ConfigurationError(f"{self.url!r} is no server's address: {error}.") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unavailable(error) from error
        return check_answer(response)

    def _request(self, method: str, target: str, headers: dict[str, str], body: Body) -> Any:
        pool = self._pool = self._pool or self._new_pool()
        return pool.request(method, target, headers=headers, body=body, preload_content=False, redirect=False)

    def reset(self) -> None:
        """The parent's connections stay the parent's."""
        self._pool = None

    def _headers(self, more: Mapping[str, str] | None) -> dict[str, str]:
        from modelcp import __version__

        headers = {"Accept": "application/json", "User-Agent": f"modelcp/{__version__}"}
        if self._token and not self._token.isascii():
            raise Unauthorized("This token is none: it has characters that no token has.")
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return {**headers, **(more or {})}

    def _new_pool(self) -> urllib3.PoolManager:
        import socket

        import urllib3

        options = [
            *urllib3.connection.HTTPConnection.default_socket_options,
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        ]  # the default holds TCP_NODELAY already
        told: dict[str, Any] = {
            "num_pools": 2,
            "maxsize": 4,
            "socket_options": options,
            "retries": False,
            "timeout": urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
        }
        proxy = proxy_for(self.url)
        return urllib3.ProxyManager(proxy, **told) if proxy else urllib3.PoolManager(**told)

    def _chunks(self, answer: Any) -> Iterator[bytes]:
        import urllib3

        try:
            yield from answer.stream(CHUNK)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unavailable(error) from error
        finally:
            answer.release_conn()

    def _unavailable(self, error: Exception) -> ServerUnavailable:
        why = _WHERE.sub("", str(error)).rstrip(".") or type(error).__name__
        return ServerUnavailable(
            f"The server {self.url} can't be reached: {why}.", hint="Is it running, and is MODELCP_URL right?"
        )


def _repeatable(method: str, path: str) -> bool:
    """Whether sending it twice does no more than once; a batch is recognised by its operations' ids."""
    return method in ("GET", "HEAD") or path.endswith("/batch/")


def transport_for(config: Config) -> Transport:
    """HTTP to the server that is named; else this process's own."""
    if config.url is None:
        from modelcp.embedded import EmbeddedTransport

        return EmbeddedTransport()
    return HttpTransport(config.url, config.token)


def server_is_installed() -> bool:
    """Whether modelcp[server] is installed here."""
    from importlib.util import find_spec

    return find_spec("django") is not None and find_spec("rest_framework") is not None


class WsgiTransport:
    """Requests to a WSGI application in this process.

    Args:
        app: the application.
        environ: keys added to each request's environ; no network request can set them.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], environ: Mapping[str, Any] | None = None) -> None:
        self.app = app
        self.environ = dict(environ or {})

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
        started: dict[str, Any] = {}

        def start_response(
            status: str, headers: list[tuple[str, str]], _exc_info: Any = None
        ) -> Callable[[bytes], None]:
            started.update(status=int(status.split(" ", 1)[0]), headers=dict(headers))
            return lambda _: None

        chunks = self.app(self._environ(method, with_query(path, query), headers or {}, body), start_response)
        response = Response(started["status"], started["headers"], _closing(chunks))
        if not stream:
            _ = response.body
        return check_answer(response)

    def reset(self) -> None:
        """Nothing is kept."""

    def _environ(self, method: str, target: str, headers: Mapping[str, str], body: Body) -> dict[str, Any]:
        path, _, query = target.partition("?")
        content = io.BytesIO(body) if isinstance(body, bytes) else _as_file(body)
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "utf-8").encode().decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": content,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "HTTP_HOST": "localhost",
        }
        if isinstance(body, bytes):
            environ["CONTENT_LENGTH"] = str(len(body))
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        return {**environ, **self.environ}


def _as_file(body: Any) -> BinaryIO:
    if body is None:
        return io.BytesIO()
    return body if hasattr(body, "read") else io.BytesIO(b"".join(body))


def _closing(chunks: Any) -> Iterator[bytes]:
    """The chunks; closed at their end, which is when Django ends the request."""
    try:
        yield from chunks
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
