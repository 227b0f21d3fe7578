"""Places: a home and its database, made, copied, served."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 180.0  # seconds


class Place:
    """A home with a database of its own.

    Args:
        home: the folder.
        url: the PostgreSQL database; None for SQLite in the home.
    """

    def __init__(self, home: Path, url: str | None = None) -> None:
        self.home, self.url = home, url
        home.mkdir(parents=True, exist_ok=True)

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.url or f"sqlite:///{self.home / 'modelcp.sqlite3'}"

    def environment(self, **more: str) -> dict[str, str]:
        """This process's environment with this place instead of its own settings of modelcp and Django."""
        dropped = ("MODELCP_", "DJANGO_", "PYTHONDONTWRITEBYTECODE")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
        own = {"MODELCP_HOME": str(self.home), "MODELCP_DATABASE_URL": self.database, "NO_COLOR": "1"}
        return {**kept, **own, "PYTHONPATH": str(ROOT), **more}

    def run(self, *arguments: str, **more: str) -> str:
        """What `python *arguments` prints in this place; RuntimeError with its errors if it fails."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment(**more),
            cwd=self.home,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments[:3])} failed:\n{done.stderr[-3000:]}")
        return done.stdout

    def token(self) -> str:
        """A new administrator's token."""
        made = self.run("-m", "modelcp", "token", "create", "bench", "--output", "json")
        return str(json.loads(made)["token"])

    def copy(self, name: str) -> Place:
        """A copy of the home and the database; nobody may be using them."""
        home = self.home.with_name(name)
        shutil.copytree(self.home, home)
        return Place(home, _copy_postgres(self.url, name) if self.url else None)

    def drop(self) -> None:
        """Removes both."""
        shutil.rmtree(self.home, ignore_errors=True)
        if self.url:
            _on_server(self.url, f'DROP DATABASE IF EXISTS "{_name(self.url)}" WITH (FORCE)')


def new_place(folder: Path, name: str, server: str | None) -> Place:
    """An empty place; `server` is the URL of a PostgreSQL database beside which its own is made."""
    if not server:
        return Place(folder / name)
    own = f"modelcp_bench_{os.getpid()}_{name}"
    _on_server(server, f'CREATE DATABASE "{own}"')
    return Place(folder / name, _with_name(server, own))


def _name(url: str) -> str:
    return urlsplit(url).path[1:]


def _with_name(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _copy_postgres(url: str, name: str) -> str:
    own = f"modelcp_bench_{os.getpid()}_{name}"
    _on_server(url, f'CREATE DATABASE "{own}" TEMPLATE "{_name(url)}"')
    return _with_name(url, own)


def _on_server(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(_with_name(url, "postgres"), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def free_port() -> int:
    """A TCP port on loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A running program that answers on `port`; `started` is how long its first 200 took, in seconds."""

    def __init__(
        self,
        command: list[str],
        port: int,
        path: str,
        place: Place,
        *,
        python: Path | str = sys.executable,
        **more: str,
    ) -> None:
        self.port, self._place = port, place
        self._log = place.home / f"server-{port}.log"
        began = time.perf_counter()
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [str(python), *command],
                env=place.environment(**more),
                cwd=place.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait(f"http://127.0.0.1:{port}{path}")
        self.started = time.perf_counter() - began

    def _wait(self, url: str) -> None:
        give_up = time.monotonic() + STARTS_WITHIN
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise RuntimeError(f"The server did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.005)

    def memory(self) -> float:
        """The proportional set size of its process and their children, in MB; Linux only."""
        return sum(_pss(pid) for pid in _family(self.process.pid))

    def cpu(self) -> float:
        """The time that its processes have spent computing, in ms; Linux only."""
        ticks = sum(_ticks(pid) for pid in _family(self.process.pid))
        return ticks * 1000 / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _pss(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


@contextlib.contextmanager
def served(place: Place) -> Iterator[Server]:
    """`modelcp up` in a place."""
    port = free_port()
    server = Server(["-m", "modelcp", "up", "--no-browser", "--port", str(port)], port, "/healthz", place)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def bare(place: Place, scripts: Mapping[str, Any]) -> Iterator[Server]:
    """The bare application on the same server: it answers `/NAME` by the scripts of that name."""
    import pickle

    path = place.home / "scripts.pickle"
    path.write_bytes(pickle.dumps(dict(scripts)))
    port = free_port()
    server = Server(["-m", "bench.bare", str(port)], port, "/", place, BENCH_SCRIPTS=str(path))
    try:
        yield server
    finally:
        server.stop()
