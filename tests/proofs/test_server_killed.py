"""`kill -9` of the server while clients write: what it acknowledged is there, nothing is there by half."""

import contextlib
import hashlib
import http.client
import itertools
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from registry.rules.ids import new_id
from tests.support import dumps, writers
from tests.support.programs import Server, served

CLIENTS, ROUNDS = 8, 3
ENOUGH = 60  # acknowledged writes between two kills
pytestmark = pytest.mark.slow


@dataclass
class Noted:
    """What one client was told: it was done; and what it doesn't know of: no answer came."""

    versions: dict[str, int] = field(default_factory=dict)
    metadata: dict[str, int] = field(default_factory=dict)
    contents: set[str] = field(default_factory=set)
    promoted: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.versions) + len(self.metadata) + len(self.contents) + len(self.promoted)


def write(port: int, token: str, noted: Noted) -> None:
    """Writes of all kinds, each after the answer to the one before, until no answer comes."""
    caller = writers.Caller(port, token)
    for count in itertools.count():
        ident = str(new_id())
        noted.unknown.add(ident)
        try:
            body: Any = {"id": ident, "tags": ["loaded"]}
            status, version = caller.call("POST", "models/m/versions/", body)
            assert status == 201, version
            noted.versions[ident] = version["number"]
            body = {"metadata": {"count": count, "deep": {"er": [count]}}}
            assert caller.call("PATCH", f"models/m/versions/@@{ident}/metadata/", body)[0] == 200
            noted.metadata[ident] = count
            put(port, token, noted, ident.encode() * 2000)
            stage = "production" if count % 2 else "staging"
            assert caller.call("POST", f"models/m/versions/@@{ident}/stage/", {"stage": stage})[0] == 200
            noted.promoted.append(ident)
            batch(caller, noted)
        except (OSError, http.client.HTTPException):
            return
        noted.unknown.discard(ident)


def put(port: int, token: str, noted: Noted, content: bytes) -> None:
    """Uploads bytes."""
    sha256 = hashlib.sha256(content).hexdigest()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        path = f"/api/v1/contents/{sha256}/"
        connection.request("PUT", path, content, {"Authorization": f"Bearer {token}"})
        assert connection.getresponse().status == 201
    noted.contents.add(sha256)


def batch(caller: writers.Caller, noted: Noted) -> None:
    """Two versions in one post."""
    idents = [str(new_id()) for _ in range(2)]
    noted.unknown.update(idents)
    path = "/api/v1/models/m/versions/"
    operations = [
        {"id": str(new_id()), "method": "POST", "path": path, "body": {"id": ident}} for ident in idents
    ]
    status, told = caller.call("POST", "batch/", {"operations": operations})
    assert status == 200
    for result in told["results"]:
        assert result["status"] == 201, result
        noted.versions[result["body"]["id"]] = result["body"]["number"]
    noted.unknown.difference_update(idents)


def load(server: Server, token: str) -> list[Noted]:
    """Clients write until the server is killed under them; what each was told."""
    notes = [Noted() for _ in range(CLIENTS)]
    threads = [threading.Thread(target=write, args=(server.port, token, noted)) for noted in notes]
    for thread in threads:
        thread.start()
    give_up = time.monotonic() + 60
    while sum(map(len, notes)) < ENOUGH and any(thread.is_alive() for thread in threads):
        assert time.monotonic() < give_up
        time.sleep(0.005)
    server.process.kill()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert sum(map(len, notes)) >= ENOUGH
    return notes


def assert_acknowledged(tables: dumps.Tables, notes: list[Noted], stored: set[str]) -> None:
    """All that was answered is there, as it was answered."""
    versions = {str(row["id"]): row for row in tables["ModelVersion"]}
    values = {
        (str(row["version_id"]), row["path"]): json.loads(row["value"]) for row in tables["MetadataValue"]
    }
    tenures = {str(row["version_id"]) for row in tables["Tenure"]}
    for noted in notes:
        for ident, number in noted.versions.items():
            assert versions[ident]["number"] == number
        for ident, count in noted.metadata.items():
            assert values[ident, "count"] == count
            assert values[ident, "deep.er"] == [count]
        assert set(noted.promoted) <= tenures
        assert noted.contents <= stored
    told = {ident for noted in notes for ident in (*noted.versions, *noted.unknown)}
    assert set(versions) <= told


def assert_none_by_half(tables: dumps.Tables) -> None:
    """Each change has its event and each event its change."""
    events = tables["Event"]

    def targets(action: str) -> list[str]:
        return sorted(row["target_id"] for row in events if row["action"] == action)

    versions = tables["ModelVersion"]
    assert targets("version.created") == sorted(str(row["id"]) for row in versions)
    numbers = sorted(row["number"] for row in versions)
    assert numbers == list(range(1, len(numbers) + 1))
    assert [row["last_number"] for row in tables["Model"]] == [len(numbers)]
    moved = [row for row in events if row["action"] in ("version.promoted", "version.displaced")]
    assert sorted(row["target_id"] for row in moved) == sorted(
        str(row["version_id"]) for row in tables["Tenure"]
    )
    assert {row["valid_from"] for row in tables["Tenure"]} <= {row["at"] for row in moved}
    open_stages = {row["version_id"]: row["stage"] for row in tables["Tenure"] if row["valid_to"] is None}
    assert open_stages == {row["id"]: row["stage"] for row in versions if row["stage"]}
    logged = [row for row in tables["MetadataValue"] if row["path"] == "count"]
    assert len(logged) == len([row for row in events if row["action"] == "version.metadata"])
    assert {row["version_id"] for row in logged} == {
        row["version_id"] for row in tables["MetadataValue"] if row["path"] == "deep.er"
    }
    assert all(row["status"] in (200, 201) for row in tables["Operation"])


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path, program_database: dict[str, str]) -> None:
    database = dumps.Database(tmp_path, program_database.get("MODELCP_DATABASE_URL", ""))
    notes: list[Noted] = []
    token = ""
    for _ in range(ROUNDS):
        with contextlib.ExitStack() as running:
            server = running.enter_context(served(tmp_path, **program_database))
            if not token:
                token = server.token()
                assert writers.Caller(server.port, token).call("POST", "models/", {"name": "m"})[0] == 201
            notes += load(server, token)
    with served(tmp_path, **program_database) as server:
        stored = {path.name for path in (tmp_path / "artifacts" / "sha256").rglob("*") if path.is_file()}
        tables = database.rows()
        assert_acknowledged(tables, notes, stored)
        assert_none_by_half(tables)
        assert_contents_whole(tmp_path)
        server.place.cli("events", "verify")
        caller = writers.Caller(server.port, token)
        assert caller.call("POST", "models/m/versions/", {"id": str(uuid.uuid4())})[0] == 201


def assert_contents_whole(home: Path) -> None:
    """A file of the store holds what its name says; a broken upload is none of them."""
    for path in (home / "artifacts" / "sha256").rglob("*"):
        if path.is_file():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
