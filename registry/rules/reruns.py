"""The command that starts a run's program once more, from what the run told of its code. Pure."""

from __future__ import annotations

import re
import shlex
from typing import Any

MOST = 4_000  # characters of a command
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def rerun_command(code: object) -> str | None:
    """A line for a shell in a clone of the repository: the commit, the folder, the program, its arguments.

    None if the run didn't tell all of them, or tells what nobody should paste into a shell.
    """
    told = code if isinstance(code, dict) else {}
    commit, started = told.get("commit"), told.get("command")
    found = started if isinstance(started, dict) else {}
    arguments: Any = found.get("arguments")
    folder: Any = found.get("directory")
    if not (isinstance(commit, str) and _COMMIT.fullmatch(commit) and _words(arguments) and _words([folder])):
        return None
    where = '"$(git rev-parse --show-toplevel)"' + (f"/{shlex.quote(folder)}" if folder != "." else "")
    line = f"git checkout --detach {commit} && cd {where} && {shlex.join(arguments)}"
    return line if len(line) <= MOST else None


def _words(value: Any) -> bool:
    """Whether these are words that a shell can be given: texts without characters that nobody sees."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(word, str) and word.isprintable() for word in value)
    )
