"""Querysets compiled to SQL once, for reads that are asked often or that take long to write as SQL."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

Value = str | int | uuid.UUID | datetime
M = TypeVar("M", bound=Model)
MOMENT = datetime(1, 2, 3, 4, 5, 6, 7, tzinfo=UTC)  # an example of a time, unlike any other


class Compiled:
    """A `values_list` or `values` queryset whose parameters are texts, whole numbers, UUIDs or times.

    Args:
        build: makes the queryset from values like `examples`; each is used as it is given. It asks nothing
            of the database: what it builds stays.
        examples: a value of each parameter's type, unlike any other value in the queryset.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *examples: Value) -> None:
        self._build, self._examples = build, examples
        self._plans: dict[str, _Plan] = {}

    def rows(self, *given: Value) -> list[tuple[Any, ...]]:
        """The rows for these values."""
        return self._plan()[0](*given)

    def dicts(self, *given: Value) -> list[dict[str, Any]]:
        """The rows for these values, by the names of the columns."""
        run, names = self._plan()
        return [dict(zip(names, row, strict=True)) for row in run(*given)]

    def _plan(self) -> _Plan:
        plan = self._plans.get(connection.vendor)
        if plan is None:
            plan = self._plans[connection.vendor] = self._compile()
        return plan

    def _compile(self) -> _Plan:
        with connection.execute_wrapper(_refuse):
            query = self._build(*self._examples).query
        compiler = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        marks = [_stored(example) for example in self._examples]
        places = [(at, marks.index(value)) for at, value in enumerate(params) if value in marks]
        if {index for _, index in places} != set(range(len(marks))):
            raise ValueError("A compiled query doesn't ask for one of its examples as it was given.")
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

        return run, list(query.selected or (*query.values_select, *query.annotation_select))


_Plan = tuple[Callable[..., list[tuple[Any, ...]]], list[str]]  # what runs it, and the names of its columns


class CompiledThen:
    """A `values` queryset of now and of a moment, each compiled once.

    Args:
        build: makes the queryset from a moment, None for now, and from values like `examples`.
        examples: as for `Compiled`.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *examples: Value) -> None:
        self._now = Compiled(partial(build, None), *examples)
        self._then = Compiled(build, MOMENT, *examples)

    def dicts(self, at: datetime | None, *given: Value) -> list[dict[str, Any]]:
        """The rows for a moment, None for now, and these values, by the names of the columns."""
        return self._now.dicts(*given) if at is None else self._then.dicts(at, *given)


class CompiledObject(Generic[M]):
    """A queryset of one kind of object, compiled once; its parameters are as those of `Compiled`.

    Args:
        model: the kind.
        build, examples: as for `Compiled`.
        annotated: the names of the queryset's annotations, which the objects get too.
    """

    def __init__(
        self,
        model: type[M],
        build: Callable[..., QuerySet[M]],
        *examples: Value,
        annotated: Sequence[str] = (),
    ) -> None:
        self._model, self._annotated = model, annotated
        self._columns = [field.attname for field in model._meta.concrete_fields]
        names = [*self._columns, *annotated]
        self._compiled = Compiled(lambda *given: build(*given).values_list(*names), *examples)

    def first(self, *given: Value) -> M | None:
        """The first object for these values, or None."""
        rows = self._compiled.rows(*given)
        return self._made(rows[0]) if rows else None

    def all(self, *given: Value) -> list[M]:
        """The objects for these values."""
        return [self._made(row) for row in self._compiled.rows(*given)]

    def _made(self, row: Sequence[Any]) -> M:
        many = len(self._columns)
        made = self._model.from_db(connection.alias, self._columns, row[:many])
        for name, value in zip(self._annotated, row[many:], strict=True):
            setattr(made, name, value)
        return made


def _refuse(*_: Any) -> Any:
    raise ValueError("A query that is compiled once must not depend on what another one finds.")


def _stored(value: Value) -> Any:
    """The value as this database's driver takes it."""
    if isinstance(value, uuid.UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _converted(rows: list[Any], converters: dict[int, Any]) -> list[list[Any]]:
    """The rows with Python's values; on this thread's connection, unlike the compiler's own."""
    found = [list(row) for row in rows]
    for row in found:
        for at, (functions, expression) in converters.items():
            for function in functions:
                row[at] = function(row[at], expression, connection)
    return found
