"""Databases with all tables, migrated once and copied: migrating each anew took much of the suite's time."""

import atexit
import functools
import shutil
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path

from tests.support import environment, postgres

NAME = "modelcp.sqlite3"  # of the database in a home


def _migrate(home: Path, **settings: str) -> None:
    """What a first command does to a database."""
    from tests.support.programs import clean_environment

    subprocess.run(
        [sys.executable, "-m", "modelcp", "model", "list"],
        env=clean_environment(home, **settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )


@functools.cache
def _sqlite() -> Path:
    home = environment.HOME / "tables"
    _migrate(home)
    with closing(sqlite3.connect(home / NAME)) as made:
        made.execute("PRAGMA journal_mode=DELETE")  # one file, no companions
    return home / NAME


def put_into(home: Path) -> None:
    """Gives a home that has no database one with all tables and nothing in them."""
    if not (home / NAME).exists():
        shutil.copyfile(_sqlite(), home / NAME)


@functools.cache
def template(url: str) -> str:
    """The name of a database with all tables on the server of `url`, to make others from."""
    name = f"modelcp_tables_{uuid.uuid4().hex}"
    kept = postgres.database(url, name)
    _migrate(environment.HOME / name, MODELCP_DATABASE_URL=kept.__enter__())
    atexit.register(kept.__exit__, None, None, None)
    return name
