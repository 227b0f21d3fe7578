"""Answers that programs ask for again and again, given again while the database is as it was.

What serves a model asks every few seconds, from every instance, which version is in production. On SQLite,
where one process serves with many threads, to answer it anew holds Python's lock against all the others.
The same request on the same data has the same answer, and SQLite tells whether the data are the same:
`PRAGMA data_version` changes with what other connections commit
(https://www.sqlite.org/pragma.html#pragma_data_version), `total_changes` with what this one writes. Both
are a connection's own, so each thread, which has one, remembers for itself.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import local
from typing import Any

from django.db import connection

Environ = dict[str, Any]
Start = Callable[..., Any]
Handler = Callable[[Environ, Start], Iterable[bytes]]
MOST = 32  # answers that a thread remembers
LARGEST = 16_384  # bytes of one
LASTS = 1.0  # seconds: by then a token's end is heeded, and that it was used is noted
_ASKED = ("HTTP_", "wsgi.url_scheme")  # what an answer can depend on, besides the path


@dataclass
class _Memory(local):
    """A thread's answers by the requests that they answered, all of one state of one connection."""

    raw: Any = None
    state: Any = None
    answers: dict[Any, tuple[float, str, list[tuple[str, str]], bytes]] = field(default_factory=dict)


_memory = _Memory()


def is_repeated(environ: Environ) -> bool:
    """Whether a program's request is one of those that are asked for again and again: for a version now."""
    if environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING") or connection.vendor != "sqlite":
        return False
    parts = environ["PATH_INFO"].split("/")  # /api/v1/models/NAME/versions/VERSION/
    return len(parts) == 8 and parts[3] == "models" and parts[5] == "versions"


def answered(environ: Environ, start: Start, handler: Handler) -> Iterable[bytes]:
    """The answer to such a request: what is remembered, if nothing was written since; else the handler's."""
    state = _state()
    if state is None:  # the thread's first request opens its connection
        return handler(environ, start)
    if _memory.state != state or _memory.raw is not connection.connection:
        _memory.state, _memory.raw = state, connection.connection
        _memory.answers.clear()
    asked = (environ["PATH_INFO"], *(each for each in environ.items() if each[0].startswith(_ASKED)))
    found = _memory.answers.get(asked)
    if found and found[0] > time.monotonic():
        start(found[1], found[2])
        return [found[3]]
    return _remembered(environ, start, handler, asked)


def _state() -> tuple[int, int] | None:
    """What is another once anything was written; None without a connection that works."""
    raw = connection.connection
    if raw is None:
        return None
    try:
        return raw.execute("PRAGMA data_version").fetchone()[0], raw.total_changes
    except sqlite3.Error:  # the handler finds it too, and says it
        return None


def _remembered(environ: Environ, start: Start, handler: Handler, asked: Any) -> Iterable[bytes]:
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def noted(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        told.append((status, headers))
        return start(status, headers, *more)

    answer = handler(environ, noted)
    status, headers = told[-1]
    if not status.startswith(("200", "304")) or getattr(answer, "streaming", False):
        return answer
    body = b"".join(answer)
    if len(body) <= LARGEST:
        if len(_memory.answers) >= MOST:
            _memory.answers.clear()
        _memory.answers[asked] = (time.monotonic() + LASTS, status, headers, body)
    return answer
