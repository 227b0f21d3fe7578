"""The rows that hang on a row, told in its own query: one statement where each kind would take one.

A hot read pays for each statement, and for each row of one: Python's other threads take a turn there.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet, Subquery
from django.db.models.functions import JSONArray
from django.db.models.sql.compiler import SQLCompiler

from registry.models.fields import JSONText


class Gathered(Subquery):
    """The rows of a queryset as one value: a list of lists, in its order; None or empty without any.

    Args:
        rows: the queryset, which may name the outer row by `OuterRef`.
        columns: what of each row is told: texts, numbers and booleans (on SQLite 0 and 1).
    """

    # What comes out of a subquery isn't known to SQLite as JSON any more.
    template = "(SELECT JSON_GROUP_ARRAY(JSON(told.one)) FROM (%(subquery)s) told)"

    def __init__(self, rows: QuerySet[Any, Any], *columns: Any) -> None:
        told = rows.annotate(one=JSONArray(*columns)).values_list("one")
        super().__init__(told, output_field=JSONText())

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """The same, by PostgreSQL's names."""
        template = "(SELECT JSONB_AGG(told.one) FROM (%(subquery)s) told)"
        return self.as_sql(compiler, connection, template=template, **context)
