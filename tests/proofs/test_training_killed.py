"""`kill -9` of a training in the middle of its pipeline: nothing that a finished step posted is lost."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import dumps, proxy
from tests.support.programs import Place, served

pytestmark = pytest.mark.slow

PROGRAM = """
import sys
from typing import Annotated
from modelcp import ArtifactConfig, Client, ModelVersion, log_metadata, pipeline, save_artifact, step
from modelcp import get_step_context

stop_in = int(sys.argv[1])

def at(number):
    print(f"in {number}", flush=True)
    if number == stop_in:
        sys.stdin.read()

@step
def first() -> Annotated[dict, "rows"]:
    at(1)
    log_metadata({"metrics": {"rows": 3}})
    return {"rows": [1, 2, 3]}

@step
def second(rows: dict) -> tuple[Annotated[str, ArtifactConfig(name="weights", is_model_artifact=True)],
                                Annotated[list, "scores"]]:
    at(2)
    log_metadata({"metrics": {"auc": 0.9}})
    save_artifact("by hand " * 1000, "notes")
    return "w" * 100_000, [0.1, 0.2]

@step
def third(weights: str, scores: list) -> Annotated[int, "size"]:
    at(3)
    get_step_context().model_version.set_stage("staging")
    return len(weights)

@step
def fourth(size: int) -> None:
    at(4)

@pipeline(model_version=ModelVersion("m"), enable_cache=False)
def train():
    rows = first()
    weights, scores = second(rows)
    fourth(third(weights, scores))

train()
"""
OUTPUTS = {1: {"rows"}, 2: {"weights", "scores", "notes"}, 3: {"size"}}
NAMES = {1: "first", 2: "second", 3: "third", 4: "fourth"}
METADATA = {1: {"metrics.rows"}, 2: {"metrics.auc"}, 3: set[str]()}


def killed_in(place: Place, step: int) -> None:
    """Runs the program until it is in a step, and kills it there."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(step)],
        env=place.environment,
        cwd=place.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(step)]
        process.kill()
    assert said == [f"in {number}" for number in range(1, step + 1)]


def assert_finished_steps(database: dumps.Database, step: int) -> None:
    """What the steps before `step` posted is there, linked, with its bytes; the one under way isn't done."""
    tables = database.rows()
    (version,) = tables["ModelVersion"]
    statuses = {row["name"]: row["status"] for row in tables["StepRun"]}
    assert {name for name, status in statuses.items() if status == "completed"} == {
        NAMES[number] for number in range(1, step)
    }
    assert statuses.get(NAMES[step], "running") == "running"
    wanted = set().union(*(OUTPUTS[number] for number in range(1, step)))
    artifacts = {row["id"]: row for row in tables["ArtifactVersion"]}
    links = {row["name"]: artifacts[row["artifact_version_id"]] for row in tables["ArtifactLink"]}
    assert {row["version_id"] for row in tables["ArtifactLink"]} <= {version["id"]}
    assert set(links) >= wanted - {"notes"}
    produced = {row["name"]: artifacts[row["artifact_version_id"]] for row in tables["StepOutput"]}
    assert set(produced) == wanted
    stored = {path.name for path in (database.home / "artifacts" / "sha256").rglob("*") if path.is_file()}
    assert {row["sha256"] for row in produced.values()} <= stored
    logged = {row["path"] for row in tables["MetadataValue"]}
    assert logged >= set().union(*(METADATA[number] for number in range(1, step)))
    assert version["stage"] == ("staging" if step > 3 else None)


@pytest.mark.parametrize("step", [2, 3, 4])
def test_embedded(tmp_path: Path, program_database: dict[str, str], step: int) -> None:
    place = Place(tmp_path, **program_database)
    killed_in(place, step)
    place.cli("sync")
    assert_finished_steps(dumps.Database(tmp_path, program_database.get("MODELCP_DATABASE_URL", "")), step)
    assert "Sent 0," in place.cli("sync")
    place.cli("events", "verify")


class Behind:
    """A server behind a proxy, and the place of a program that uses it."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.running = served(folder / "server", **settings)
        self.server = self.running.__enter__()
        self.proxy = proxy.Proxy(self.server.port)
        self.database = dumps.Database(folder / "server", settings.get("MODELCP_DATABASE_URL", ""))
        self.place = Place(folder / "client", MODELCP_URL=self.proxy.url, MODELCP_TOKEN=self.server.token())

    def close(self) -> None:
        self.proxy.close()
        self.running.__exit__(None, None, None)


@pytest.fixture
def behind(tmp_path: Path, program_database: dict[str, str]) -> Iterator[Behind]:
    """A server of its own."""
    behind = Behind(tmp_path, program_database)
    yield behind
    behind.close()


@pytest.mark.parametrize("away", ["there", "gone from the start", "gone after the start"])
def test_with_a_server(behind: Behind, away: str) -> None:
    for step in (2, 4):
        behind.database.empty()
        behind.proxy.revive()
        if away == "gone from the start":
            behind.proxy.close()
        elif away == "gone after the start":
            behind.proxy.cut(2, "before")
        killed_in(behind.place, step)
        behind.proxy.revive()
        behind.place.cli("sync")
        assert_finished_steps(behind.database, step)
        assert "Sent 0," in behind.place.cli("sync")
    behind.place.cli("events", "verify")
