"""The filters of a list: what each accepts, and its tests as conditions that an index answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, In, LessThan

from registry.rules.filters import Field, Test

NOTHING = Q(pk__in=[])
Where = Callable[[Test], Q]


@dataclass(frozen=True)
class Column:
    """One filter of a list: what it accepts, and the condition that it is.

    Args:
        accepts: the kind of value and the ops.
        path: the ORM's path to the column, for the conditions that every column has.
        where: the condition of a test, where it is another one.
        names: the column is a `NameField`: a prefix is a range of its index.
        sparse: an index finds what matches, but not in the list's order; so where little matches it is
            found by that index, and where much does the list is walked in its order (see `filtered`).
        ordered: the ops of which an index has the list's order all the same: asked alone it is walked.
        counting: the condition for counting, where it is another one.
        counted: the ops, of those of which an index seldom finds what matches, of which it does here.
        walked: the condition for walking, where it is another one.
        source: the keys that match, where another table has them.
        times: of how many FEW its matches are looked up, where it would be long to walk past the others.
        bound: the condition in terms of the rows that the list is within, where only these give one that
            its order's index answers.
        newest: so many matches' keys, and the value of the list's default order after which all that match
            are among them; None where that isn't known.
        past: of a moment, before which an index can't stop: it isn't counted where few rows are walked.
        tally: the condition for counting all that match, where to ask each row by another one would be long.
        inside: the filter that leads an index which goes on by this column: its matches are counted in that.
    """

    accepts: Field
    path: str = ""
    where: Where | None = None
    names: bool = False
    sparse: bool = False
    ordered: tuple[str, ...] = ()
    counting: Where | None = None
    counted: tuple[str, ...] = ()
    walked: Where | None = None
    source: Callable[[Test], QuerySet[Any, Any]] | None = None
    times: int = 1
    bound: Callable[[Test, QuerySet[Any]], Q] | None = None
    newest: Callable[[Test, int], tuple[list[Any], Any] | None] | None = None
    past: bool = False
    tally: Where | None = None
    inside: str = ""

    def countable(self, op: str) -> bool:
        """Whether an index finds what matches by this op, so that it may be counted first."""
        return op not in ("not", "contains") or op in self.counted or bool(self.accepts.choices)

    def condition(self, test: Test) -> Q:
        """The condition of one test."""
        return self.where(test) if self.where else compare(self, test)


def compare(column: Column, test: Test) -> Q:
    """The condition of a test on a plain column."""
    path, value = column.path, test.value
    match test.op:
        case "eq":
            return equal(path, value)
        case "in":
            return (
                _any(equal(path, item) for item in value)
                if None in value
                else Q(**{f"{path}__in": _whole(value)})
            )
        case "not":
            return _other(column, value)
        case "startswith":
            return prefix(path, value) if column.names else Q(**{f"{path}__startswith": value})
        case "contains":
            return Q(**{f"{path}__icontains": value})
        case op:
            return Q(**{f"{path}__{op}": value})


def equal(path: str, value: Any) -> Q:
    """The column is `value`; None asks for no value."""
    if value is None:
        return Q(**{f"{path}__isnull": True})
    return Q(**{path: value}) if _whole([value]) else NOTHING


def _whole(values: Iterable[Any]) -> list[Any]:
    """Without the numbers that no whole-numbered column can hold."""
    return [v for v in values if not isinstance(v, float)]


def _any(conditions: Iterable[Q]) -> Q:
    found = NOTHING
    for condition in conditions:
        found |= condition
    return found


def _other(column: Column, value: Any) -> Q:
    """Anything else: of a few choices the others by name, since an index finds what is, not what isn't."""
    if not column.accepts.choices:
        return ~equal(column.path, value)
    others = [choice for choice in column.accepts.choices if choice != value]
    found = Q(**{f"{column.path}__in": others})
    return (
        found | Q(**{f"{column.path}__isnull": True})
        if column.accepts.nullable and value is not None
        else found
    )


def walked(column: Column, test: Test, condition: Q) -> Q:
    """The condition of a test on a text column, written so that its index isn't used."""
    text = Coalesce(F(column.path), Value(""), output_field=CharField())
    if test.op in ("in", "not") and column.accepts.choices:
        wanted = (
            test.value if test.op == "in" else [c for c in (*column.accepts.choices, None) if c != test.value]
        )
        return Q(In(text, [value or "" for value in wanted]))
    if test.op == "startswith" and column.names:
        end = _next_prefix(test.value)
        start = Q(GreaterThanOrEqual(text, test.value))
        return start & Q(LessThan(text, end)) if end is not None else start
    return condition


def prefix(path: str, start: str) -> Q:
    """Names that start so, as a range: both databases compare a `NameField` by code point."""
    condition = Q(**{f"{path}__gte": start})
    end = _next_prefix(start)
    return condition & Q(**{f"{path}__lt": end}) if end is not None else condition


def _next_prefix(start: str) -> str | None:
    """The least text that is greater than every text starting with `start`."""
    while start:
        last = ord(start[-1])
        if last < 0x10FFFF:
            following = 0xE000 if last + 1 == 0xD800 else last + 1  # surrogates are no characters
            return start[:-1] + chr(following)
        start = start[:-1]
    return None
