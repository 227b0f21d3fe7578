"""The command that starts a run's program once more: what it says, and when there is none."""

import shlex
from typing import Any

import pytest

from registry.rules.reruns import rerun_command

CODE = {"commit": "e41c7a9f00", "command": {"arguments": ["python", "train.py"], "directory": "."}}


def started(*arguments: Any, directory: Any = ".", **code: Any) -> dict[str, Any]:
    return {**CODE, "command": {"arguments": list(arguments), "directory": directory}, **code}


def test_the_commit_the_folder_the_program_and_its_arguments() -> None:
    told = rerun_command(started("python", "-m", "train.digits", "--lr", "0.1", directory="ml jobs/a"))
    assert told == (
        "git checkout --detach e41c7a9f00 && cd \"$(git rev-parse --show-toplevel)\"/'ml jobs/a'"
        " && python -m train.digits --lr 0.1"
    )
    assert rerun_command(CODE) == (
        'git checkout --detach e41c7a9f00 && cd "$(git rev-parse --show-toplevel)" && python train.py'
    )


def test_what_a_shell_would_take_for_more_is_a_word() -> None:
    told = rerun_command(started("python", "train.py", "; rm -rf ~", "$(id)", "it's"))
    assert told is not None
    assert shlex.split(told.split(" && ")[2]) == ["python", "train.py", "; rm -rf ~", "$(id)", "it's"]


@pytest.mark.parametrize(
    "code",
    [
        None,
        [],
        {},
        {"commit": "e41c7a9f00"},
        {"command": CODE["command"]},
        started(),
        started("python", 3),
        started("python", "a\nb"),
        started("python", "\x1b[2K"),
        started("python", "\u202egnp.exe"),
        started("python", directory=None),
        started("python", directory="a\nb"),
        started("python", "x" * 5000),
        started("python", commit="--upload-pack=x"),
        started("python", commit="HEAD; id"),
        {**CODE, "command": "python train.py"},
    ],
)
def test_there_is_none_where_too_little_is_known_or_too_much_said(code: Any) -> None:
    assert rerun_command(code) is None
