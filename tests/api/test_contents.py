"""Bytes over HTTP and in the store: whole or not at all, never in memory, never under the writer's turn."""

import errno
import hashlib
import io
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from registry.rules.contents import StoreFull
from registry.rules.errors import InvalidInput, RuleRefused
from registry.services import contents
from registry.services.writers import one_writer
from tests.support.doors import BYTES, DIGEST, Api, new_version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> Path:
    settings.ARTIFACT_DIR = tmp_path / "artifacts"
    return tmp_path / "artifacts"


def files(store: Path) -> list[str]:
    """All files of the store."""
    return sorted(str(path.relative_to(store)) for path in store.rglob("*") if path.is_file())


HELD = [f"sha256/{DIGEST[:2]}/{DIGEST}"]


def test_bytes_go_in_and_come_out(api: Api, store: Path) -> None:
    path = f"contents/{DIGEST}/"
    assert api.call("HEAD", path)[0] == 404
    status, answer = api.call("PUT", path, BYTES)
    assert (status, answer) == (201, {"sha256": DIGEST, "size": 1000, "uri": f"modelcp:sha256/{DIGEST}"})
    assert api.call("PUT", path, BYTES)[0] == 200
    assert api.call("PUT", f"contents/{DIGEST.upper()}/", BYTES)[0] == 200
    assert files(store) == HELD
    got = api.client.get(f"/api/v1/{path}")
    assert b"".join(got) == BYTES
    assert got["ETag"] == f'"{DIGEST}"'
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Content-Disposition"].startswith("attachment")
    assert got["Content-Type"] == "application/octet-stream"
    head = api.client.head(f"/api/v1/{path}")
    assert (head.status_code, head["Content-Length"], head.content) == (200, "1000", b"")


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=0-9", 206, BYTES[:10]),
        ("bytes=990-", 206, BYTES[990:]),
        ("bytes=-5", 206, BYTES[-5:]),
        ("bytes=-5000", 206, BYTES),
        ("bytes=998-5000", 206, BYTES[998:]),
        ("bytes=5-2", 200, BYTES),
        ("bytes=0-1,5-6", 200, BYTES),
        ("lines=1-2", 200, BYTES),
        ("bytes=1000-", 416, None),
        ("bytes=-0", 416, None),
    ],
)
def test_ranges(api: Api, asked: str, status: int, expected: bytes | None) -> None:
    api.call("PUT", f"contents/{DIGEST}/", BYTES)
    found, body = api.call("GET", f"contents/{DIGEST}/", Range=asked)
    assert found == status
    if expected is None:
        assert body["error"]["code"] == "range_not_satisfiable"
    else:
        assert body == expected


def test_what_is_held_already_is_not_sent_again(api: Api) -> None:
    api.call("PUT", f"contents/{DIGEST}/", BYTES)
    assert api.call("GET", f"contents/{DIGEST}/", If_None_Match=f'"{DIGEST}"')[0] == 304
    assert api.call("GET", f"contents/{DIGEST}/", Range="bytes=0-3", If_Range='"other"')[1] == BYTES


def test_other_bytes_than_announced_are_not_kept(api: Api, store: Path) -> None:
    error = api.refused("PUT", f"contents/{'0' * 64}/", BYTES, 422, "digest_mismatch")
    assert DIGEST in error["message"]
    assert files(store) == []
    api.refused("PUT", "contents/abc/", BYTES, 400, "bad_digest")
    api.refused("GET", "contents/abc/", None, 400, "bad_digest")
    assert api.call("PUT", "contents/" + "..%2f" * 3 + "/", BYTES)[0] == 404
    api.refused("GET", f"contents/{DIGEST}/", None, 404, "no_such_content")
    Api("viewer").refused("PUT", f"contents/{DIGEST}/", BYTES, 403, "role_too_low")
    assert files(store) == []


def test_an_upload_that_breaks_off_leaves_nothing(api: Api, store: Path) -> None:
    with pytest.raises(InvalidInput, match="broke off"):
        contents.put_content(actor=api.actor, sha256=DIGEST, source=io.BytesIO(BYTES[:100]), size=1000)

    class Broken:
        def read(self, size: int, /) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        contents.put_content(actor=api.actor, sha256=DIGEST, source=Broken(), size=1000)
    assert files(store) == []


