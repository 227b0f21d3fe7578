"""A Path stands for the file or folder there: its bytes are saved, and a copy comes back."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from modelcp.artifacts.materializers.base import SavedAs
from modelcp.artifacts.values import load_value
from modelcp.errors import MaterializationError


def test_a_file_comes_back_as_a_copy_with_its_name(trip, tmp_path):
    source = tmp_path / "Bericht größe.html"
    source.write_bytes(b"<p>hi\r\n")
    done = trip(source)
    assert done.back.name == source.name
    assert done.back.read_bytes() == b"<p>hi\r\n"
    assert done.back != source
    assert done.media_type == "text/html"
    assert done.fields["data_type"] == "pathlib.Path"
    done.back.write_text("changed")
    assert source.read_bytes() == b"<p>hi\r\n"


def test_the_stored_bytes_are_the_files_own(trip, store, tmp_path):
    source = tmp_path / "m.bin"
    source.write_bytes(os.urandom(3_000_000))
    assert store.open(trip(source).uri).read() == source.read_bytes()


def _folder(place: Path) -> Path:
    (place / "sub" / "empty").mkdir(parents=True)
    (place / "a.txt").write_text("a")
    (place / "sub" / "日本.txt").write_text("b")
    (place / "run.sh").write_text("#!/bin/sh\n")
    (place / "run.sh").chmod(0o755)
    (place / ("x" * 150)).write_text("a long name")
    (place / "link").symlink_to("a.txt")
    return place


def test_a_folder_comes_back_whole(trip, tmp_path):
    folder = _folder(tmp_path / "out")
    done = trip(folder)
    assert done.back.name == "out"
    found = {str(p.relative_to(done.back)) for p in done.back.rglob("*")}
    assert found == {str(p.relative_to(folder)) for p in folder.rglob("*")}
    assert (done.back / "sub" / "日本.txt").read_text() == "b"
    assert (done.back / "link").read_text() == "a"
    assert os.access(done.back / "run.sh", os.X_OK)
    assert done.media_type == "application/x-tar"
    assert {"name": "a.txt", "size": 1} in done.fields["preview"]["files"]


def test_equal_folders_have_equal_bytes(trip, tmp_path):
    one, other = _folder(tmp_path / "one"), _folder(tmp_path / "other")
    os.utime(other / "a.txt", (1, 1))
    assert trip(one).uri == trip(other).uri


def test_a_tar_file_is_a_file(trip, tmp_path):
    source = tmp_path / "data.tar"
    with tarfile.open(source, "w") as tar:
        tar.addfile(tarfile.TarInfo("x"))
    assert trip(source).back.read_bytes() == source.read_bytes()


def test_a_missing_path_is_refused_in_a_sentence(trip, tmp_path):
    with pytest.raises(MaterializationError, match="doesn't exist"):
        trip(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: os.symlink("/etc", path), lambda p: os.symlink("gone", p)]
)
def test_odd_files_in_a_folder_are_refused(trip, tmp_path, make):
    folder = tmp_path / "out"
    folder.mkdir()
    make(folder / "odd")
    with pytest.raises(MaterializationError, match="odd"):
        trip(folder)


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil"])
def test_a_tar_that_reaches_outside_is_refused(store, tmp_path, name):
    from modelcp.artifacts.digest import file_digest

    place = tmp_path / "evil.tar"
    with tarfile.open(place, "w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    sha256, _ = file_digest(place)
    saved = SavedAs("pathlib.Path", "application/x-tar", {"name": "x", "folder": True})
    with pytest.raises(MaterializationError, match="evil"):
        load_value(store, store.put(place, sha256), sha256, saved)


@pytest.mark.parametrize("name", ["../../evil", "..", "", None, "a\0b", "/etc/passwd", "\ud800"])
def test_a_name_from_elsewhere_stays_a_name(store, tmp_path, name):
    from modelcp.artifacts.digest import file_digest

    place = tmp_path / "x"
    place.write_bytes(b"x")
    sha256, _ = file_digest(place)
    saved = SavedAs("pathlib.Path", "text/plain", {"name": name})
    back = load_value(store, store.put(place, sha256), sha256, saved)
    assert back.read_bytes() == b"x"
    assert back.parent.name.startswith("modelcp-")
