"""Sending a body to a webhook's URL: only to addresses that may be, on a leash, with no trust in the answer.

A name is resolved once, each address judged, and the connection made to that very address: what the name
says a moment later doesn't matter. Each redirect goes the same way again.
"""

from __future__ import annotations

import http
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from registry.rules.addresses import Address, Allowed, as_ip, parse_url, why_not
from registry.rules.errors import InvalidInput

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection
    from urllib3.response import BaseHTTPResponse

REDIRECTS = (301, 302, 307, 308)  # all by POST again: a GET would tell nothing
TRIED = 3  # addresses of a name


@dataclass(frozen=True)
class Limits:
    """How long an attempt may take, in seconds, and how much of an answer is read."""

    connect: float = 5.0
    read: float = 10.0  # between two signs of life
    total: float = 15.0  # for all of it, redirects too; but for resolving a name, which the system limits
    answer: int = 2000  # bytes
    redirects: int = 3


@dataclass(frozen=True)
class Outcome:
    """How an attempt went: `error` is empty if it was delivered."""

    status: int | None = None
    error: str = ""
    answer: str = ""
    milliseconds: int = 0
    retry_after: str | None = None


class Unsent(Exception):
    """Why nothing was sent, or no answer came, in words."""


def send(
    url: str, body: str, headers: Mapping[str, str], *, allowed: Allowed, limits: Limits | None = None
) -> Outcome:
    """Posts a body; never raises: what goes wrong is the outcome."""
    began, limits = time.monotonic(), limits or Limits()
    leash = Leash(began + limits.total, limits)
    try:
        with leash:
            found = _follow(parse_url(url), body.encode(), headers, allowed, leash)
    except Unsent as why:
        found = Outcome(error=str(why))
    except InvalidInput as refusal:
        found = Outcome(error=refusal.message)
    except Exception as error:
        found = Outcome(error=leash.words(error))
    spent = int((time.monotonic() - began) * 1000)
    return Outcome(found.status, found.error, found.answer, spent, found.retry_after)


class Leash:
    """Ends the connection in use when an attempt's time is over, however slowly it is answered."""

    def __init__(self, until: float, limits: Limits) -> None:
        self.limits, self.over = limits, False
        self._until = until
        self._timer = threading.Timer(limits.total, self._cut)
        self._timer.daemon = True
        self._connection: HTTPConnection | None = None

    def __enter__(self) -> Leash:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def left(self, most: float) -> float:
        """So many seconds, or what is left."""
        seconds = min(most, self._until - time.monotonic())
        if seconds <= 0:
            self.over = True
            raise TimeoutError
        return seconds

    @contextmanager
    def hold(self, connection: HTTPConnection) -> Iterator[HTTPConnection]:
        """Within it, this connection is the one in use; closed at its end."""
        self._connection = connection
        try:
            yield connection
        finally:
            self._connection = None
            connection.close()

    def _cut(self) -> None:
        self.over = True
        line = getattr(self._connection, "sock", None)
        if line is not None:
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # not TLS's own goodbye, which waits

    def words(self, error: Exception) -> str:
        """What went wrong, for people."""
        from urllib3 import exceptions
        from urllib3.util.ssl_match_hostname import CertificateError

        limits = self.limits
        if self.over:
            return f"It didn't answer within {limits.total:g} s."
        if isinstance(error, exceptions.NewConnectionError):  # a kind of the next one
            return "The connection was refused." if "refused" in str(error) else "It can't be reached."
        if isinstance(error, exceptions.ConnectTimeoutError):
            return f"No connection within {limits.connect:g} s."
        if isinstance(error, exceptions.ReadTimeoutError | TimeoutError):
            return f"It said nothing for {limits.read:g} s."
        if isinstance(error, CertificateError):
            return "TLS failed: the certificate is for another name."
        if isinstance(error, exceptions.SSLError | ssl.SSLError):
            return f"TLS failed: {_reason(error)}."
        if isinstance(error, ConnectionError | exceptions.ProtocolError):
            return "It closed the connection before it had answered."
        if isinstance(error, HTTPException | exceptions.HTTPError):
            return "What it answered isn't HTTP."
        return f"Sending failed: {type(error).__name__}."


