"""Reads of everything, such as a check of all chains, which take as long as there is much."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def without_limit() -> Iterator[None]:
    """A block in which a serving process's limit of time for statements doesn't hold, on PostgreSQL."""
    if connection.vendor != "postgresql":  # SQLite has no limit, and a transaction would keep writers waiting
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield
