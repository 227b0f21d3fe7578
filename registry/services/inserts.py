"""Inserts of many rows of one table by one statement, prepared once: what a report of a run is made of."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import DEFAULT_DB_ALIAS, connections, models


def insert(objects: Sequence[models.Model]) -> None:
    """Inserts new objects of one model; a key that the database gives is not read back."""
    if not objects:
        return
    connection, meta = connections[DEFAULT_DB_ALIAS], objects[0]._meta
    fields = [field for field in meta.concrete_fields if field is not meta.auto_field]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608 - names of our own
    rows = [
        tuple(field.get_db_prep_save(getattr(each, field.attname), connection) for field in fields)
        for each in objects
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)
