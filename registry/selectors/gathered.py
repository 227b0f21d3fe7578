"""Rows of several kinds in one query: those that hang on a row told with it, or those of many tables at once.

A hot read pays for each statement, and for each row of one: Python's other threads take a turn there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import JSONArray
from django.db.models.sql.compiler import SQLCompiler

from registry.models import Alias, MetricDirection, TagAttachment
from registry.models.fields import JSONText
from registry.selectors.moments import open_at

Makers = Mapping[str, Callable[[Any], Any]]


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


def colored_tags(target: str, at: datetime | None = None) -> Gathered:
    """The tags on the row, a `target` (model, version): name and color, sorted by name; for `tags_told`."""
    rows = TagAttachment.objects.filter(open_at(at), **{target: OuterRef("pk")})
    return Gathered(rows.order_by("tag__name"), "tag__name", "tag__color")


def alias_names(at: datetime | None = None) -> Gathered:
    """The names of the aliases that point to the row, a version; each alone in a list."""
    rows = Alias.objects.filter(open_at(at), version=OuterRef("pk"))
    return Gathered(rows.order_by("name"), "name")


def declared_directions(at: datetime | None = None, model: str = "model") -> Gathered:
    """The directions declared for the metrics of the row's model: metric and direction; `dict` takes them."""
    rows = MetricDirection.objects.filter(open_at(at), model=OuterRef(model))
    return Gathered(rows.order_by("metric"), "metric", "direction")


def tags_told(gathered: list[list[str]] | None) -> list[dict[str, str]]:
    """Each tag as its name and color."""
    return [{"name": name, "color": color} for name, color in gathered or ()]


@dataclass(frozen=True)
class Kind:
    """Rows of one table, to be read with those of others.

    Args:
        rows: the queryset, in no order, of a table whose rows are in force for a time.
        key: the column of the UUID that they hang on.
        columns: what else is told, by its name: a column or an expression, a text, a number or a boolean.
        made: what turns a told value, unless it is None, to what it is: a UUID, JSON, on SQLite a boolean.
    """

    rows: QuerySet[Any]
    key: str
    columns: Mapping[str, Any]
    made: Makers


def together(kinds: Mapping[str, Kind]) -> dict[str, list[dict[str, Any]]]:
    """The rows of all kinds by one query, each with its key, its columns, `valid_from` and `valid_to`."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in kinds}
    parts = [
        kind.rows.order_by().values_list(
            Value(number),
            kind.key,
            "valid_from",
            "valid_to",
            JSONArray(*kind.columns.values(), output_field=JSONText()),
        )
        for number, kind in enumerate(kinds.values())
    ]
    every = list(kinds.items())
    for number, key, begin, end, told in parts[0].union(*parts[1:], all=True) if parts else ():
        name, kind = every[number]
        row = dict(zip(kind.columns, told, strict=True))
        row |= {column: make(row[column]) for column, make in kind.made.items() if row[column] is not None}
        found[name].append({kind.key: key, **row, "valid_from": begin, "valid_to": end})
    return found