def _reason(error: BaseException) -> str:
    inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    said = getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or type(inner).__name__
    return str(said).rstrip(".")


def _follow(
    address: Address, body: bytes, headers: Mapping[str, str], allowed: Allowed, leash: Leash
) -> Outcome:
    for _ in range(leash.limits.redirects + 1):
        with _posted(address, body, headers, allowed, leash) as response:
            status, where = response.status, response.headers.get("Location")
            if status not in REDIRECTS or not where:
                return _outcome(response, leash.limits.answer)
        address = _redirected(address, where)
    return Outcome(status, f"It redirects more than {leash.limits.redirects} times.")


def _redirected(address: Address, where: str) -> Address:
    try:
        there = parse_url(urljoin(address.url, where))
    except (InvalidInput, ValueError) as refusal:
        raise Unsent(f"It redirects to what isn't a URL to send to: {refusal}") from None
    if address.scheme == "https" != there.scheme:
        raise Unsent("It redirects from https to http.")
    return there


def _outcome(response: BaseHTTPResponse, most: int) -> Outcome:
    status, said = response.status, b""
    with suppress(Exception):  # the status is the answer; of the rest, what came
        while len(said) < most and (more := response.read1(most - len(said), decode_content=False)):
            said += more
    text = said.decode(errors="replace").replace("\0", "�")
    if 200 <= status < 300:
        return Outcome(status, "", text)
    return Outcome(
        status, f"It answered {status}{_phrase(status)}.", text, 0, response.headers.get("Retry-After")
    )


def _phrase(status: int) -> str:
    try:
        return f" {http.HTTPStatus(status).phrase}"
    except ValueError:
        return ""


@contextmanager
def _posted(
    address: Address, body: bytes, headers: Mapping[str, str], allowed: Allowed, leash: Leash
) -> Iterator[BaseHTTPResponse]:
    """The answer to one POST, sent to the first of the host's addresses that connects."""
    found = resolved(address, allowed)
    for ip in found:
        with leash.hold(_connection(address, ip, leash.left(leash.limits.connect))) as connection:
            try:
                connection.connect()
            except Exception:
                if ip == found[-1] or leash.over:
                    raise
                continue
            connection.timeout = leash.left(leash.limits.read)
            connection.request(
                "POST",
                address.target,
                body=body,
                headers={**headers, "Host": address.authority},
                preload_content=False,
            )
            yield connection.getresponse()
            return


def resolved(address: Address, allowed: Allowed) -> list[str]:
    """The IP addresses of a host that may be connected to, at most TRIED.

    Raises:
        Unsent: it has none, or none that may be.
    """
    host = address.host
    try:
        found = (
            [host]
            if as_ip(host)
            else [str(row[4][0]) for row in socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)]
        )
    except (OSError, UnicodeError):
        raise Unsent(f"The name {host} can't be resolved.") from None
    refused = {ip: why_not(ip, allowed, host) for ip in dict.fromkeys(found)}
    may = [ip for ip, why in refused.items() if not why]
    if not may:
        ip, why = next(iter(refused.items()))
        said = f"{host} is {why}" if ip == host else f"{host} is {ip}, {why}"
        raise Unsent(f"Nothing was sent: {said}, and MODELCP_WEBHOOK_ALLOW doesn't allow it.")
    return may[:TRIED]


def _connection(address: Address, ip: str, seconds: float) -> HTTPConnection:
    from urllib3.connection import HTTPConnection, HTTPSConnection

    if address.scheme == "http":
        return HTTPConnection(ip, address.port, timeout=seconds)
    return HTTPSConnection(
        ip, address.port, timeout=seconds, server_hostname=address.host, assert_hostname=address.host
    )
