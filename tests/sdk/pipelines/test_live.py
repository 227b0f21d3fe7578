"""What a run shows: on a terminal its steps and its outcome, elsewhere nothing."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from typing import Annotated

import pytest

from modelcp import ModelVersion, pipeline, step
from modelcp.pipelines.live import duration
from tests.sdk.pipelines.conftest import Registry


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@step
def load() -> Annotated[int, "data"]:
    return 1


@step
def talk(data: int) -> Annotated[int, "said"]:
    print("[hello]", file=sys.stderr)
    return data


@pipeline(model_version=ModelVersion("m"))
def p() -> None:
    talk(load())


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], str]:
    """What a terminal shows while something runs."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("MODELCP_QUIET", raising=False)

    def show(run: Callable[[], object]) -> str:
        stream = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stream)
            run()
        return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())

    return show


Show = Callable[[Callable[[], object]], str]


def test_a_terminal_sees_steps_times_and_the_version(registry: Registry, shown: Show) -> None:
    text = shown(p)
    assert "✓ load" in text
    assert "✓ talk" in text
    assert "▸ talk …\n[hello]\n" in text  # what a step prints starts a line of its own
    assert "completed in" in text
    assert "m 1" in text
    assert "/models/m/versions/1/" in text


def test_cached_failed_and_skipped_steps_show(registry: Registry, shown: Show) -> None:
    @step
    def bad(data: int) -> Annotated[int, "x"]:
        raise ValueError("no")

    @pipeline(model_version=ModelVersion("m"))
    def failing() -> None:
        talk(bad(load()))

    def run() -> None:
        with pytest.raises(ValueError, match="no"):
            failing()

    p()
    text = shown(run)
    assert "↺ load  cached" in text
    assert "✗ bad  failed" in text
    assert "– talk  skipped" in text


def test_elsewhere_nothing_is_shown(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    p()
    assert capsys.readouterr() == ("", "[hello]\n")


def test_it_can_be_switched_off(registry: Registry, shown: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELCP_QUIET", "1")
    assert shown(p) == "[hello]\n"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0421, "42 ms"), (3.24, "3.2 s"), (125, "2 min 5 s"), (3840, "1 h 4 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
