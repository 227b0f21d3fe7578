"""A full disk: training goes on with a warning, an upload is refused, nothing is there by half."""

import contextlib
import hashlib
import http.client
import json
import os
import resource
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelcp.outbox import waiting
from tests.support import dumps
from tests.support.programs import Place, Server, served

pytestmark = pytest.mark.slow
ROOM = 6 << 20  # bytes that a file may have at a server whose disk is small: its database fits

PROGRAM = """
    import os, resource, sys
    from pathlib import Path
    from typing import Annotated
    from modelcp import Client, ModelVersion, log_metadata, pipeline, step

    filler = Path(os.environ["MODELCP_HOME"]) / "filler"

    def fill():
        if sys.argv[1] == "limit":  # no file may grow any more
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
            return
        with filler.open("wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass

    def make_room():
        if sys.argv[1] == "limit":
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        else:
            filler.unlink()

    @step
    def first() -> Annotated[dict, "rows"]:
        log_metadata({"first": 1})
        return {"rows": [1, 2, 3]}

    @step
    def second(rows: dict) -> Annotated[str, "big"]:
        fill()
        log_metadata({"second": 2})
        return "x" * 100_000

    @step
    def third(big: str) -> Annotated[int, "size"]:
        log_metadata({"third": 3})
        if "again" in sys.argv:
            make_room()
        return len(big)

    @pipeline(model_version=ModelVersion("m"), enable_cache=False)
    def train():
        third(second(first()))

    train()
    print("trained")
"""


def trained(place: Place, *arguments: str) -> str:
    """What the program warns of; it must end well."""
    done = place.run("-c", textwrap.dedent(PROGRAM), *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "trained\n", done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own with little room."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can mount a small disk")
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_no_file_can_grow_with_a_server(tmp_path: Path, program_database: dict[str, str]) -> None:
    with served(tmp_path / "server", **program_database) as server:
        client = Place(tmp_path / "client", MODELCP_URL=server.url, MODELCP_TOKEN=server.token())
        said = trained(client, "limit")
        assert "ModelcpWarning" in said
        url = program_database.get("MODELCP_DATABASE_URL", "")
        tables = dumps.Database(tmp_path / "server", url).rows()
        assert {row["status"] for row in tables["StepRun"]} == {"completed"}
        assert {row["path"] for row in tables["MetadataValue"]} >= {"first", "second", "third"}
        assert {row["status"] for row in tables["Run"]} == {"completed"}
        assert_whole(client, server)


def test_the_disk_fills_and_has_room_again_with_a_server(
    small: Path, tmp_path: Path, program_database: dict[str, str]
) -> None:
    with served(tmp_path / "server", **program_database) as server:
        client = Place(small, MODELCP_URL=server.url, MODELCP_TOKEN=server.token())
        said = trained(client, "disk", "again")
        assert "No space left" in said
        url = program_database.get("MODELCP_DATABASE_URL", "")
        tables = dumps.Database(tmp_path / "server", url).rows()
        assert {row["status"] for row in tables["StepRun"]} == {"completed"}
        names = {row["name"] for row in tables["Artifact"]}
        assert {"rows", "size"} <= names
        assert_whole(client, server)


@pytest.mark.parametrize("more", [[], ["again"]], ids=["for good", "for a while"])
def test_embedded_on_a_full_disk(small: Path, more: list[str]) -> None:
    place = Place(small)
    said = trained(place, "disk", *more)
    assert "ModelcpWarning" in said
    (small / "filler").unlink(missing_ok=True)
    place.cli("sync")
    place.cli("events", "verify")
    tables = dumps.Database(small).rows()
    statuses = {row["name"]: row["status"] for row in tables["StepRun"]}
    assert statuses["first"] == "completed"
    if more:
        assert set(statuses.values()) == {"completed"}
        assert {row["path"] for row in tables["MetadataValue"]} >= {"first", "second", "third"}


def test_embedded_when_no_file_can_grow(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert "ModelcpWarning" in trained(place, "limit")
    place.cli("sync")
    place.cli("events", "verify")


def assert_whole(client: Place, server: Server) -> None:
    """Nothing is left or broken; artifacts that are told have their bytes."""
    client.cli("sync")
    assert waiting(client.home / "outbox") == []
    assert server.process.poll() is None
    server.place.cli("events", "verify")
    for path in (server.place.home / "artifacts" / "sha256").rglob("*"):
        if path.is_file():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


@contextlib.contextmanager
def with_little_room(home: Path, settings: dict[str, str]) -> Iterator[Server]:
    """A server none of whose files may get larger than `ROOM`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with contextlib.ExitStack() as running:
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
        try:
            server = running.enter_context(served(home, **settings))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        yield server


def put(server: Server, token: str, content: bytes) -> tuple[int, Any]:
    """Uploads bytes; the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection):
        path = f"/api/v1/contents/{hashlib.sha256(content).hexdigest()}/"
        connection.request("PUT", path, content, {"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_an_upload_to_a_full_disk_is_refused_as_a_whole(
    tmp_path: Path, program_database: dict[str, str]
) -> None:
    home = tmp_path / "server"
    with with_little_room(home, program_database) as server:
        token = server.token()
        status, said = put(server, token, b"x" * (ROOM + 1))
        assert (status, said["error"]["code"]) == (503, "storage_full")
        assert set(said) == {"error"}
        assert [path for path in (home / "artifacts").rglob("*") if path.is_file()] == []
        assert put(server, token, b"y" * 1000)[0] == 201
        client = Place(tmp_path / "client", MODELCP_URL=server.url, MODELCP_TOKEN=token)
        source = f"""
            from modelcp import Client
            Client().create_model("m")
            print(Client().save_artifact(b"x" * {ROOM + 1}, "large")["number"])
            print(Client().save_artifact(b"small", "small")["number"])
        """
        done = client.run("-c", textwrap.dedent(source))
        assert (done.returncode, done.stdout) == (0, "None\nNone\n"), done.stderr
        assert "disk is full" in done.stderr
    with served(home, **program_database) as server:
        # The same server, at another port now: what waits is for an address.
        client.environment["MODELCP_URL"] = server.url
        for path in (client.home / "outbox").glob("*.jsonl"):
            head, rest = path.read_text().split("\n", 1)
            path.write_text(json.dumps({**json.loads(head), "target": server.url}) + "\n" + rest)
        client.cli("sync")
        print_sizes = "print([(a['artifact'], a['size']) for n in ('large', 'small') "
        source = f"from modelcp import Client\n{print_sizes} for a in Client().list_artifact_versions(n)])"
        assert client.python(source).strip() == f"[('large', {ROOM + 1}), ('small', 5)]"
        assert_whole(client, server)
