"""The folder where this installation keeps its things: database, artifacts, outbox, keys."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path


def home() -> Path:
    """`MODELCP_HOME`, or the platform's folder for a user's data; made if missing, for its owner only.

    Where it can't be made, whoever writes to it meets the reason: reading and sending go without it.
    """
    given = os.environ.get("MODELCP_HOME")
    path = _absolute(given) if given else _platform_data() / "modelcp"
    if not path.is_dir():
        with suppress(OSError):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path.absolute()


@cache
def _absolute(given: str) -> Path:
    """Where a relative path led when it was first used: a step that changes the folder moves no home."""
    return Path(given).expanduser().absolute()


def _platform_data() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def secret(name: str) -> str:
    """A random key kept in the home under `name`, made at first use; readable by its owner only."""
    path = home() / name
    try:
        return path.read_text().strip() or _write_secret(path)
    except FileNotFoundError:
        return _write_secret(path)


def _write_secret(path: Path) -> str:
    """Makes the key in a file of its own and links it into place, so that two processes agree on one."""
    import secrets

    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        if path.exists() and not path.read_text().strip():
            os.replace(draft, path)
        else:
            os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text().strip()
