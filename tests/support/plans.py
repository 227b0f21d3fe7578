"""How SQLite answers a statement."""

from django.db import connection


def plan_of(sql: str) -> list[str]:
    """The steps of SQLite's plan for a statement, such as `SEARCH table USING INDEX name (column=?)`."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return [row[3] for row in cursor.fetchall()]