def test_a_full_disk_is_said_and_leaves_nothing(
    api: Api, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(contents.os, "fsync", full)
    with pytest.raises(StoreFull, match="disk is full"):
        contents.put_content(actor=api.actor, sha256=DIGEST, source=io.BytesIO(BYTES))
    api.refused("PUT", f"contents/{DIGEST}/", BYTES, 503, "storage_full")
    assert files(store) == []


def test_a_limit_stops_an_upload_before_and_while_it_comes(api: Api, store: Path, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 999
    api.refused("PUT", f"contents/{DIGEST}/", BYTES, 413, "content_too_large")
    with pytest.raises(Exception, match="at most 999"):
        contents.put_content(actor=api.actor, sha256=DIGEST, source=io.BytesIO(BYTES))
    assert files(store) == []


def test_two_uploads_of_the_same_at_once(api: Api, store: Path) -> None:
    meet, outcomes = threading.Barrier(4), []

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            meet.wait(10)
            return super().read(size)

    def upload() -> None:
        outcomes.append(contents.put_content(actor=api.actor, sha256=DIGEST, source=Slow(BYTES)))

    threads = [threading.Thread(target=upload) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [size for size, _ in outcomes] == [1000] * 4
    assert files(store) == HELD


def test_the_turn_to_write_is_free_while_bytes_stream(api: Api) -> None:
    had: list[bool] = []

    def write() -> None:
        with one_writer():
            pass

    class Source(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            thread = threading.Thread(target=write)
            thread.start()
            thread.join(30)
            had.append(not thread.is_alive())
            return super().read(size)

    contents.put_content(actor=api.actor, sha256=DIGEST, source=Source(BYTES))
    assert had == [True, True]


def test_bytes_are_never_whole_in_memory(api: Api) -> None:
    size, piece = 64 * 1024 * 1024, bytes(1024 * 1024)
    digest = hashlib.sha256()
    for _ in range(64):
        digest.update(piece)
    asked: list[int] = []

    class Source:
        left = size

        def read(self, wanted: int, /) -> bytes:
            asked.append(wanted)
            given = piece[: min(wanted, self.left)]
            self.left -= len(given)
            return given

    assert contents.put_content(actor=api.actor, sha256=digest.hexdigest(), source=Source()) == (size, True)
    assert max(asked) <= contents.CHUNK
    got = api.client.get(f"/api/v1/contents/{digest.hexdigest()}/")
    assert max(len(part) for part in got.streaming_content) <= contents.CHUNK  # type: ignore[attr-defined]


def test_a_body_in_chunks_has_no_length(api: Api) -> None:
    answer = api.client.generic(
        "PUT",
        f"/api/v1/contents/{DIGEST}/",
        headers={"Transfer-Encoding": "chunked"},
        **{"wsgi.input": io.BytesIO(BYTES), "CONTENT_LENGTH": ""},  # type: ignore[arg-type]
    )
    assert answer.status_code == 201, answer.content


def test_what_killed_uploads_left_is_swept(api: Api, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (store / "incoming").mkdir(parents=True)
    for name, age in (("old", 2), ("new", 0)):
        (store / "incoming" / name).write_bytes(b"x")
        then = time.time() - age * 24 * 3600
        os.utime(store / "incoming" / name, (then, then))
    monkeypatch.setattr(contents, "chance", lambda: 0.0)
    contents.put_content(actor=api.actor, sha256=DIGEST, source=io.BytesIO(BYTES))
    assert files(store) == ["incoming/new", *HELD]


def test_an_artifact_versions_bytes(api: Api, store: Path) -> None:
    body = new_version("weights 1", uri="", sha256=DIGEST)
    del body["artifact"]
    error = api.refused("POST", "artifacts/weights 1/versions/", body, 422, "no_such_content")
    assert "Upload" in error["hint"]
    api.call("PUT", f"contents/{DIGEST}/", BYTES)
    made = api.post("artifacts/weights 1/versions/", body)
    assert (made["uri"], made["size"]) == (f"modelcp:sha256/{DIGEST}", 1000)
    got = api.client.get("/api/v1/artifacts/weights 1/versions/1/content/")
    assert b"".join(got) == BYTES
    assert "weights%201-1" in got["Content-Disposition"]
    assert api.call("HEAD", "artifacts/weights 1/versions/latest/content/")[0] == 200
    store.joinpath(HELD[0]).unlink()
    api.refused("GET", "artifacts/weights 1/versions/1/content/", None, 404, "no_such_content")
    api.refused("PUT", "artifacts/weights 1/versions/1/content/", b"other", 422, "digest_mismatch")
    assert api.call("PUT", "artifacts/weights 1/versions/1/content/", BYTES)[0] == 201
    api.post("artifacts/far/versions/", {"uri": "s3://x/y"})
    api.refused("GET", "artifacts/far/versions/1/content/", None, 404, "kept_elsewhere")
    api.refused("PUT", "artifacts/far/versions/1/content/", BYTES, 400, "no_digest")
    with pytest.raises(RuleRefused):
        contents.put_content(actor=api.actor, sha256="1" * 64, source=io.BytesIO(b""))
