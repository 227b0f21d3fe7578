"""A run tells how it was started; what the registry makes of it starts the program so again."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import Place

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow
SCRIPT = """
import sys
from modelcp import pipeline, step

@step
def told(words: list) -> list: return words

@pipeline(enable_cache=False)
def p(words): told(words)

if __name__ == "__main__":
    p(sys.argv[1:])
"""


@pytest.fixture
def place(tmp_path: Path, program_database: dict[str, str]) -> Place:
    return Place(tmp_path / "home", PYTHONPATH=str(ROOT), **program_database)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with a script, and a package that can be run."""
    root = tmp_path / "clone"
    (root / "ml jobs").mkdir(parents=True)
    (root / "ml jobs" / "train.py").write_text(SCRIPT)
    (root / "package").mkdir()
    (root / "package" / "__main__.py").write_text(SCRIPT)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(root)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    return root


def start(place: Place, where: Path, *words: str) -> dict[str, Any]:
    """The last run, after a program was started in a folder."""
    done = subprocess.run(
        [sys.executable, *words],
        check=False,
        cwd=where,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return last(place)


def last(place: Place) -> dict[str, Any]:
    newest = place.json("run", "list", "--limit", "1")[0]
    run: dict[str, Any] = place.json("run", "describe", newest["id"])
    return run


@pytest.mark.parametrize(
    ("folder", "words"),
    [("ml jobs", ["train.py"]), (".", ["ml jobs/train.py"]), (".", ["-m", "package"])],
)
def test_the_command_starts_it_again(place: Place, clone: Path, folder: str, words: list[str]) -> None:
    first = start(place, clone / folder, *words, "--rate", "0.1", "it's; here")
    path = f'PATH="{Path(sys.executable).parent}:$PATH"'
    done = subprocess.run(
        ["bash", "-c", f"export {path}; {first['rerun']}"],
        check=False,
        cwd=clone / "package",
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    second = last(place)
    assert second["id"] != first["id"]
    assert second["parameters"] == first["parameters"] == {"words": ["--rate", "0.1", "it's; here"]}
    assert second["code"] == first["code"] | {"branch": "(detached)"}
    assert first["rerun"] in place.cli("run", "describe", first["id"])


def test_arguments_that_may_hold_a_secret_are_not_kept(place: Place, clone: Path) -> None:
    for words in (
        ["--db-password", "hunter2"],
        ["--pwd", "hunter2"],
        ["--auth=hunter2"],
        ["--url=postgres://ada:hunter2@db/x"],
        ["--api-key=hunter2"],
    ):
        run = start(place, clone / "ml jobs", "train.py", *words)
        assert "command" not in run["code"]
        assert run["rerun"] is None


def test_words_of_the_trade_are_no_secrets(place: Place, clone: Path) -> None:
    run = start(place, clone / "ml jobs", "train.py", "--max-tokens", "512", "--author=x", "--key-column=id")
    assert run["rerun"].endswith("python train.py --max-tokens 512 --author=x --key-column=id")


def test_nothing_is_offered_that_could_not_be_started_so_again(place: Place, clone: Path) -> None:
    assert start(place, clone, "-c", SCRIPT)["rerun"] is None
    elsewhere = clone.parent
    assert start(place, elsewhere, str(clone / "ml jobs" / "train.py"))["rerun"] is None
    moved = "import os; os.chdir('package')\n" + SCRIPT
    (clone / "moving.py").write_text(moved)
    assert start(place, clone, "moving.py")["rerun"] is None


def test_uncommitted_changes_are_told(place: Place, clone: Path) -> None:
    script = clone / "ml jobs" / "train.py"
    script.write_text(SCRIPT + "# more\n")
    run = start(place, clone / "ml jobs", "train.py")
    assert json.dumps(run["code"]["dirty"]) == "true"
    assert "without the changes that weren't committed" in place.cli("run", "describe", run["id"])
