"""Lists of every noun: its filters led by the index that finds least, and pages by key instead of offset.

A noun describes its list once, as a `Listing`; API, pages, SDK and CLI ask it by the grammar of
`rules.filters`. A page costs the same wherever it is: it starts at a key, it skips nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import (
    BooleanField,
    Exists,
    F,
    Func,
    IntegerField,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)

from registry.rules.cursors import make_cursor
from registry.rules.errors import InvalidInput
from registry.rules.filter_values import Kind
from registry.rules.filters import Query, Test, parse
from registry.selectors.columns import Column, walked

INSIDE = 6  # of how many FEW the matches inside another filter are looked up: all the others are walked past
FEW = 2000  # rows: as many as a page costs to look up and sort, or to walk past, at a million
AHEAD = 8  # of how many pages a column's newest matches are looked up
M = TypeVar("M", bound=Model)
Given = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Sort:
    """One order of a list: the column (never null) and the kind of its values."""

    path: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Listing:
    """What may be asked of one noun's list.

    Args:
        rows: the rows of these primary keys, as every door shows them; each has `id`.
        columns: the filters, by the name that a query uses.
        sorts: the orders, by name.
        default: the order if none is asked for, such as "-created".
        key: what holds the primary key in the rows.
        named: a question in which what is named stands by its id.
    """

    rows: Callable[[list[Any]], list[dict[str, Any]]]
    columns: Mapping[str, Column]
    sorts: Mapping[str, Sort]
    default: str
    key: str = "id"
    named: Callable[[Given], Given] | None = None

    def read(self, given: Given) -> Query:
        """The question in a query string's values by name; InvalidInput says what isn't understood."""
        given = self.named(given) if self.named else given
        fields = {name: column.accepts for name, column in self.columns.items()}
        kinds = {name: sort.kind for name, sort in self.sorts.items()}
        return parse(given, fields=fields, sorts=kinds, default=self.default)

    def column(self, name: str) -> Column:
        """The column that a test's field names."""
        return self.columns.get(name) or self.columns[name.partition(".")[0] + "."]


