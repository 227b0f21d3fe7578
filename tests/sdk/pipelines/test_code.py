"""What changes a step's code, and what doesn't."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcp.pipelines.caching import cache_key
from modelcp.pipelines.code import code_digest as digest_with
from modelcp.pipelines.code import data_around, source_of
from modelcp.pipelines.digests import Undigestable, value_digest

PROGRAM = """
from modelcp.pipelines.code import code_digest, data_around
{before}
def step(x, y={default}):
    {body}
    if x in {{"a", "b", "c"}}:
        return 1
    return [i for i in range(x)], LIMIT, helper(x)
print(code_digest(step, data_around(step)))
"""


def digest(*, before: str = "", body: str = "pass", default: str = "1", seed: str = "1") -> str:
    """The digest in a process of its own, where there is no source."""
    before = before or "LIMIT = 3\ndef helper(x):\n    return x + 1\n"
    program = PROGRAM.format(before=before, body=body, default=default)
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
    )
    return done.stdout.strip()


def test_without_source_the_bytecode_decides() -> None:
    same = digest()
    assert len(same) == 64
    assert same == digest(seed="77")
    assert same == digest(before="\n\nLIMIT = 3\ndef helper(x):\n    return x + 1\n")
    changed = [
        digest(body="x += 1"),
        digest(default="2"),
        digest(before="LIMIT = 4\ndef helper(x):\n    return x + 1\n"),
        digest(before="LIMIT = 3\ndef helper(x):\n    return x + 2\n"),
    ]
    assert len({same, *changed}) == 5


def code_digest(function: Callable[..., Any]) -> str | None:
    return digest_with(function, data_around(function))


def make(k: Any) -> Callable[[int], Any]:
    def closed(x: int) -> Any:
        return x, k

    return closed


def test_what_a_closure_holds_counts() -> None:
    assert code_digest(make(1)) == code_digest(make(1)) != code_digest(make(2))
    assert code_digest(make(make(1))) != code_digest(make(make(2)))


BY_MODULE = """
import shop
import shop.prices as prices
from shop import stock
import json
from modelcp.pipelines.code import code_digest, data_around
def step(x):
    return prices.net(x) * shop.stock.RATE, stock.Shelf().size(), json.dumps(x)
print(code_digest(step, data_around(step)))
"""


PRICES = "from shop.stock import RATE\ndef net(x):\n    return {}\ndef gross(x):\n    return {}\n"
STOCK = "RATE = {}\nclass Shelf:\n    def size(self):\n        return {}\n"


def digest_by_module(folder: Path, **changed: str) -> str:
    """The digest of a step that takes all it uses by its module's name."""
    modules = {"prices": PRICES.format("x * RATE", "x"), "stock": STOCK.format(2, 1)}
    package = folder / str(len(list(folder.iterdir()))) / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for name, source in {**modules, **changed}.items():
        (package / f"{name}.py").write_text(source)
    environment = {"PYTHONPATH": ":".join([str(package.parent), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", BY_MODULE], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip()


def test_what_is_taken_from_a_module_by_its_name_counts(tmp_path: Path) -> None:
    same = digest_by_module(tmp_path)
    assert len(same) == 64
    assert same == digest_by_module(tmp_path, prices=PRICES.format("x * RATE", "x + 1"))
    changed = [
        digest_by_module(tmp_path, prices=PRICES.format("x + RATE", "x")),
        digest_by_module(tmp_path, stock=STOCK.format(3, 1)),
        digest_by_module(tmp_path, stock=STOCK.format(2, 4)),
    ]
    assert len({same, *changed}) == 4


def test_what_steps_append_to_or_count_does_not_change_them() -> None:
    seen: list[int] = []
    count = 0

    def noting(x: int) -> int:
        nonlocal count
        count += 1
        seen.append(x)
        return x

    data = data_around(noting)
    before = digest_with(noting, data)
    noting(1)
    assert digest_with(noting, data) == before is not None


def test_what_cannot_be_told_apart_has_no_digest() -> None:
    assert code_digest(make(threading.Lock())) is None


def test_recursion_ends() -> None:
    def down(x: int) -> int:
        return down(x - 1) if x else 0

    assert code_digest(down)


def test_source_is_dedented() -> None:
    assert source_of(make(1)).startswith("def closed")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        ("1", 1),
        (b"a", "a"),
        ([1], (1,)),
        ({"a": 1}, {"a": 2}),
        ({1, 2}, {1, 3}),
        (None, "None"),
        (["ab"], ["a", "b"]),
        (0.1, 0.1 + 1e-17 + 1e-9),
        ({"a": [1]}, {"a": [1, 1]}),
        ([[1], 2], [[1, 2]]),
    ],
)
def test_other_values_have_other_digests(one: Any, other: Any) -> None:
    assert value_digest(one) != value_digest(other)


def test_equal_values_have_equal_digests() -> None:
    assert value_digest({"a": {3, 1, 2}, "b": (None, 1.5)}) == value_digest(
        {"a": {2, 3, 1}, "b": (None, 1.5)}
    )


def test_what_has_no_stable_form_is_refused() -> None:
    with pytest.raises(Undigestable):
        value_digest(threading.Lock())


def key(**changes: Any) -> str:
    parts: dict[str, Any] = {
        "step": "s",
        "code": "c",
        "parameters": {"a": 1},
        "inputs": [("x", "ab")],
        "outputs": ["o"],
    }
    return cache_key(**{**parts, **changes})


def test_each_part_changes_the_key() -> None:
    keys = [
        key(),
        key(step="t"),
        key(code="d"),
        key(parameters={"a": 2}),
        key(inputs=[("x", "ac")]),
        key(inputs=[("y", "ab")]),
        key(outputs=["p"]),
    ]
    assert len(set(keys)) == 7
    assert key() == key()


@pytest.mark.parametrize(
    "changes",
    [{"code": None}, {"code": ""}, {"inputs": [("x", "")]}, {"parameters": {"a": threading.Lock()}}],
)
def test_without_certainty_there_is_no_key(changes: dict[str, Any]) -> None:
    assert key(**changes) == ""
