"""The server is killed before and after each request of a program: the program ends well, nothing is lost."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import dumps, proxy
from tests.support.programs import Place, Server, clean_environment
from tests.support.zygote import Zygote

PROGRAM = Path(__file__).with_name("training.py")
MOST = 200  # requests: the program makes far fewer
PARTS = 5  # tests that share the kill points: a slow machine needs minutes for all


class Stage:
    """A server behind a proxy, its database, and the programs that meet it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.place = Place(folder / "server", **settings)
        self.server = Server(self.place)
        self.server.wait()
        self.database = dumps.Database(self.place.home, settings.get("MODELCP_DATABASE_URL", ""))
        self.proxy = proxy.Proxy(self.server.port)
        self.home, self.log = folder / "client", folder / "log"
        self.program = folder / "training.py"  # outside any repository: its state is part of a run
        shutil.copy(PROGRAM, self.program)
        self.environment = {"MODELCP_URL": self.proxy.url, "MODELCP_TOKEN": self.server.token()}
        self.zygote = Zygote(clean_environment(self.home))

    def start_again(self) -> None:
        """The server, after it was killed; the proxy is its address."""
        self.server.process.wait(20)
        self.server = Server(self.place)
        self.server.wait()
        self.proxy.upstream = self.server.port

    def close(self) -> None:
        self.zygote.stop()
        self.proxy.close()
        self.server.stop()

    def fresh(self) -> None:
        """Nothing is left of what was done before."""
        self.database.empty()
        for folder in (self.home, self.place.home / "artifacts"):
            shutil.rmtree(folder, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    def run(self, *arguments: str) -> str:
        """What a program prints; it must end with exit code 0."""
        code = self.zygote.run(*arguments, log=self.log, environment=self.environment)
        said = self.log.read_text() if self.log.exists() else ""
        assert code == 0, said[-4000:]
        assert "Traceback" not in said, said[-4000:]
        return said

    def train(self, *arguments: str) -> str:
        return self.run(str(self.program), *arguments)

    def sync(self) -> str:
        return self.run("-m", "modelcp", "sync")

    def told(self) -> dumps.Told:
        return dumps.Told(self.database.rows())

    def assert_whole(self, wanted: dumps.Told) -> None:
        """After a sync all is there, nothing waits, and another sync changes nothing."""
        self.sync()
        dumps.assert_same(self.told(), wanted)
        self.assert_nothing_waits()
        before = self.database.rows()
        assert "Sent 0, refused 0, still waiting 0." in self.sync()
        after = self.database.rows()
        for name in set(before) - set(dumps.NOT_DATA):
            assert after[name] == before[name]

    def assert_nothing_waits(self) -> None:
        left = [path for path in (self.home / "outbox").rglob("*") if path.is_file()]
        assert left == []
        stored = {path.name for path in (self.place.home / "artifacts").rglob("*")}
        kept = [row for row in self.database.rows()["ArtifactVersion"] if row["uri"].startswith("modelcp:")]
        assert {row["sha256"] for row in kept} <= stored


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """One for all kill points."""
    from tests.conftest import _fresh_database

    for settings in _fresh_database():
        stage = Stage(tmp_path_factory.mktemp("kills"), **settings)
        try:
            yield stage
        finally:
            stage.close()


@pytest.fixture(scope="module")
def undisturbed(stage: Stage) -> dumps.Told:
    """What the program leaves when nothing happens to it."""
    stage.fresh()
    stage.train()
    stage.assert_nothing_waits()
    return stage.told()


def test_two_undisturbed_runs_leave_the_same(stage: Stage, undisturbed: dumps.Told) -> None:
    stage.fresh()
    stage.proxy.cut(0, "")
    said = stage.train()
    assert said == ""
    assert len(stage.proxy.seen) > 40
    dumps.assert_same(stage.told(), undisturbed)


def disturbed(stage: Stage, at: int, when: str, wanted: dumps.Told, *arguments: str, **cut: Any) -> bool:
    """Whether the program made that many requests; then its `at`-th was cut, and a sync mended all."""
    stage.fresh()
    stage.proxy.cut(at, when, **cut)
    said = stage.train(*arguments)
    if not stage.proxy.fell:
        return False
    assert cut.get("stays") or str(stage.home / "outbox") in said, f"{when} request {at}: {said}"
    if "act" in cut:  # the server was truly killed
        stage.start_again()
    stage.proxy.revive()
    try:
        stage.assert_whole(wanted)
    except AssertionError as error:
        raise type(error)(f"{when} request {at}, {stage.proxy.seen[at - 1]}: {error}") from error
    return True


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, PARTS + 1))
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_request(stage: Stage, undisturbed: dumps.Told, when: str, first: int) -> None:
    points = range(first, MOST, PARTS)
    beyond = next(at for at in points if not disturbed(stage, at, when, undisturbed))
    assert beyond > 40


@pytest.mark.slow
@pytest.mark.parametrize(("first", "when"), [(2, "before"), (5, "after")])
def test_one_request_lost_and_the_server_is_back_at_once(
    stage: Stage, undisturbed: dumps.Told, first: int, when: str
) -> None:
    for at in range(first, 50, 6):
        assert disturbed(stage, at, when, undisturbed, "--tries-at-once", stays=True)


@pytest.mark.slow
@pytest.mark.parametrize(("at", "when"), [(6, "before"), (17, "after"), (38, "after"), (44, "before")])
def test_truly_killed(stage: Stage, undisturbed: dumps.Told, at: int, when: str) -> None:
    assert disturbed(stage, at, when, undisturbed, act=stage.server.process.kill)
    assert stage.server.process.poll() is None
