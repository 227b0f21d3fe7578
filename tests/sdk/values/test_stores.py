"""Stores keep bytes by their SHA-256: whole, once, and checked when they are read."""

import hashlib
import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from modelcp.artifacts.object_store import ObjectStore
from modelcp.artifacts.stores import (
    FolderStore,
    LocalStore,
    digest_of,
    shared_store,
    store_from_url,
    store_of,
)
from modelcp.artifacts.values import load_value, save_value
from modelcp.errors import ConfigurationError, DigestMismatch, StoreError

CONTENT = b"some bytes" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def _bucket(tmp_path: Path) -> ObjectStore:
    backend = pytest.importorskip("obstore.store").MemoryStore()
    return ObjectStore("s3://bucket/folder é", backend)


STORES = {
    "local": lambda path: LocalStore(path / "home"),
    "folder": lambda path: store_from_url(str(path / "shared é b")),
    "file url": lambda path: store_from_url((path / "shared é b").as_uri()),
    "bucket": _bucket,
}


@pytest.fixture(params=STORES)
def any_store(request, tmp_path):
    return STORES[request.param](tmp_path)


def files(store) -> list[str]:
    """What lies in a store of this machine, but for its empty folders."""
    return [str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file()]


def test_bytes_go_in_and_come_out(any_store, tmp_path):
    uri = any_store.put(io.BytesIO(CONTENT), SHA256)
    assert digest_of(uri) == SHA256
    assert any_store.exists(uri)
    with any_store.open(uri) as stream:
        assert bytes(stream.read()) == CONTENT
    any_store.fetch_to(uri, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert not any_store.exists(uri.replace(SHA256, "00" * 32).replace(f"/{SHA256[:2]}/", "/00/"))


def test_a_file_given_stays_where_it_is(any_store, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    uri = any_store.put(source, SHA256)
    assert any_store.put(source, SHA256.upper()) == uri
    assert source.read_bytes() == CONTENT


@pytest.mark.parametrize("as_file", [True, False])
def test_bytes_with_another_digest_are_not_kept(any_store, tmp_path, as_file):
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    wrong = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(DigestMismatch) as told:
        any_store.put(source if as_file else io.BytesIO(CONTENT), wrong)
    assert (told.value.expected, told.value.found) == (wrong, SHA256)
    uri = any_store.put(io.BytesIO(CONTENT), SHA256)
    assert not any_store.exists(uri.replace(f"/{SHA256[:2]}/", f"/{wrong[:2]}/").replace(SHA256, wrong))


def test_values_go_there_and_back(any_store):
    for value in ({"a": [1, 2]}, "text é", b"", list(range(10_000))):
        uri, written = save_value(value, any_store)
        assert load_value(any_store, uri, written.sha256, written.saved) == value
        assert save_value(value, any_store)[0] == uri


def test_missing_content_is_told(any_store, tmp_path):
    uri = any_store.put(io.BytesIO(CONTENT), SHA256)
    gone = hashlib.sha256(b"gone").hexdigest()
    uri = uri.replace(f"/{SHA256[:2]}/", f"/{gone[:2]}/").replace(SHA256, gone)
    for read in (lambda: any_store.open(uri).read(), lambda: any_store.fetch_to(uri, tmp_path / "x")):
        with pytest.raises(StoreError, match="no such content"):
            read()
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.org/x.csv",
        "s3://b/x",
        "",
        "modelcp:sha256/../../etc/passwd",
        "modelcp:sha256/" + "A" * 64,
        "file:///etc/sha256/aa/" + "b" * 64,
    ],
)
def test_what_is_no_content_of_this_store_is_refused(any_store, uri):
    for ask in (any_store.open, any_store.exists):
        with pytest.raises(StoreError):
            ask(uri)


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-1], lambda data: data + b"x", lambda data: b"X" + data[1:], lambda data: b""],
)
def test_damaged_bytes_are_never_loaded(tmp_path, damage):
    store = LocalStore(tmp_path)
    uri, written = save_value(CONTENT, store)
    path = store.local_path(uri)
    path.write_bytes(damage(CONTENT))
    with pytest.raises(DigestMismatch, match=f"expected {SHA256}"):
        load_value(store, uri, written.sha256, written.saved)
    with pytest.raises(DigestMismatch):
        store.fetch_to(uri, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_truncated_file_is_mended_by_saving_again(tmp_path):
    store = LocalStore(tmp_path)
    uri, _ = save_value(CONTENT, store)
    store.local_path(uri).write_bytes(CONTENT[:10])
    save_value(CONTENT, store)
    assert store.open(uri).read() == CONTENT


def test_the_layout_is_by_digest_and_equal_contents_are_kept_once(tmp_path):
    store = LocalStore(tmp_path / "home")
    assert save_value(CONTENT, store)[0] == save_value(bytes(CONTENT), store)[0] == f"modelcp:sha256/{SHA256}"
    assert files(store) == [f"sha256/{SHA256[:2]}/{SHA256}"]
    shared = FolderStore(tmp_path / "a b")
    assert save_value(CONTENT, shared)[0] == f"file://{tmp_path}/a%20b/sha256/{SHA256[:2]}/{SHA256}"


def test_many_writers_of_one_content(tmp_path):
    uris, errors = [], []

    def write() -> None:
        try:
            uris.extend(save_value({"n": n}, LocalStore(tmp_path))[0] for n in range(20))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(set(uris)) == 20
    assert len(files(LocalStore(tmp_path))) == 20


FULL = """
import resource, signal, sys
from pathlib import Path
from modelcp.artifacts.stores import LocalStore
from modelcp.artifacts.values import save_value
from modelcp.errors import StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
{more}
store = LocalStore(Path(sys.argv[1]))
for value in ({values}):
    try:
        save_value(value, store)
    except StoreError as error:
        print(error)
"""


@pytest.mark.parametrize(
    ("more", "values"),
    [
        ("", 'b"x" * 200_000, "y" * 200_000, [*range(50_000)], {"z" * 200_000},'),
        ("import numpy as np", "np.random.default_rng(1).random(50_000),"),
        ("import numpy as np, pandas as pd", "pd.DataFrame({'a': np.random.default_rng(1).random(50_000)}),"),
        ("import polars as pl, random", "pl.DataFrame({'a': [random.random() for _ in range(50_000)]}),"),
    ],
)
def test_a_full_disk_leaves_no_half_file_and_is_told(tmp_path, more, values):
    """A limit on the size of files stands for the full disk: both fail in the middle of a write."""
    for name in ("numpy", "pandas", "polars"):
        if name in more:
            pytest.importorskip(name)
    program = FULL.format(more=more, values=values)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.strip().splitlines()
    assert len(told) == (1 if more else 4)
    assert all("can't be written" in line and "Make room" in line for line in told)
    assert files(LocalStore(tmp_path)) == []


def test_a_store_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be written"):
        save_value({"a": 1}, LocalStore(tmp_path / "file"))
    with pytest.raises(StoreError, match="can't be written"):
        LocalStore(tmp_path / "file").put(io.BytesIO(CONTENT), SHA256)


def test_what_killed_processes_left_is_removed_after_a_day(tmp_path):
    store = LocalStore(tmp_path)
    store.incoming.mkdir()
    old, new = store.incoming / "old", store.incoming / "new"
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (time.time() - 90_000,) * 2)
    save_value({"a": 1}, store)
    assert not old.exists()
    assert new.exists()


