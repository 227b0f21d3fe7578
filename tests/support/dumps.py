"""A registry's whole database as a value, read past the registry, without what differs between two runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models

Row = dict[str, Any]
Tables = dict[str, list[Row]]

NOT_DATA = ("Token", "SignInLink")  # who asks, not what was done
HASHES = {"Event": ("payload_digest", "prev_hash", "hash"), "Chain": ("head",), "Operation": ("digest",)}
ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}(?![0-9a-f])")
LASTED = re.compile(r'(?<=duration\\":)[0-9.e-]+')
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d[:.]\d\d[:.]\d\d(\.\d+)?(Z|\+00:00)?")


class Database:
    """A server's database: PostgreSQL's by its URL, or the SQLite file of its home.

    Args:
        home: the server's.
        url: of PostgreSQL, or empty.
    """

    def __init__(self, home: Path, url: str = "") -> None:
        self.home, self.url = home, url

    @contextlib.contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection of the driver's own; what was done is committed at the end."""
        connection: Any
        if self.url:
            import psycopg

            connection = psycopg.connect(self.url)
        else:
            connection = sqlite3.connect(self.home / "modelcp.sqlite3", timeout=30)
        try:
            yield connection
            connection.commit()
        finally:
            connection.close()

    def rows(self) -> Tables:
        """All rows of the registry, by the models' names; ids as UUIDs, times with their zone."""
        with self.connection() as connection:
            return {model.__name__: _rows(connection, model) for model in _models()}

    def empty(self) -> None:
        """As it was when it was made, but for who may sign in."""
        names = [model._meta.db_table for model in _models() if model.__name__ not in NOT_DATA]
        with self.connection() as connection:
            if self.url:
                connection.execute(f"TRUNCATE {', '.join(names)}")
            for name in () if self.url else names:
                connection.execute(f"DELETE FROM {name}")
            zero = "0" * 32
            connection.execute(f"INSERT INTO registry_chain (id, count, head) VALUES ('{zero}', 0, '')")


def _models() -> list[type[models.Model]]:
    return list(apps.get_app_config("registry").get_models())


def _rows(connection: Any, model: type[models.Model]) -> list[Row]:
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    found = connection.execute(f"SELECT {columns} FROM {model._meta.db_table}").fetchall()
    return [
        {field.attname: _value(field, value) for field, value in zip(fields, row, strict=True)}
        for row in found
    ]


def _value(field: Any, value: Any) -> Any:
    kind = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(value, str) and isinstance(kind, models.UUIDField):
        return uuid.UUID(value)
    if isinstance(kind, models.DateTimeField) and value is not None:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return value


class Told:
    """What a database tells, apart from ids, times and hashes.

    `plain` has every id as `<>`. In `lines` an id is told by what is said of it everywhere (its colour),
    so that two databases have the same lines only if their rows point to each other in the same way. A
    time that is an event's is told by the event's place in its chain.
    """

    def __init__(self, tables: Tables) -> None:
        events = {row["at"]: row["seq"] for row in tables["Event"]}
        texts = [
            _text(name, row, events) for name, rows in tables.items() if name not in NOT_DATA for row in rows
        ]
        self._split = [re.split(r"<([0-9a-f]{32})>", text) for text in texts]
        self.plain = sorted("<>".join(parts[::2]) for parts in self._split)
        self.lines = self._lines(8)

    def first_apart(self, other: Told) -> tuple[list[str], list[str]]:
        """The lines of both at the first round of telling ids apart in which they differ."""
        return next(
            (mine, theirs)
            for mine, theirs in ((self._lines(rounds), other._lines(rounds)) for rounds in range(9))
            if mine != theirs
        )

    def _lines(self, rounds: int) -> list[str]:
        colours: dict[str, str] = defaultdict(str)
        for _ in range(rounds):
            colours = self._finer(colours)
        return sorted(self._coloured(parts, colours) for parts in self._split)

    def _coloured(self, parts: list[str], colours: dict[str, str]) -> str:
        return "".join(f"<{colours[part]}>" if at % 2 else part for at, part in enumerate(parts))

    def _finer(self, colours: dict[str, str]) -> dict[str, str]:
        said: dict[str, list[str]] = defaultdict(list)
        for parts in self._split:
            line = self._coloured(parts, colours)
            for at in range(1, len(parts), 2):
                said[parts[at]].append(f"{at} {line}")
        return defaultdict(
            str,
            {
                ident: hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:8]
                for ident, lines in said.items()
            },
        )


def _text(name: str, row: Row, events: dict[datetime, int]) -> str:
    """A row as text; ids as `<32 hexadecimal digits>`."""
    kept = {key: value for key, value in row.items() if key not in HASHES.get(name, ())}
    if isinstance(kept.get("id"), int):
        del kept["id"]
    for key, value in kept.items():
        if isinstance(value, datetime):
            kept[key] = f"at event {events[value]}" if value in events else "<time>"
    text = f"{name} {json.dumps(kept, default=str, sort_keys=True)}"
    text = LASTED.sub("<time>", TIME.sub("<time>", text))
    return ID.sub(lambda match: f"<{match[0].replace('-', '')}>", text)


class PointsElsewhere(AssertionError):
    """The rows are the same, but for which of several alike they point to."""


def assert_same(found: Told, wanted: Told) -> None:
    """Fails with what one has and the other hasn't; PointsElsewhere if only ids tell them apart."""
    if found.plain != wanted.plain:
        raise AssertionError(_apart(found.plain, wanted.plain))
    if found.lines != wanted.lines:
        raise PointsElsewhere(_apart(*found.first_apart(wanted)))


def _apart(mine: list[str], theirs: list[str]) -> str:
    told = ["Too much:", *_without(mine, theirs)[:20], "Missing:", *_without(theirs, mine)[:20]]
    return "\n".join(line[:1000] for line in told)


def _without(lines: list[str], others: list[str]) -> list[str]:
    left = list(others)
    more = []
    for line in lines:
        if line in left:
            left.remove(line)
        else:
            more.append(line)
    return more
