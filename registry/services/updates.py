"""Updates of rows found by plain equality, without a queryset: compiling one costs ten times its SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

Sql = tuple[str, list[Any]]  # with its parameters


@dataclass(frozen=True)
class Since:
    """A value that a row's own time tells: the number of the first of some times that it isn't before.

    Args:
        field: the name of the field that has the row's time.
        times: from late to early; a row before all of them gets the number after theirs.
    """

    field: str
    times: Sequence[datetime]


def update(table: type[models.Model], where: Mapping[str, Any], **values: Any) -> None:
    """Gives the rows whose fields are as in `where` (None: null; a list: any of these) these values.

    Args:
        where: by the fields' names, as `stage` or `version_id`.
        values: by the fields' names; a `Since` is worked out of each row.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    new = [_assigned(table, name, value) for name, value in values.items()]
    known = [_found(table, name, value) for name, value in where.items()]
    sets, finds = ", ".join(sql for sql, _ in new), " AND ".join(sql for sql, _ in known)
    name = connection.ops.quote_name(table._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {name} SET {sets} WHERE {finds}",  # noqa: S608 - names of our own
            [value for _, given in (*new, *known) for value in given],
        )


def _assigned(table: type[models.Model], name: str, value: Any) -> Sql:
    column = _column(table, name)
    if not isinstance(value, Since):
        return f"{column} = %s", [_stored(table, name, value)]
    own = _column(table, value.field)
    cases = " ".join(f"WHEN {own} >= %s THEN {number}" for number in range(len(value.times)))
    times = [_stored(table, value.field, time) for time in value.times]
    return f"{column} = CASE {cases} ELSE {len(times)} END", times


def _found(table: type[models.Model], name: str, value: Any) -> Sql:
    column = _column(table, name)
    if value is None:
        return f"{column} IS NULL", []
    if isinstance(value, list):
        marks = ", ".join(["%s"] * len(value))
        return f"{column} IN ({marks})", [_stored(table, name, each) for each in value]
    return f"{column} = %s", [_stored(table, name, value)]


def _column(table: type[models.Model], name: str) -> str:
    field: Any = table._meta.get_field(name)
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(str(field.column))


def _stored(table: type[models.Model], name: str, value: Any) -> Any:
    field: Any = table._meta.get_field(name)
    return field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])
