"""Pipelines in programs of their own: without source, in an event loop, in a script, in the demo."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import Place

ROOT = Path(__file__).resolve().parents[3]

STEPS = """
from __future__ import annotations
import json
from typing import Annotated
from modelcp import Client, ModelVersion, pipeline, step
@step
def load() -> Annotated[list[int], "data"]:
    return [1, 2]
@step
def add(data: list[int], more: int = 1) -> Annotated[int, "sum"]:
    return sum(data) + more
@pipeline(model_version=ModelVersion("m"))
def p(more: int = 1):
    add(load(), more)
def told(done):
    print(json.dumps({name: result.status for name, result in done.items()}))
"""


@pytest.fixture
def place(tmp_path: Path, program_database: dict[str, str]) -> Place:
    return Place(tmp_path / "home", PYTHONPATH=str(ROOT), **program_database)


def last(printed: str) -> Any:
    return json.loads(printed.strip().splitlines()[-1])


def test_steps_given_on_the_command_line_are_cached_between_processes(place: Place) -> None:
    program = STEPS + "told(p())"
    assert set(last(place.python(program)).values()) == {"completed"}
    assert set(last(place.python(program)).values()) == {"cached"}
    changed = program.replace("sum(data) + more", "sum(data) - more")
    assert last(place.python(changed)) == {"load": "cached", "add": "completed"}


def test_a_script_is_cached_between_processes_and_knows_its_code(place: Place) -> None:
    script = place.home / "train.py"
    script.write_text(STEPS + 'if __name__ == "__main__":\n    told(p())\n')
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(place.home)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "train.py"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "x"], check=True)
    assert set(last(place.run(str(script)).stdout).values()) == {"completed"}
    script.write_text(script.read_text() + "\n# a word more\n")
    assert set(last(place.run(str(script)).stdout).values()) == {"cached"}
    codes = [run["code"] for run in place.json("run", "list")]
    assert sorted(code["dirty"] for code in codes) == [False, True]
    assert len({code["commit"] for code in codes}) == 1
    assert {code["entry_point"] for code in codes} == {"train.py"}


def test_in_a_running_event_loop(place: Place) -> None:
    program = STEPS + textwrap.dedent("""
    import asyncio
    async def main():
        done = p()
        print(json.dumps([done.status, ModelVersion("m").load_artifact("sum")]))
    asyncio.run(main())
    """)
    assert last(place.python(program)) == ["completed", 4]


GUEST = """
import logging, os, random, sys, time
class Thing:
    weight = 3
@step(enable_cache=False)
def away() -> Annotated[Thing, "thing"]:
    os.mkdir("elsewhere")
    os.chdir("elsewhere")
    return Thing()
@step
def weigh(thing: Thing) -> int:
    return thing.weight
@pipeline(model_version=ModelVersion("m"))
def q():
    weigh(away())
def state():
    root = logging.getLogger()
    return random.getstate(), time.tzname, dict(os.environ), sys.excepthook, root.handlers[:], root.level
random.seed(1)
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
before = state()
q()
assert state() == before
print(json.dumps([ModelVersion("m").load_artifact("thing").weight, os.getcwd()]))
"""


def test_a_training_is_left_as_it_is_where_its_warnings_are_errors_and_its_home_is_relative(
    place: Place,
) -> None:
    place.environment |= {"MODELCP_HOME": ".", "TZ": "America/New_York"}
    done = place.run("-W", "error::UserWarning", "-c", STEPS + GUEST)
    assert done.returncode == 0, done.stderr
    assert last(done.stdout) == [3, str(place.home / "elsewhere")]
    assert done.stderr.startswith("modelcp: A value of type __main__.Thing is saved as a pickle")
    assert len(done.stderr.splitlines()) == 1  # nothing of Django's in a log that takes everything
    assert not (place.home / "elsewhere" / "outbox").exists()


def test_a_run_in_a_thread_that_outlives_the_main_one(place: Place) -> None:
    done = place.run("-c", STEPS + "import threading; threading.Thread(target=lambda: told(p())).start()")
    assert last(done.stdout) == {"load": "completed", "add": "completed"}
    assert done.stderr == ""
    assert [run["status"] for run in place.json("run", "list")] == ["completed"]


def test_a_failure_ends_the_program_with_the_users_own_traceback(place: Place) -> None:
    program = STEPS + textwrap.dedent("""
    @step
    def bad(data: list[int]) -> int:
        raise RuntimeError("no convergence")
    @pipeline
    def failing():
        bad(load())
    failing()
    """)
    done = place.run("-c", program)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("RuntimeError: no convergence")
    assert done.stderr.count("modelcp/pipelines") == 1  # one frame of ours, between the call and the step
    assert [run["status"] for run in place.json("run", "list")] == ["failed"]


def test_kill_minus_nine_loses_nothing_that_a_finished_step_posted(place: Place) -> None:
    program = STEPS + textwrap.dedent("""
    import os, signal
    @step
    def die(data: list[int]) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
    @pipeline(model_version=ModelVersion("m"))
    def dying():
        die(load())
    dying()
    """)
    assert place.run("-c", program).returncode == -signal.SIGKILL
    place.cli("sync")
    assert last(place.python(STEPS + 'print(json.dumps(ModelVersion("m").load_artifact("data")))')) == [1, 2]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_marks_the_run_as_cancelled(place: Place) -> None:
    program = STEPS + textwrap.dedent("""
    import time
    @step
    def wait(data: list[int]) -> int:
        print("waiting", flush=True)
        time.sleep(60)
    @pipeline
    def waiting():
        wait(load())
    waiting()
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=place.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert process.returncode != 0
    assert [run["status"] for run in place.json("run", "list")] == ["cancelled"]


@pytest.mark.slow
def test_the_demo(tmp_path: Path) -> None:
    place = Place(tmp_path / "elsewhere", PYTHONPATH=str(ROOT))
    for _ in range(2):  # the second time it rebuilds what is there
        done = place.run("-m", "examples.demo", "--no-serve", "--home", str(tmp_path / "demo"), timeout=280)
        assert done.returncode == 0, done.stderr[-3000:]
    demo = Place(tmp_path / "demo", PYTHONPATH=str(ROOT))
    models = demo.json("model", "list")
    assert len(models) == 5
    assert 28 <= sum(model["versions"] for model in models) <= 36
    assert all(model["production"] and model["tags"] and model["description"] for model in models)
    statuses = [run["status"] for run in demo.json("run", "list")]
    assert statuses.count("failed") == 1
    assert set(statuses) == {"failed", "completed"}
    assert "Warning" not in done.stderr


def test_the_demo_leaves_somebodys_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    place = Place(tmp_path / "elsewhere", PYTHONPATH=str(ROOT))
    done = place.run("-m", "examples.demo", "--no-serve", "--home", str(tmp_path / "mine"))
    assert done.returncode == 1
    assert "isn't a demo's home" in done.stderr
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years"
