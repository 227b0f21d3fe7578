"""A lean HTTP client, so that what is measured is the server: kept-alive connections with TCP_NODELAY."""

from __future__ import annotations

import json
import pickle
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """An answer: its status, headers (names in lower case), body, and how long it took, in ms."""

    status: int
    headers: dict[str, str]
    body: bytes
    took: float

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


def request(
    method: str, path: str, *, token: str = "", body: Any = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """A request's bytes."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"] if content else []
    return "\r\n".join([*lines, "", ""]).encode() + content


class Wire:
    """One kept-alive connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.connect()

    def connect(self) -> None:
        """Connects, also anew."""
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""

    def ask(self, message: bytes) -> Answer:
        """Sends a request and waits for its answer."""
        began = time.perf_counter()
        self.socket.sendall(message)
        while (answer := self.take()) is None:
            pass
        return answer._replace(took=(time.perf_counter() - began) * 1000)

    def take(self) -> Answer | None:
        """Reads once; an answer if one is complete now."""
        got = self.socket.recv(1 << 20)
        if not got:
            raise ConnectionError("The server closed the connection.")
        self._read += got
        head, found, rest = self._read.partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ", 2)[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = 0 if status in (204, 304) else int(headers["content-length"])
        if len(rest) < length:
            return None
        self._read = rest[length:]
        return Answer(status, headers, rest[:length], 0.0)

    def close(self) -> None:
        """Closes it."""
        self.socket.close()


@dataclass(frozen=True)
class Load:
    """What many clients at once saw: the answers, and the seconds that all took."""

    answers: list[Answer]
    seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.answers) / self.seconds


def load(port: int, messages: Sequence[bytes], clients: int) -> Load:
    """Sends the messages over `clients` connections at once, from a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        job, out = Path(folder) / "job", Path(folder) / "out"
        job.write_bytes(pickle.dumps((port, list(messages), clients)))
        root = Path(__file__).resolve().parents[1]
        subprocess.run([sys.executable, "-m", "bench.wire", str(job), str(out)], check=True, cwd=root)
        answers, seconds = pickle.loads(out.read_bytes())  # noqa: S301 - written by our own process
    return Load([Answer(*each) for each in answers], seconds)


def _load(port: int, messages: list[bytes], clients: int) -> tuple[list[tuple[Any, ...]], float]:
    waiting, answers = iter(messages), []
    selector, sent = selectors.DefaultSelector(), {}
    began = time.perf_counter()
    for wire, message in zip([Wire(port) for _ in range(clients)], waiting, strict=False):
        selector.register(wire.socket, selectors.EVENT_READ, wire)
        sent[wire] = time.perf_counter()
        wire.socket.sendall(message)
    while sent:
        for key, _ in selector.select():
            answer = key.data.take()
            if answer is None:
                continue
            now = time.perf_counter()
            answers.append(tuple(answer._replace(took=(now - sent.pop(key.data)) * 1000)))
            message = next(waiting, None)
            if message is not None:
                sent[key.data] = now
                key.data.socket.sendall(message)
    return answers, time.perf_counter() - began


def main(job: str, out: str) -> None:
    """What `load` runs."""
    result = _load(*pickle.loads(Path(job).read_bytes()))  # noqa: S301 - written by `load`
    Path(out).write_bytes(pickle.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
