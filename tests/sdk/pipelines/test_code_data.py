"""What a step uses besides functions is part of its code: data of any kind, and the code that it holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelcp.pipelines.code import code_digest, data_around

PROGRAM = """
import helpers
from helpers import *
from modelcp.pipelines.caching import cache_key
from modelcp.pipelines.code import code_digest, data_around
def step(given=DEFAULT):
    return USED, given
code = code_digest(step, data_around(step))
key = cache_key(step="s", code=code, parameters={"given": GIVEN}, inputs=[], outputs=["o"])
print(code, key)
"""
REST = "\nDEFAULT = GIVEN = None\n"
FRAME = "import pandas\nUSED = pandas.DataFrame({{'a': [1, {}]}})"
OWN = """
import argparse, enum, functools
class Base:
    def score(self):
        return {0}
class Own(Base):
    LIMIT = 1
    class Inner:
        def size(self):
            return {1}
class Kind(enum.Enum):
    ONE = {2}
def weigh(x, by={3}):
    return x * {4}
"""
SAME = ("1", "1", "1", "1", "1")


def digests(folder: Path, helpers: str, seed: str = "1") -> tuple[str, str]:
    """The step's digest and its key, in a process of its own that imports these helpers."""
    place = folder / str(len(list(folder.iterdir())))
    place.mkdir()
    (place / "helpers.py").write_text(helpers)
    environment = {"PYTHONPATH": ":".join([str(place), *sys.path]), "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment
    )
    code, key = done.stdout.split()
    assert len(code) == len(key) == 64
    return code, key


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import argparse\nUSED = argparse.Namespace(lr=0.1)",
            "import argparse\nUSED = argparse.Namespace(lr=0.5)",
        ),
        ("import numpy\nUSED = numpy.array([1, 2])", "import numpy\nUSED = numpy.array([1, 3])"),
        (FRAME.format(2), FRAME.format(3)),
        (
            "import functools\nUSED = functools.partial(max, 1)",
            "import functools\nUSED = functools.partial(max, 2)",
        ),
        ("ROWS = [1]\ndef USED(x):\n    return ROWS", "ROWS = [2]\ndef USED(x):\n    return ROWS"),
    ],
    ids=["namespace", "array", "frame", "partial", "a helper's list"],
)
def test_another_value_is_other_code(tmp_path: Path, before: str, after: str) -> None:
    same = digests(tmp_path, before + REST)
    assert digests(tmp_path, before + REST, seed="9") == same
    assert digests(tmp_path, after + REST)[0] != same[0]


@pytest.mark.parametrize(
    ("used", "changed"),
    [
        ("USED = Own()", ("2", "1", "1", "1", "1")),
        ("USED = Own", ("2", "1", "1", "1", "1")),
        ("USED = Own", ("1", "2", "1", "1", "1")),
        ("USED = Kind.ONE", ("1", "1", "2", "1", "1")),
        ("USED = {'weigh': weigh}", ("1", "1", "1", "2", "1")),
        ("USED = {'weigh': weigh}", ("1", "1", "1", "1", "2")),
        ("USED = functools.partial(weigh, 1)", ("1", "1", "1", "1", "2")),
        ("USED = Own().score", ("2", "1", "1", "1", "1")),
    ],
)
def test_the_code_that_a_value_holds_counts(tmp_path: Path, used: str, changed: tuple[str, ...]) -> None:
    same = digests(tmp_path, OWN.format(*SAME) + used + REST)
    assert digests(tmp_path, OWN.format(*SAME) + used + REST, seed="9") == same
    assert digests(tmp_path, OWN.format(*changed) + used + REST)[0] != same[0]


@pytest.mark.parametrize("given", ["Own()", "weigh", "Own"])
def test_the_code_that_a_parameter_or_default_holds_counts(tmp_path: Path, given: str) -> None:
    rest = f"\nUSED = None\nDEFAULT = GIVEN = {given}\n"
    code, key = digests(tmp_path, OWN.format(*SAME) + rest)
    changed = ("2", "1", "1", "1", "2")
    other_code, other_key = digests(tmp_path, OWN.format(*changed) + rest)
    assert code != other_code
    assert key != other_key


def test_a_name_that_is_bound_anew_counts() -> None:
    namespace: dict[str, object] = {"__name__": "__main__", "RATE": 1, "ROWS": [1]}
    exec("def step():\n    return RATE, ROWS, LATER", namespace)
    step = namespace["step"]
    assert callable(step)
    data = data_around(step)
    seen = [code_digest(step, data)]
    for name, value in (("RATE", 2), ("ROWS", [2]), ("LATER", 3), ("LATER", 4)):
        namespace[name] = value
        seen.append(code_digest(step, data))
    assert len(set(seen)) == len(seen)


def test_values_and_classes_that_lead_to_each_other_end() -> None:
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(
        "class Node:\n    def other(self):\n        return node\nnode = Node()\ndef step():\n    return node",
        namespace,
    )
    step = namespace["step"]
    assert callable(step)
    assert code_digest(step, data_around(step))
