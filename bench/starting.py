"""Rows of starting: importing the SDK, a command, the server's start and memory."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from bench.figures import Figure, median
from bench.places import Place, bare, served
from bench.settings import Settings

IMPORT = "import modelcp"


def imports(settings: Settings, place: Place, _token: str) -> Iterator[Figure]:
    """`import modelcp` over a bare interpreter, and `modelcp model list`."""
    rounds = settings.times(15)
    nothing, ours, listed = [], [], []
    for _ in range(rounds):
        nothing.append(_took(place, "-c", "pass"))
        ours.append(_took(place, "-c", IMPORT))
    over = max(0.0, median(ours) - median(nothing))
    note = f"interpreter alone {median(nothing):.0f} ms"
    yield Figure("import", "import modelcp, over a bare interpreter", over, target=60, note=note)
    both = [
        (_took(place, "-m", "modelcp", "model", "list"), _took(place, "-c", "import django"))
        for _ in range(5)
    ]
    listed = [each for each, _ in both]
    limit = median(each for _, each in both)
    yield Figure(
        "import",
        "modelcp model list, embedded",
        median(listed),
        "ms",
        limit,
        600,
        note="limit: import django",
    )


def _took(place: Place, *arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], env=place.environment(), cwd=place.home, check=True, capture_output=True
    )
    return (time.perf_counter() - began) * 1000


def server(settings: Settings, place: Place, token: str) -> Iterator[Figure]:
    """Start to the first 200, and memory after some requests."""
    from bench.seed import API, MODEL
    from bench.wire import load, request

    own, limits = [], []
    for _ in range(settings.times(3)):
        with served(place) as running:
            own.append((running.started, running.memory()))
            message = request("GET", f"{API}models/{MODEL}/versions/production/", token=token)
            load(running.port, [message] * settings.times(500), 8)
            loaded = running.memory()
        with bare(place, {}) as running:
            limits.append((running.started, running.memory()))
    started, limit = median(s for s, _ in own) * 1000, median(s for s, _ in limits) * 1000
    yield Figure(
        "server", "start to the first 200, migrated", started, "ms", limit, 2500, note="limit: bare WSGI"
    )
    memory, limit = median(m for _, m in own), median(m for _, m in limits)
    note = f"{loaded:.0f} MB after requests by 8 clients"
    yield Figure("server", "memory (PSS)", max(memory, loaded), "MB", limit, 90, note=note)
