"""Updates of rows found by plain equality, without a queryset: compiling one costs ten times its SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models


def update(table: type[models.Model], where: Mapping[str, Any], **values: Any) -> None:
    """Gives the rows whose fields are as in `where` (None: null) these values.

    Args:
        where: by the fields' names, as `stage` or `version_id`.
    """
    connection, meta = connections[DEFAULT_DB_ALIAS], table._meta

    def stored(name: str, value: Any) -> tuple[str, Any]:
        field: Any = meta.get_field(name)
        return connection.ops.quote_name(str(field.column)), field.get_db_prep_save(value, connection)

    new = [stored(name, value) for name, value in values.items()]
    known = [stored(name, value) for name, value in where.items()]
    sets = ", ".join(f"{column} = %s" for column, _ in new)
    finds = " AND ".join(
        f"{column} IS NULL" if value is None else f"{column} = %s" for column, value in known
    )
    name = connection.ops.quote_name(meta.db_table)
    sql = f"UPDATE {name} SET {sets} WHERE {finds}"  # noqa: S608 - names of our own
    given = [value for _, value in new] + [value for _, value in known if value is not None]
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
