"""Copies a registry while it is in use: the database as of one moment, and the bytes that it names.

    modelcp.sqlite3 | modelcp.pgdump    the database
    artifacts/                          the bytes, by digest
    secret_key                          so that sessions go on after a restore
    backup.json                         what is in it; written last: without it the backup is not whole

The database is copied first. Bytes are stored before a record names them, so every record of the copy
has its bytes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from modelcp import __version__
from modelcp.errors import ConfigurationError, StoreError
from modelcp.home import home
from modelcp.server.migrate import copy_sqlite

MANIFEST = "backup.json"
ARCHIVES: dict[str, Literal["w:", "w:gz"]] = {".tar": "w:", ".tgz": "w:gz", ".gz": "w:gz"}


def backup(target: Path) -> dict[str, Any]:
    """Copies this home's registry to a folder, or to a .tar, .tar.gz or .tgz file.

    A folder that holds an earlier backup is brought up to date: bytes that it has aren't copied again.

    Returns:
        what was copied: `file`, `at`, `version`, `database`, `artifacts`, `bytes`.

    Raises:
        ConfigurationError: there is nothing to copy, or PostgreSQL's pg_dump is missing.
        StoreError: the target holds something else.
    """
    target = target.expanduser().absolute()
    if target.suffix in ARCHIVES:
        return _archive(target)
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise StoreError(f"{target} holds something that is no backup.", hint="Name a new or empty folder.")
    if target.exists() and not target.is_dir():
        raise StoreError(f"{target} is a file.", hint="Name a folder, or a file ending in .tar or .tar.gz.")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {"file": str(target), **_fill(target)}


def _archive(target: Path) -> dict[str, Any]:
    if target.exists():
        raise StoreError(f"{target} exists already.", hint="Name another file.")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(prefix=".modelcp-backup-", dir=target.parent) as folder:
            told = _fill(Path(folder))
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with (
                os.fdopen(descriptor, "wb") as out,
                tarfile.open(fileobj=out, mode=ARCHIVES[target.suffix]) as archive,
            ):
                for path in sorted(Path(folder).iterdir()):
                    archive.add(path, arcname=path.name)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return {"file": str(target), **told}


def _fill(folder: Path) -> dict[str, Any]:
    from django.conf import settings
    from django.db import connection

    (folder / MANIFEST).unlink(missing_ok=True)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    if connection.vendor == "sqlite":
        database = _sqlite(Path(str(connection.settings_dict["NAME"])), folder)
    else:
        database = _postgresql(connection.settings_dict, folder)
    count, size = _artifacts(Path(settings.ARTIFACT_DIR), folder / "artifacts")
    _key(folder)
    told = {"at": at, "version": __version__, "database": database, "artifacts": count, "bytes": size}
    draft = folder / f"{MANIFEST}.new"
    draft.write_text(json.dumps(told, indent=2) + "\n")
    draft.replace(folder / MANIFEST)
    return told


def _sqlite(source: Path, folder: Path) -> str:
    if not source.is_file():
        raise ConfigurationError(f"There is no registry at {source}.", hint="See MODELCP_HOME.")
    draft = folder / "modelcp.sqlite3.new"
    draft.unlink(missing_ok=True)
    copy_sqlite(source, draft)
    draft.replace(folder / "modelcp.sqlite3")
    return "modelcp.sqlite3"


def _postgresql(database: dict[str, Any], folder: Path) -> str:
    program = shutil.which("pg_dump")
    if program is None:
        raise ConfigurationError(
            "pg_dump isn't installed here, and it copies a PostgreSQL database.",
            code="not_installed",
            hint="Install PostgreSQL's client programs, or back the database up where it runs and copy "
            "the artifacts' folder after it.",
        )
    draft = folder / "modelcp.pgdump.new"
    where = {"--host": database["HOST"], "--port": database["PORT"], "--username": database["USER"]}
    options = [f"{name}={value}" for name, value in where.items() if value]
    done = subprocess.run(
        [
            program,
            "--format=custom",
            f"--file={draft}",
            *options,
            "--no-password",
            f"--dbname={database['NAME']}",
        ],
        env={**os.environ, **({"PGPASSWORD": database["PASSWORD"]} if database["PASSWORD"] else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        draft.unlink(missing_ok=True)
        raise ConfigurationError(f"pg_dump failed: {' '.join(done.stderr.split())[:300]}.")
    draft.replace(folder / "modelcp.pgdump")
    return "modelcp.pgdump"


def _artifacts(source: Path, target: Path) -> tuple[int, int]:
    """Copies what the target hasn't, each under another name until it is whole; their count and bytes."""
    count = size = 0
    for folder, inner, names in os.walk(source):
        if Path(folder) == source and "incoming" in inner:  # uploads under way
            inner.remove("incoming")
        for name in sorted(names):
            path = Path(folder) / name
            copy = target / path.relative_to(source)
            try:
                length = path.stat().st_size
                if not copy.is_file() or copy.stat().st_size != length:
                    copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    draft = copy.with_name(f".{name}.{os.getpid()}")
                    shutil.copyfile(path, draft)
                    draft.replace(copy)
            except FileNotFoundError:  # an upload that ended, or a content deleted just now
                continue
            count, size = count + 1, size + length
    return count, size


def _key(folder: Path) -> None:
    key = home() / "secret_key"
    if key.is_file():
        draft = folder / "secret_key.new"
        draft.touch(mode=0o600)
        draft.write_bytes(key.read_bytes())
        draft.replace(folder / "secret_key")
