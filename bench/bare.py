"""The limit of a request: a bare WSGI application that runs the same SQL and sends the same bytes."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bench.replay import Bare, Script

_scripts: dict[str, list[Script]] = {}
_turn = threading.RLock()
_next: dict[str, int] = {}
_own = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers `/NAME` by its next script; one that writes has its turn, as in modelcp."""
    name = environ["PATH_INFO"].strip("/")
    environ["wsgi.input"].read()
    scripts = _scripts.get(name)
    script = Script((), 200, b"") if scripts is None else _play(name, scripts)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(script.body)))]
    start_response(f"{script.status} OK", headers)
    return [script.body]


def _play(name: str, scripts: list[Script]) -> Script:
    connection = getattr(_own, "connection", None)
    if connection is None:
        connection = _own.connection = Bare(os.environ["MODELCP_DATABASE_URL"])
    if len(scripts) == 1:
        connection.play(scripts[0])
        return scripts[0]
    with _turn:  # scripts that write were recorded in this order
        at = _next.get(name, 0)
        _next[name] = at + 1
        connection.play(scripts[at])
        return scripts[at]


if os.environ.get("BENCH_SCRIPTS"):
    _scripts = pickle.loads(Path(os.environ["BENCH_SCRIPTS"]).read_bytes())  # noqa: S301 - written by this bench


def main(port: int) -> None:
    """Serves it just as modelcp is served."""
    from modelcp.server import serving

    serving.APPLICATION = "bench.bare:application"
    place = serving.Place(serving.open_listener("127.0.0.1", port), 1, 16)
    serving.serve(place, ready=lambda: None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
