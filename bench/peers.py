"""MLflow and ZenML, asked the same over HTTP: each in an environment of its own, made by pip at first use."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.figures import Figure, median
from bench.places import Place, Server, free_port
from bench.settings import Settings
from bench.wire import Answer, Wire, load, request

VERSIONS = 16  # as many as promote at once
LISTED = 1000  # versions of the model that is listed
INSTALLS_WITHIN = 1800  # seconds


class Peer(ABC):
    """A registry that is measured beside ours.

    Args:
        python: of its environment.
        place: where it keeps its data.
    """

    name: str
    package: str

    def __init__(self, python: Path, place: Place) -> None:
        self.python, self.place, self.port = python, place, free_port()

    @abstractmethod
    def start(self) -> Server:
        """Its server, which answers."""

    @abstractmethod
    def prepare(self, wire: Wire) -> None:
        """Makes a model and VERSIONS versions of it."""

    @abstractmethod
    def create(self) -> bytes:
        """Creates a version."""

    @abstractmethod
    def promote(self, number: int) -> bytes:
        """Puts a version (from 1) into production and archives the one that is there."""

    @abstractmethod
    def holder(self) -> bytes:
        """Asks for the version in production."""

    @abstractmethod
    def listed(self) -> bytes:
        """Asks for 50 versions of the model."""

    @abstractmethod
    def in_production(self, wire: Wire) -> int:
        """How many versions say that they are in production."""


class MLflow(Peer):
    """MLflow's tracking server on SQLite."""

    name, package = "MLflow", "mlflow==3.17.2"
    api = "/api/2.0/mlflow/"

    def start(self) -> Server:
        store = f"sqlite:///{self.place.home / 'mlflow.db'}"
        command = ["-m", "mlflow", "server", "--backend-store-uri", store, "--port", str(self.port)]
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "PYTHONPATH": ""}
        return Server(command, self.port, "/health", self.place, python=self.python, **quiet)

    def prepare(self, wire: Wire) -> None:
        asked(wire, request("POST", f"{self.api}registered-models/create", body={"name": "demo"}))
        for _ in range(VERSIONS):
            asked(wire, self.create())

    def create(self) -> bytes:
        body = {"name": "demo", "source": "s3://bench/model"}
        return request("POST", f"{self.api}model-versions/create", body=body)

    def promote(self, number: int) -> bytes:
        body = {
            "name": "demo",
            "version": str(number),
            "stage": "Production",
            "archive_existing_versions": True,
        }
        return request("POST", f"{self.api}model-versions/transition-stage", body=body)

    def holder(self) -> bytes:
        body = {"name": "demo", "stages": ["Production"]}
        return request("POST", f"{self.api}registered-models/get-latest-versions", body=body)

    def listed(self) -> bytes:
        return request("GET", f"{self.api}model-versions/search?max_results=50&filter=name%3D%27demo%27")

    def in_production(self, wire: Wire) -> int:
        path = f"{self.api}model-versions/search?max_results=10000&filter=name%3D%27demo%27"
        found = asked(wire, request("GET", path)).json["model_versions"]
        return sum(each["current_stage"] == "Production" for each in found)


class ZenML(Peer):
    """ZenML's server on SQLite, without authentication."""

    name, package = "ZenML", "zenml[server]==0.98.0"
    api = "/api/v1/"

    def start(self) -> Server:
        command = ["-m", "uvicorn", "zenml.zen_server.zen_server_api:app", "--port", str(self.port)]
        own = {
            "ZENML_CONFIG_PATH": str(self.place.home / "config"),
            "ZENML_SERVER_AUTH_SCHEME": "NO_AUTH",
            "ZENML_SERVER_AUTO_ACTIVATE": "true",
            "ZENML_ANALYTICS_OPT_IN": "false",
            "PYTHONPATH": "",
        }
        return Server(
            [*command, "--log-level", "warning"], self.port, "/health", self.place, python=self.python, **own
        )

    def prepare(self, wire: Wire) -> None:
        project = asked(wire, request("GET", f"{self.api}projects")).json["items"][0]["id"]
        body = {"name": "demo", "project": project}
        model = asked(wire, request("POST", f"{self.api}models", body=body)).json["id"]
        self._body = {"model": model, "project": project}
        self._ids = [asked(wire, self.create()).json["id"] for _ in range(VERSIONS)]

    def create(self) -> bytes:
        return request("POST", f"{self.api}model_versions", body=self._body)

    def promote(self, number: int) -> bytes:
        body = {"stage": "production", "force": True}
        return request("PUT", f"{self.api}model_versions/{self._ids[number - 1]}", body=body)

    def holder(self) -> bytes:
        return self._search("stage=production&hydrate=true&size=1")

    def listed(self) -> bytes:
        return self._search("size=50")

    def _search(self, query: str) -> bytes:
        return request("GET", f"{self.api}model_versions?model={self._body['model']}&{query}")

    def in_production(self, wire: Wire) -> int:
        return int(asked(wire, self._search("stage=production&size=1")).json["total"])


