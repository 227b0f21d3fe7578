"""The limit of the database: SQL that modelcp ran, run again on a bare connection."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from modelcp.server.databases import SQLITE_PRAGMAS


@dataclass(frozen=True)
class Statement:
    """One statement as Django gave it to the driver.

    Args:
        inside: it was part of a transaction.
        many: `params` are those of many rows.
    """

    sql: str
    params: Any
    inside: bool
    many: bool = False


@dataclass(frozen=True)
class Script:
    """What one request ran, and what it answered."""

    statements: tuple[Statement, ...]
    status: int
    body: bytes


class Bare:
    """A bare connection: `sqlite3` or `psycopg`, with the settings that modelcp gives its own."""

    def __init__(self, url: str) -> None:
        self.lite = url.startswith("sqlite")
        self._connection: Any = _sqlite(url) if self.lite else _postgresql(url)
        self._cursor: Any = self._connection.cursor()
        self._begin = "BEGIN IMMEDIATE" if self.lite else "BEGIN"

    def play(self, script: Script) -> None:
        """Runs the script's statements, those of a transaction in one."""
        for inside, group in itertools.groupby(script.statements, key=lambda each: each.inside):
            if inside:
                self._cursor.execute(self._begin)
            try:
                self._run(group)
            except Exception:
                if inside:
                    self._cursor.execute("ROLLBACK")  # else its locks would keep the next one waiting
                raise
            if inside:
                self._cursor.execute("COMMIT")

    def rows(self, sql: str) -> Iterator[Any]:
        """The rows of a query."""
        return iter(self._cursor.execute(sql))

    def _run(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            run = self._cursor.executemany if statement.many else self._cursor.execute
            run(statement.sql, statement.params or ())
            if self._cursor.description is not None:
                self._cursor.fetchall()


def prepared(script: Script, *, lite: bool) -> Script:
    """The script as the driver itself takes it."""
    kept = [each for each in script.statements if not each.sql.startswith("BEGIN")]
    if lite:
        kept = [replace(each, sql=_marks(each.sql)) for each in kept]
    return Script(tuple(kept), script.status, script.body)


def _marks(sql: str) -> str:
    return sql.replace("%s", "?").replace("%%", "%")


def _sqlite(url: str) -> sqlite3.Connection:
    from django.db.backends.sqlite3._functions import register

    connection = sqlite3.connect(
        urlsplit(url).path[1:], isolation_level=None, check_same_thread=False, timeout=30
    )
    connection.executescript(SQLITE_PRAGMAS)
    register(connection)
    return connection


def _postgresql(url: str) -> Any:
    import psycopg

    return psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor)
