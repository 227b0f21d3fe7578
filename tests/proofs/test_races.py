"""Many at once at one model: contiguous numbers, one holder of production, every promotion told."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support import dumps, writers
from tests.support.programs import Place, Server, served

THREADS, PROCESSES = 64, 16
pytestmark = pytest.mark.slow

PROGRAM = """
    import json, sys
    from modelcp import Client
    client = Client()
    list(client.list_models(limit=1))
    go()
    made = [client.create_model_version("m").number for _ in range(6)]
    go()
    for number in made[:3]:
        client.promote("m", number, "production", reason=f"by {sys.argv[-1]}")
    print(json.dumps(made))
"""


def assert_contiguous(tables: dumps.Tables, numbers: list[int]) -> None:
    """Each of 1, 2, 3 … was given once, to who was told so."""
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert sorted(row["number"] for row in tables["ModelVersion"]) == sorted(numbers)
    assert [row["last_number"] for row in tables["Model"]] == [len(numbers)]


def assert_one_holder(tables: dumps.Tables, promotions: int) -> None:
    """One version holds production; each promotion has its tenure and its event, the displaced theirs."""
    assert [row["stage"] for row in tables["ModelVersion"]].count("production") == 1
    tenures = [row for row in tables["Tenure"] if row["stage"] == "production"]
    assert len(tenures) == promotions
    assert len([row for row in tenures if row["valid_to"] is None]) == 1
    actions = [row["action"] for row in tables["Event"]]
    assert actions.count("version.promoted") == promotions
    assert actions.count("version.displaced") == promotions - 1
    in_order = sorted(tenures, key=lambda row: row["valid_from"])
    for earlier, later in itertools.pairwise(in_order):
        assert earlier["valid_to"] == later["valid_from"]  # never none, never two


def database(place: Place) -> dumps.Database:
    return dumps.Database(place.home, place.environment.get("MODELCP_DATABASE_URL", ""))


def assert_well(place: Place) -> None:
    """The chains are whole, and nobody was told of a lock."""
    place.cli("events", "verify")
    for log in place.home.glob("*.log"):
        said = log.read_text()
        assert "locked" not in said
        assert "Traceback" not in said


def from_threads(server: Server, token: str, job: Callable[[writers.Caller, int], Any]) -> list[Any]:
    """What `job` gives in each of the threads, which start together."""
    ready = threading.Barrier(THREADS)

    def run(at: int) -> Any:
        caller = writers.Caller(server.port, token)
        ready.wait(60)
        return job(caller, at)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS), timeout=writers.ENDS_WITHIN))


def test_threads_at_a_server(tmp_path: Path, program_database: dict[str, str]) -> None:
    with served(tmp_path, **program_database) as server:
        token = server.token()
        watcher = writers.Caller(server.port, token)
        assert watcher.call("POST", "models/", {"name": "m"})[0] == 201

        def create(caller: writers.Caller, at: int) -> list[int]:
            answers = [caller.call("POST", "models/m/versions/", {}) for _ in range(3)]
            assert [status for status, _ in answers] == [201] * 3, answers
            return [version["number"] for _, version in answers]

        made = from_threads(server, token, create)
        assert_contiguous(database(server.place).rows(), [number for some in made for number in some])

        def promote(caller: writers.Caller, at: int) -> None:
            for number in made[at][:2]:
                status, body = caller.call(
                    "POST", f"models/m/versions/{number}/stage/", {"stage": "production"}
                )
                assert status == 200, body
                status, body = caller.call("GET", "models/m/versions/production/")
                assert status == 200, body
                assert body["stage"] == "production"

        from_threads(server, token, promote)
        assert_one_holder(database(server.place).rows(), 2 * THREADS)
        assert_well(server.place)


def race(place: Place, watched: Place) -> None:
    """The processes' race; `watched` is where the database is."""
    with writers.together(place, PROGRAM, PROCESSES) as processes:
        writers.release(processes)
        writers.release(processes)
        made = writers.results(processes)
    tables = database(watched).rows()
    assert_contiguous(tables, [number for some in made for number in some])
    assert_one_holder(tables, 3 * PROCESSES)
    assert_well(watched)


def test_processes_at_a_server(tmp_path: Path, program_database: dict[str, str]) -> None:
    with served(tmp_path / "server", **program_database) as server:
        client = Place(tmp_path / "client", MODELCP_URL=server.url, MODELCP_TOKEN=server.token())
        client.cli("model", "register", "m")
        race(client, server.place)


def test_embedded_processes_on_one_home(tmp_path: Path, program_database: dict[str, str]) -> None:
    place = Place(tmp_path, **program_database)
    place.cli("model", "register", "m")
    race(place, place)


def test_embedded_processes_beside_a_server(tmp_path: Path, program_database: dict[str, str]) -> None:
    with served(tmp_path, **program_database) as server:
        server.place.cli("model", "register", "m")
        race(server.place, server.place)


def test_first_uses_at_once(tmp_path: Path, unused_database: dict[str, str]) -> None:
    place = Place(tmp_path, used=False, **unused_database)
    source = """
        import json, sys
        from modelcp import Client
        go()
        client = Client()
        client.create_model(f"m{sys.argv[-1]}")
        print(json.dumps(client.create_model_version(f"m{sys.argv[-1]}").number))
    """
    with writers.together(place, source, 6) as processes:
        writers.release(processes)
        assert writers.results(processes) == [1] * 6
    assert_well(place)