def test_which_store_the_setting_names(tmp_path):
    assert shared_store({}) is None
    assert shared_store({"MODELCP_ARTIFACT_STORE": " "}) is None
    found = shared_store({"MODELCP_ARTIFACT_STORE": str(tmp_path)})
    assert isinstance(found, FolderStore)
    assert found.url == tmp_path.as_uri()


@pytest.mark.parametrize("url", ["ftp://x/y", "http://x", "file://host/x", "file:x", "s3://", "s3:///x"])
def test_an_address_that_is_no_stores_is_refused(url):
    with pytest.raises(ConfigurationError, match=r"^MODELCP_ARTIFACT_STORE: "):
        shared_store({"MODELCP_ARTIFACT_STORE": url})


def test_the_store_of_a_uri(tmp_path):
    home = LocalStore(tmp_path / "home")
    assert store_of(f"modelcp:sha256/{SHA256}", home) is home
    shared = FolderStore(tmp_path / "shared é")
    uri, written = save_value({"a": 1}, shared)
    assert load_value(store_of(uri, home), uri, written.sha256, written.saved) == {"a": 1}
    with pytest.raises(StoreError, match="knows where it is"):
        store_of("https://example.org/report.pdf", home)


def test_without_obstore_a_bucket_says_what_to_install():
    program = """
import sys
sys.modules["obstore"] = None
from modelcp.artifacts.stores import store_from_url
from modelcp.errors import ConfigurationError
try:
    store_from_url("s3://bucket")
except ConfigurationError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert "pip install 'modelcp[s3]'" in done.stdout, done.stderr


def test_a_bucket_that_does_not_answer_is_told(monkeypatch):
    pytest.importorskip("obstore")
    from obstore.store import S3Store

    backend = S3Store(
        "bucket",
        endpoint="http://127.0.0.1:9",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
        access_key_id="x",
        secret_access_key="y",
        region="us-east-1",
    )
    store = ObjectStore("s3://bucket", backend)
    with pytest.raises(StoreError, match=r"s3://bucket can't be .*credentials"):
        store.put(io.BytesIO(CONTENT), SHA256)
