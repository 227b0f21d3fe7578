"""Pipelines of trivial steps: `python -m bench.training ROUNDS STEPS…` prints their times as JSON."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelcp import ModelVersion, pipeline, step
from modelcp.transports import HttpTransport


def add(value: int) -> int:
    """One more."""
    return value + 1


tracked = step(add)


def composed(count: int) -> Callable[[], Any]:
    """A pipeline of `count` steps in a row."""

    @pipeline(name=f"trivial {count}", enable_cache=False, model_version=ModelVersion(name="demo"))
    def run() -> None:
        value: Any = 0
        for _ in range(count):
            value = tracked(value)

    return run


def plainly(count: int, folder: Path) -> None:
    """The same without modelcp: the functions, and their results' bytes kept by digest."""
    value = 0
    for _ in range(count):
        value = add(value)
        data = json.dumps(value).encode()
        target = folder / hashlib.sha256(data).hexdigest()
        with (draft := target.with_suffix(".part")).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)


class Trips:
    """Counts the requests that go over HTTP: those that carry contents, and the others."""

    def __init__(self) -> None:
        self.trips = self.uploads = 0
        send = HttpTransport.send

        def counted(transport: HttpTransport, method: str, path: str, **rest: Any) -> Any:
            if "/contents/" in path:
                self.uploads += 1
            else:
                self.trips += 1
            return send(transport, method, path, **rest)

        HttpTransport.send = counted  # type: ignore[method-assign]

    def take(self) -> tuple[int, int]:
        """Both since the last time."""
        told = self.trips, self.uploads
        self.trips = self.uploads = 0
        return told


def main(rounds: int, sizes: list[int]) -> None:
    """Runs each size `rounds` times, ours and plain in turn."""
    counter, told = Trips(), {}
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        composed(1)()
        for size in sizes:
            run, times = composed(size), {"ours": [], "plain": [], "trips": []}  # type: ignore[var-annotated]
            run()
            for _ in range(rounds):
                counter.take()
                began = time.perf_counter()
                with contextlib.redirect_stdout(io.StringIO()):
                    run()
                between = time.perf_counter()
                plainly(size, Path(folder))
                times["plain"].append((time.perf_counter() - between) * 1000)
                times["ours"].append((between - began) * 1000)
                trips, uploads = counter.take()
                times["trips"].append(trips)
            told[str(size)] = times | {"uploads": uploads}
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), [int(each) for each in sys.argv[2:]])