@dataclass(frozen=True)
class Page:
    """One page of a list: `next` is the cursor of the one after it, None at the end."""

    rows: list[dict[str, Any]]
    next: str | None
    total: int | None = None
    query: Query | None = field(default=None, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The answer of the API."""
        answer: dict[str, Any] = {"results": self.rows, "next": self.next}
        return answer if self.total is None else {**answer, "total": self.total}


def page(listing: Listing, within: QuerySet[M], given: Given) -> Page:
    """The page that a query string asks for, of the rows `within`.

    Args:
        given: each name's values, as `rules.filters.parse` takes them.

    Raises:
        InvalidInput: the question isn't understood.
    """
    query = listing.read(given)
    found = filtered(listing, within, query.tests)
    total = _total(listing, within, query, found) if query.total else None
    keys = _newest(listing, found, query) or _keys(found, listing.sorts[query.sort].path, query)
    more = len(keys) > query.limit
    keys = keys[: query.limit]
    rows = in_order(listing.rows([key for key, _ in keys]), (key for key, _ in keys), listing.key)
    mark = ("-" if query.descending else "") + query.sort
    cursor = make_cursor(mark, keys[-1][1], keys[-1][0]) if more else None
    return Page(rows, cursor, total, query)


def _total(listing: Listing, within: QuerySet[M], query: Query, found: QuerySet[M]) -> int:
    """How many rows match: of those found, unless a column has another condition to count by."""
    asked = {test.field: listing.column(test.field) for test in query.tests}
    by = {name: replace(it, where=it.tally, bound=None) for name, it in asked.items() if it.tally}
    if by:
        found = filtered(replace(listing, columns={**listing.columns, **by}), within, query.tests)
    return found.count()


def among(rows: QuerySet[M], others: QuerySet[Any], key: str) -> QuerySet[M]:
    """The rows whose primary key is the `key` of one of the others, which an index finds.

    Few are looked up; of many, a page is full after a short walk in the list's order.
    """
    if others.order_by().values(key)[: FEW + 1].count() <= FEW:
        return rows.filter(pk__in=others.order_by().values(key))
    return rows.filter(Exists(others.filter(**{key: OuterRef("pk")})))


def filtered(listing: Listing, within: QuerySet[M], tests: Iterable[Test]) -> QuerySet[M]:
    """The rows for which all tests hold.

    A condition whose index has another order than the list is counted first, up to FEW: fewer are
    looked up by it and sorted; of more, a page is full after a short walk in the list's order.
    """
    found, tests, scopes = within, tuple(tests), dict[str, QuerySet[M]]()
    alone = len(tests) == 1 and not within.query.has_filters()
    inside = {listing.column(test.field).inside for test in tests}
    for test in sorted(tests, key=lambda test: listing.column(test.field).sparse):  # scopes first
        column = listing.column(test.field)
        if column.bound:
            found = found.filter(column.bound(test, within))
            continue
        ordered = test.op in column.ordered
        if not column.sparse or (ordered and alone):
            condition = column.condition(test)
            found = found.filter(condition)
            if test.field in inside:
                scopes[test.field] = within.filter(condition)
            continue
        scope = scopes.get(column.inside)
        matches = _matches(column, test, within, scope)
        few = FEW * (column.times if scope is None else INSIDE)
        if column.past and within.order_by()[: FEW + 1].count() <= FEW:
            found = found.filter(column.condition(test))
        elif column.countable(test.op) and (keys := _few(matches, few, test)) is not None:
            # Looked up by key, then checked for the rest by key: no other index may lead.
            rest = Exists(found.filter(pk=OuterRef("pk")))
            found = within.model._default_manager.filter(pk__in=keys).filter(rest)
        elif ordered:
            found = found.filter(column.condition(test))
        else:
            found = found.filter(
                column.walked(test) if column.walked else walked(column, test, column.condition(test))
            )
    return found


def _matches(
    column: Column, test: Test, within: QuerySet[Any], scope: QuerySet[Any] | None
) -> QuerySet[Any, Any]:
    """The keys that match one test: of all, or of a scope inside which they are counted."""
    if column.source and scope is None:
        return column.source(test)
    condition = (column.counting or column.condition)(test)
    return (within if scope is None else scope).filter(condition).order_by().values_list("pk", flat=True)


def _few(matches: QuerySet[Any, Any], few: int, test: Test) -> Any:
    """The matches, if there are no more than so few; else None."""
    if test.op == "contains":  # as they are found: to look for them twice would be long
        keys = list(matches[: few + 1])
        return keys if len(keys) <= few else None
    return matches if matches[: few + 1].count() <= few else None


def in_order(rows: Iterable[dict[str, Any]], keys: Iterable[Any], name: str = "id") -> list[dict[str, Any]]:
    """The rows in the order of their keys; one that went away meanwhile is left out."""
    by_id = {row[name]: row for row in rows}
    return [by_id[key] for key in keys if key in by_id]


def _newest(listing: Listing, found: QuerySet[M], query: Query) -> list[tuple[Any, Any]]:
    """The keys of one page and one row more, of a column's newest matches; none where they don't fill it."""
    if ("-" if query.descending else "") + query.sort != listing.default:
        return []
    for test in query.tests:
        known = listing.column(test.field).newest
        newest = known(test, AHEAD * (query.limit + 1)) if known else None
        if newest is None:
            continue
        path = listing.sorts[query.sort].path
        some = found.model._default_manager.filter(pk__in=newest[0], **{f"{path}__gt": newest[1]})
        keys = _keys(some.filter(Exists(found.filter(pk=OuterRef("pk")))), path, query)
        return keys if len(keys) > query.limit else []
    return []


def _keys(found: QuerySet[M], path: str, query: Query) -> list[tuple[Any, Any]]:
    """The keys and sort values of one page and one row more, read from the index of the order."""
    if query.after is not None:
        found = found.filter(_after(found.model, path, query.after, descending=query.descending))
    sign = "-" if query.descending else ""
    return list(found.order_by(f"{sign}{path}", f"{sign}pk").values_list("pk", path)[: query.limit + 1])


class Counted(Subquery):
    """How many rows a subquery has; of a sliced one no more than that are looked at."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def any_of(first: QuerySet[M], *others: QuerySet[M]) -> QuerySet[M]:
    """The rows of any of these querysets, each found by its own index: an OR of them would walk a table."""
    keys = first.order_by().values("pk").union(*(other.order_by().values("pk") for other in others))
    return first.model._default_manager.filter(pk__in=keys)


class _Beyond(Func):
    """A comparison of two columns with two values as one row, which an index on both answers."""

    output_field = BooleanField()
    arg_joiner = ", "

    def __init__(self, sign: str, *expressions: Any) -> None:
        super().__init__(*expressions, arity=4)
        self.sign = sign

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        parts, params = [], []
        for expression in self.source_expressions:
            sql, values = compiler.compile(expression)
            parts.append(sql)
            params.extend(values)
        return f"({parts[0]}, {parts[1]}) {self.sign} ({parts[2]}, {parts[3]})", tuple(params)


def _after(model: type[Model], path: str, after: tuple[Any, str], *, descending: bool) -> Any:
    key: Any = model._meta.pk
    try:
        ident = key.to_python(after[1])
    except ValidationError:
        raise InvalidInput("This cursor isn't one of ours.", code="bad_cursor") from None
    value = Value(after[0], output_field=_field_at(model, path))
    sign = "<" if descending else ">"
    return _Beyond(sign, F(path), F("pk"), value, Value(ident, output_field=key))


def _field_at(model: type[Model], path: str) -> Any:
    """The field that an ORM path ends at."""
    found: Any = None
    for part in path.split("__"):
        found = model._meta.get_field(part)
        model = found.related_model or model
    return found