def asked(wire: Wire, message: bytes) -> Answer:
    """The answer, from a new connection if the server closed this one; RuntimeError if it is a refusal."""
    try:
        answer = wire.ask(message)
    except ConnectionError:
        wire.close()
        wire.connect()
        answer = wire.ask(message)
    if answer.status >= 300:
        raise RuntimeError(f"answered {answer.status}: {answer.body[:500]!r}")
    return answer


def compare(settings: Settings, _place: Place, _token: str) -> Iterator[Figure]:
    """Each peer: the holder, creating, promoting, listing, and promotions by 16 clients at once."""
    for kind in (MLflow, ZenML):
        try:
            python = _installed(kind)
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            why = said[-1] if said else type(error).__name__
            print(f"{kind.name} can't be installed here, so it isn't measured: {why}", file=sys.stderr)
            continue
        try:
            yield from _measured(settings, kind(python, Place(settings.folder / kind.name)))
        except (OSError, RuntimeError) as error:
            print(f"{kind.name} couldn't be measured to the end: {error}", file=sys.stderr)


def _installed(kind: type[Peer]) -> Path:
    """The Python of the peer's environment, kept in the user's cache from run to run."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "modelcp-bench" / kind.package.replace("==", "-").replace("[server]", "")
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        print(f"{kind.name}: installing {kind.package} into {folder} …", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True, clear=True)
        command = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            kind.package,
        ]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALLS_WITHIN)
        done.touch()
    return python


def _measured(settings: Settings, peer: Peer) -> Iterator[Figure]:
    server = peer.start()
    try:
        wire, count = Wire(peer.port), settings.times(100)
        peer.prepare(wire)

        def took(message: Callable[[int], bytes]) -> float:
            asked(wire, message(0))
            return median(asked(wire, message(n)).took for n in range(count))

        yield Figure(peer.name, "promote", took(lambda n: peer.promote(n % VERSIONS + 1)))
        yield Figure(peer.name, "GET a stage's holder", took(lambda _: peer.holder()))
        rate = load(peer.port, [peer.holder()] * settings.times(400), 8).rate
        yield Figure(peer.name, "the same, 8 clients", rate, "/s", rate=True)
        yield _race(peer, wire)
        yield Figure(peer.name, "create a version", took(lambda _: peer.create()))
        for _ in range(settings.times(LISTED) - count):
            asked(wire, peer.create())
        yield Figure(
            peer.name, f"list 50 of {settings.times(LISTED):,} versions", took(lambda _: peer.listed())
        )
        yield Figure(peer.name, "start to the first 200", server.started * 1000)
        yield Figure(peer.name, "memory (PSS)", server.memory(), "MB")
    finally:
        server.stop()


def _race(peer: Peer, wire: Wire) -> Figure:
    """How many versions hold production after 16 clients promoted 16 of them at once."""
    answers: list[Any] = load(peer.port, [peer.promote(n + 1) for n in range(VERSIONS)], VERSIONS).answers
    good = sum(answer.status < 300 for answer in answers)
    what = "16 clients promote 16 versions at once: in production then"
    held = peer.in_production(wire)
    return Figure(peer.name, what, held, "versions", target=1, note=f"{good} of {VERSIONS} answered as done")
