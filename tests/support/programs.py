"""Programs in processes of their own: what a user would write, the CLI, and `modelcp up`."""

import contextlib
import json
import os
import re
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support import tables
from tests.support.postgres import free_port

STARTS_WITHIN = 60.0  # seconds


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """This process's environment without its settings of modelcp and Django, with `home` as its home."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MODELCP_", "DJANGO_"))}
    return kept | {"MODELCP_HOME": str(home), "NO_COLOR": "1", **more}


class Place:
    """Where programs run: a home, embedded or (with `MODELCP_URL`, `MODELCP_TOKEN`) with a server.

    Its database has its tables already, unless `used` is false: then the first program makes them.
    """

    def __init__(self, home: Path, *, used: bool = True, **environment: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        if used and not environment.keys() & {"MODELCP_URL", "MODELCP_DATABASE_URL"}:
            tables.put_into(home)
        self.home, self.environment = home, clean_environment(home, **environment)

    def run(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run this Python with `arguments`; `timeout` in seconds."""
        return subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=self.home,
            timeout=timeout,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def python(self, source: str) -> str:
        """What a program prints; it must end with exit code 0."""
        done = self.run("-c", textwrap.dedent(source))
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def cli(self, *arguments: str) -> str:
        """What a command of the CLI prints; it must end with exit code 0."""
        done = self.run("-m", "modelcp", *arguments)
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """The value that a command prints with `--output json`."""
        return json.loads(self.cli(*arguments, "--output", "json"))


class Server:
    """`modelcp up` on a free port; its output in `log`."""

    def __init__(self, place: Place) -> None:
        self.place, self.port = place, free_port()
        self.url, self.log = f"http://127.0.0.1:{self.port}", place.home / "up.log"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "modelcp", "up", "--port", str(self.port), "--no-browser"],
                env=place.environment,
                cwd=place.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _is_live(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(self.url + "/healthz", timeout=1) as answer:
            return bool(answer.status == 200)
        return False

    def wait(self) -> None:
        """Return once it answers and has printed its link; fails with its log after `STARTS_WITHIN`."""
        give_up = time.monotonic() + STARTS_WITHIN
        while not (self._is_live() and self._links()):
            assert self.process.poll() is None, "the server stopped: " + self.log.read_text()[-2000:]
            assert time.monotonic() < give_up, "the server did not start: " + self.log.read_text()[-2000:]
            time.sleep(0.1)

    def _links(self) -> list[str]:
        return re.findall(rf"{re.escape(self.url)}/\S+", self.log.read_text())

    def sign_in_link(self) -> str:
        """The one-time link that it printed: good for one session."""
        return self._links()[0]

    def token(self, name: str = "tests") -> str:
        """A new administrator's token."""
        return str(self.place.json("token", "create", name)["token"])

    def stop(self) -> None:
        """End it as Ctrl-C's relative would; kill it if it hangs."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@contextlib.contextmanager
def served(home: Path, *, used: bool = True, **environment: str) -> Iterator[Server]:
    """A running `modelcp up` on the data in `home`."""
    server = Server(Place(home, used=used, **environment))
    try:
        server.wait()
        yield server
    finally:
        server.stop()
