"""Querysets compiled to SQL once, for the few reads that are asked thousands of times a second."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

Value = str | int | uuid.UUID
M = TypeVar("M", bound=Model)


class Compiled:
    """A `values_list` queryset whose parameters are texts, whole numbers or UUIDs.

    Args:
        build: makes the queryset from values like `examples`; each is used as it is given.
        examples: a value of each parameter's type, unlike any other value in the queryset.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *examples: Value) -> None:
        self._build, self._examples = build, examples
        self._plans: dict[str, Callable[..., list[tuple[Any, ...]]]] = {}

    def rows(self, *given: Value) -> list[tuple[Any, ...]]:
        """The rows for these values."""
        plan = self._plans.get(connection.vendor)
        if plan is None:
            plan = self._plans[connection.vendor] = self._compile()
        return plan(*given)

    def _compile(self) -> Callable[..., list[tuple[Any, ...]]]:
        compiler = self._build(*self._examples).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        marks = [_stored(example) for example in self._examples]
        places = [(at, marks.index(value)) for at, value in enumerate(params) if value in marks]
        converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])

        def run(*given: Value) -> list[tuple[Any, ...]]:
            values = list(params)
            for place, index in places:
                values[place] = _stored(given[index])
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                found: list[tuple[Any, ...]] = cursor.fetchall()
            if converters and found:
                found = [tuple(row) for row in _converted(found, converters)]
            return found

        return run


class CompiledObject(Generic[M]):
    """A queryset of one kind of object, compiled once; its parameters are as those of `Compiled`.

    Args:
        model: the kind.
        build, examples: as for `Compiled`.
    """

    def __init__(self, model: type[M], build: Callable[..., QuerySet[M]], *examples: Value) -> None:
        self._model = model
        self._columns = [field.attname for field in model._meta.concrete_fields]
        self._compiled = Compiled(lambda *given: build(*given).values_list(*self._columns), *examples)

    def first(self, *given: Value) -> M | None:
        """The first object for these values, or None."""
        rows = self._compiled.rows(*given)
        return self._model.from_db(connection.alias, self._columns, rows[0]) if rows else None

    def all(self, *given: Value) -> list[M]:
        """The objects for these values."""
        rows = self._compiled.rows(*given)
        return [self._model.from_db(connection.alias, self._columns, row) for row in rows]


def _stored(value: Value) -> Any:
    """The value as this database's driver takes it."""
    if isinstance(value, uuid.UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value


def _converted(rows: list[Any], converters: dict[int, Any]) -> list[list[Any]]:
    """The rows with Python's values; on this thread's connection, unlike the compiler's own."""
    found = [list(row) for row in rows]
    for row in found:
        for at, (functions, expression) in converters.items():
            for function in functions:
                row[at] = function(row[at], expression, connection)
    return found
