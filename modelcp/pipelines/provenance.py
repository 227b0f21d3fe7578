"""Where a run's code comes from and what it runs on: the git commit, the entry point, Python, packages."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from modelcp.pipelines.command import command

GIT_SECONDS = 2.0  # a status of a huge repository isn't waited for any longer

_INSTALLED = re.compile(r"^(?P<name>.+?)-(?P<version>[^-]+)(-[^-]*)?\.(dist-info|egg-info)$")


class Code:
    """The code of a run; `git status` runs beside the composing of the graph, `facts` waits for it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        file = _file_of(function)
        folder = file.parent if file else Path.cwd()
        self._file, self._root = file, _repository(folder)
        self._git = _start_git(folder) if self._root else None

    def facts(self) -> dict[str, Any]:
        """commit, branch, dirty (where there is git), entry_point, command, source_digest (of its file)."""
        facts: dict[str, Any] = {"entry_point": _entry_point()}
        with suppress(OSError):
            if started := command(self._root):
                facts["command"] = started
        if self._file is not None:
            facts["file"] = str(self._file)
            with suppress(OSError):
                facts["source_digest"] = hashlib.sha256(self._file.read_bytes()).hexdigest()
        return {**facts, **self._read_git()}

    def _read_git(self) -> dict[str, Any]:
        if self._git is None:
            return {}
        try:
            text, _ = self._git.communicate(timeout=GIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._git.kill()
            self._git.communicate()
            return {}
        if self._git.returncode:
            return {}
        return _parse_status(text.decode("utf-8", "replace"))


def _parse_status(text: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"dirty": False}
    for line in text.splitlines():
        if line.startswith("# branch.oid "):
            facts["commit"] = line.removeprefix("# branch.oid ")
        elif line.startswith("# branch.head "):
            facts["branch"] = line.removeprefix("# branch.head ")
        elif line and not line.startswith("#"):
            facts["dirty"] = True
    if facts.get("commit", "(initial)") == "(initial)":
        facts.pop("commit", None)
    return facts


def _repository(folder: Path) -> Path | None:
    """The folder of the repository around `folder`; None where there is none."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)


def _start_git(folder: Path) -> subprocess.Popen[bytes] | None:
    """`git status` in a folder, started; None if there is no git."""
    try:
        return subprocess.Popen(
            ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None


def _file_of(function: Callable[..., Any]) -> Path | None:
    code = getattr(function, "__code__", None)
    path = Path(code.co_filename) if code else None
    return path.absolute() if path and path.is_file() else None


def _entry_point() -> str:
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:
        return f"python -m {spec.name.removesuffix('.__main__')}"
    return os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] not in ("", "-c") else "interactive"


@lru_cache(maxsize=1)
def environment() -> dict[str, Any]:
    """Python's version, the platform, the machine's name, and the installed packages with their versions."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}".strip(),
        "host": platform.node(),
        "packages": _packages(),
    }


def _packages() -> dict[str, str]:
    """By the folders that describe them: reading each one's metadata would take 100 times as long."""
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            match = _INSTALLED.match(name)
            if match:
                found.setdefault(match["name"].replace("_", "-").lower(), match["version"])
    return dict(sorted(found.items()))
