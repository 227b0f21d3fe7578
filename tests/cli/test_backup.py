"""A backup is whole, is made while others write, and brings everything back."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support.programs import Place, served

WRITE = """
from modelcp import Client, save_artifact
Client().create_model({name!r})
save_artifact({{"v": 1}}, name="a")
"""
READ = "from modelcp import load_artifact\nprint(load_artifact('a'))"


def restore(backup: Path, home: Path) -> Place:
    """What the documentation says: the files go back into an empty home."""
    home.mkdir(parents=True)
    for path in backup.iterdir():
        if path.is_dir():
            shutil.copytree(path, home / path.name)
        else:
            shutil.copy2(path, home / path.name)
    return Place(home)


def test_a_folder_brings_everything_back(tmp_path: Path) -> None:
    place, target = Place(tmp_path / "home"), tmp_path / "backup"
    place.python(WRITE.format(name="first"))
    told = place.json("backup", str(target))
    assert (told["database"], told["artifacts"]) == ("modelcp.sqlite3", 1)
    assert target.stat().st_mode & 0o077 == 0
    place.cli("model", "register", "second")
    (place.home / "artifacts" / "incoming").mkdir(exist_ok=True)
    (place.home / "artifacts" / "incoming" / "1.half").write_text("an upload under way")
    place.cli("backup", str(target))  # the same folder again
    assert list(target.rglob("1.half")) == []
    again = restore(target, tmp_path / "restored")
    assert sorted(row["name"] for row in again.json("model", "list")) == ["first", "second"]
    assert "1" in again.python(READ)
    assert again.json("events", "verify")["whole"]


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.gz", "backup.tgz"])
def test_one_file_brings_everything_back(tmp_path: Path, name: str) -> None:
    place, target = Place(tmp_path / "home"), tmp_path / name
    place.python(WRITE.format(name="first"))
    place.cli("backup", str(target))
    assert target.stat().st_mode & 0o077 == 0
    assert sorted(os.listdir(tmp_path)) == sorted(["home", name])  # nothing is left beside it
    with tarfile.open(target) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    again = restore(tmp_path / "unpacked", tmp_path / "restored")
    assert [row["name"] for row in again.json("model", "list")] == ["first"]
    assert "1" in again.python(READ)
    done = place.run("-m", "modelcp", "backup", str(target))
    assert (done.returncode, "exists" in done.stderr) == (1, True)


def test_it_is_made_while_others_write(tmp_path: Path) -> None:
    with served(tmp_path / "home") as server:
        source = "from modelcp import Client\nc = Client()\nfor n in range(300): c.create_model(f'm{n:03}')"
        with subprocess.Popen([sys.executable, "-c", source], env=server.place.environment) as writing:
            copies = []
            while writing.poll() is None:
                target = tmp_path / f"backup-{len(copies)}"
                server.place.cli("backup", str(target))
                copies.append(target)
            assert writing.returncode == 0
    assert copies
    again = restore(copies[-1], tmp_path / "restored")
    assert again.json("events", "verify")["whole"]
    names = sorted(row["name"] for row in again.json("model", "list"))
    assert names == [f"m{n:03}" for n in range(len(names))]  # one moment: none is missing in between


def test_something_else_is_not_overwritten(tmp_path: Path) -> None:
    place = Place(tmp_path / "home")
    place.cli("model", "register", "m")
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "cat.jpg").touch()
    done = place.run("-m", "modelcp", "backup", str(folder))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert os.listdir(folder) == ["cat.jpg"]


def test_an_unfinished_backup_has_no_list_of_what_is_in_it(tmp_path: Path) -> None:
    place, target = Place(tmp_path / "home"), tmp_path / "backup"
    place.cli("model", "register", "m")
    place.cli("backup", str(target))
    (target / "artifacts").mkdir(exist_ok=True)
    told = json.loads((target / "backup.json").read_text())
    assert told["database"] == "modelcp.sqlite3"
    (place.home / "modelcp.sqlite3").unlink()
    done = place.run("-m", "modelcp", "backup", str(target))
    assert done.returncode == 1
    assert not (target / "backup.json").exists()


def test_of_a_named_server_it_says_where_to_do_it(tmp_path: Path) -> None:
    place = Place(tmp_path, MODELCP_URL="http://127.0.0.1:9", MODELCP_TOKEN="x")
    done = place.run("-m", "modelcp", "backup", str(tmp_path / "b"))
    assert done.returncode == 1
    assert "http://127.0.0.1:9" in done.stderr
    assert not (tmp_path / "b").exists()
