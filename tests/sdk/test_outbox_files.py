"""The files that what waits is kept in: torn, damaged, left behind, on a full disk."""

import errno
import json
import os
import tempfile
from pathlib import Path

import pytest

from modelcp import outbox
from modelcp.client import Client
from modelcp.config import Config
from modelcp.connection import Connection
from modelcp.errors import ModelcpWarning
from modelcp.outbox_file import OutboxFile
from tests.sdk.conftest import NEVER, Pretended
from tests.sdk.outboxes import URL, connection, files, op


def test_a_torn_last_line_was_never_promised(pretended: Pretended, own_home: Path) -> None:
    here = connection(pretended)
    here.write(op("a"), wait=False)
    path = files(own_home)[0]
    here._own.abandon()  # type: ignore[union-attr]  # as a killed process does
    with path.open("ab") as file:
        file.write(b'{"method":"POST","path":"/api/v1/torn')
    report = connection(pretended).sync()
    assert (report.sent, report.refused) == (1, [])
    assert pretended.paths == ["/api/v1/a/"]


def test_a_damaged_line_in_the_middle_is_reported(pretended: Pretended, own_home: Path) -> None:
    here = connection(pretended)
    here.write(op("a"), wait=False)
    path = files(own_home)[0]
    here._own.abandon()  # type: ignore[union-attr]
    with path.open("ab") as file:
        file.write(b"\x00\x00garbage\n" + json.dumps(op("b").as_request()).encode() + b"\n")
    connection(pretended).sync()
    assert pretended.paths == ["/api/v1/a/", "/api/v1/b/"]
    assert outbox.refused(own_home / "outbox")[0]["error"]["code"] == "damaged"


def test_a_living_processs_file_is_left_alone(pretended: Pretended) -> None:
    first, second = connection(pretended), connection(pretended)
    first.write(op("a"), wait=False)
    assert second.sync().sent == 0
    assert second.sync().waiting == 1
    first.close()
    assert pretended.paths == ["/api/v1/a/"]


def test_what_waits_for_another_server_is_left_alone(pretended: Pretended) -> None:
    pretended.down = True
    here = connection(pretended)
    with pytest.warns(ModelcpWarning):
        here.write(op("a"))
    here.close()
    pretended.down = False
    assert Connection(Config("http://other.test"), pretended, interval=NEVER).sync().sent == 0
    assert connection(pretended).sync().sent == 1


def test_left_files_go_in_the_order_of_their_making(pretended: Pretended) -> None:
    pretended.down = True
    for path in ("a", "b", "c"):
        here = connection(pretended)
        here.write(op(path), wait=False)
        here._try_flush()
        here.close()
    pretended.down = False
    connection(pretended).write(op("d"))
    assert pretended.paths == [f"/api/v1/{path}/" for path in "abcd"]


def test_a_full_disk_is_a_warning(pretended: Pretended, monkeypatch: pytest.MonkeyPatch) -> None:
    here = connection(pretended)
    here.write(op("a"), wait=False)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("modelcp.outbox_file.os.write", full)
    with pytest.warns(ModelcpWarning, match="No space left"):
        here.write(op("b"), wait=False)
    fresh = connection(pretended)
    with pytest.warns(ModelcpWarning, match="No space left"):
        fresh.write(op("c"), wait=False)
    monkeypatch.undo()
    here.flush()
    fresh.flush()
    assert pretended.paths == ["/api/v1/a/", "/api/v1/b/", "/api/v1/c/"]


def test_without_a_home_bytes_and_records_are_kept_until_they_are_sent(
    pretended: Pretended, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "file" / "home"
    home.parent.write_text("no folder")
    monkeypatch.setenv("MODELCP_HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    here = connection(pretended)
    client, pretended.down = Client(connection=here), True
    with pytest.warns(ModelcpWarning) as told:
        client.save_artifact({"x": 1}, "first")
    assert ["in memory" in str(one.message) for one in told] == [True, True]
    pretended.down = False
    here.flush()
    assert (len(pretended.contents), len(pretended.applied)) == (1, 1)
    pretended.down = True
    saved = [client.save_artifact({"x": 2}, "second")]
    home.parent.unlink()  # the disk is back: what memory held goes there
    saved.append(client.save_artifact({"x": 3}, "third"))
    assert [one.operations for one in outbox.waiting(home / "outbox")] == [2]
    assert {path.name for path in here.contents.iterdir()} == {one["sha256"] for one in saved}
    assert here.contents.is_relative_to(home)
    pretended.down = False
    here.flush()
    here.close()
    assert (len(pretended.contents), len(pretended.applied)) == (3, 3)
    assert list(tmp_path.glob("modelcp-*")) == []


def test_a_partly_written_line_is_taken_back(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = OutboxFile.create(own_home / "outbox", URL)
    real = os.write

    def short(descriptor: int, data: bytes) -> int:
        if len(data) < 40:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data[: len(data) // 2])

    size = file.path.stat().st_size
    monkeypatch.setattr("modelcp.outbox_file.os.write", short)
    with pytest.raises(OSError, match="No space"):
        file.append(op("a"))
    assert file.path.stat().st_size == size
    monkeypatch.undo()
    file.append(op("b"))
    file.abandon()
    adopted = OutboxFile.adopt(file.path)
    assert adopted is not None
    assert [one.path for one in adopted.pending.values()] == ["/api/v1/b/"]
