"""The one filter grammar of API, pages, SDK and CLI.

    name=startswith:fraud   stage=none   tag=nlp   created=gte:2026-01-01   metric.auc=gt:0.9   sort=-created

A value is `op:value`, or the value alone for `eq`. Several filters, also of one name, must all hold.
A date without a time means the whole day in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from registry.rules.cursors import read_cursor
from registry.rules.filter_values import Kind, bad_filter, parse_time, read_value

MAX_LIMIT, DEFAULT_LIMIT, MAX_IN = 500, 50, 100
NOT_FILTERS = frozenset({"sort", "limit", "cursor", "total"})


EXACT = ("eq", "not", "in")
ORDER = ("gt", "gte", "lt", "lte")
OPS = ("eq", "not", "in", "startswith", "contains", *ORDER)
_OPS_OF = {
    Kind.TEXT: (*EXACT, "startswith"),
    Kind.NUMBER: (*EXACT, *ORDER),
    Kind.TIME: ("eq", *ORDER),
    Kind.BOOL: ("eq",),
    Kind.ID: ("eq", "in"),
}


@dataclass(frozen=True)
class Field:
    """What one filter accepts.

    Args:
        kind: the type of its values.
        ops: those allowed; by kind if not given.
        choices: the only values there are, if they are known.
        nullable: `none` means that there is no value.
        literal: its values often hold a colon (tags do), so an unknown word before one is no error.
        about: a sentence for the documentation.
    """

    kind: Kind = Kind.TEXT
    ops: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    nullable: bool = False
    literal: bool = False
    about: str = ""

    @property
    def allowed(self) -> tuple[str, ...]:
        """The ops that may be used on it."""
        return self.ops or _OPS_OF[self.kind]


@dataclass(frozen=True)
class Test:
    """One filter, read: `value` is typed (a tuple for `in`); None stands for `none`."""

    field: str
    op: str
    value: Any

    __test__ = False  # no test class, whatever pytest thinks of its name


@dataclass(frozen=True)
class Query:
    """A list's question, read: what must hold, in which order, how many, from where."""

    tests: tuple[Test, ...]
    sort: str
    descending: bool
    limit: int
    after: tuple[Any, str] | None = None  # the last row's sort value and id
    total: bool = False


def parse(
    given: Mapping[str, Sequence[str]],
    *,
    fields: Mapping[str, Field],
    sorts: Mapping[str, Kind],
    default: str,
) -> Query:
    """The question in a query string's values by name.

    Args:
        given: each name's values, in order.
        fields: the filters there are; one ending in '.' takes any name that starts so (`metric.`).
        sorts: the sorts there are, with the type of their values.
        default: the sort if none is asked for, such as "-created".

    Raises:
        InvalidInput: an unknown filter, op or sort (it lists the known ones), a wrong value.
    """
    sort, descending = _sort(_last(given, "sort") or default, sorts)
    tests = [
        test
        for name, values in given.items()
        if name not in NOT_FILTERS
        for test in tests_of(name, values, _field(name, fields))
    ]
    cursor = _last(given, "cursor")
    after = read_cursor(cursor, ("-" if descending else "") + sort, sorts[sort]) if cursor else None
    total = _last(given, "total")
    if total not in (None, "", "0", "1"):
        raise bad_filter("total", "total is 0 or 1.")
    return Query(tuple(tests), sort, descending, _limit(_last(given, "limit")), after, total == "1")


def tests_of(name: str, values: Sequence[str], field: Field) -> list[Test]:
    """The tests that the values of one filter are."""
    return [test for value in values for test in _tests(name, value, field)]


def _last(given: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = given.get(name) or ()
    return values[-1] if values else None


def _limit(text: str | None) -> int:
    if text is None or text == "":
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
        raise bad_filter("limit", f"limit must be a number from 1 to {MAX_LIMIT}, not {text[:40]!r}.")
    return min(int(text), MAX_LIMIT)


def _sort(text: str, sorts: Mapping[str, Kind]) -> tuple[str, bool]:
    name = text.removeprefix("-")
    if name not in sorts:
        known = ", ".join(sorts)
        raise bad_filter(
            "sort",
            f"There is no sort {name[:60]!r}. Known are: {known}.",
            "Put '-' before it to turn it round.",
            code="unknown_sort",
        )
    return name, text.startswith("-")


def _field(name: str, fields: Mapping[str, Field]) -> Field:
    found = fields.get(name)
    prefix = name.partition(".")[0] + "."
    if found is None and len(name) > len(prefix):
        found = fields.get(prefix)
    if found is None or name.endswith("."):
        known = ", ".join(f"{key}NAME" if key.endswith(".") else key for key in fields)
        raise bad_filter(
            name, f"There is no filter {name[:60]!r}. Known are: {known}.", code="unknown_filter"
        )
    return found


def _tests(name: str, raw: str, field: Field) -> list[Test]:
    if "\0" in raw or "\0" in name:
        raise bad_filter(name, f"{name[:60]!r} holds the character NUL.")
    op, value = _split(name, raw, field)
    if op == "in":
        parts = value.split(",")
        if len(parts) > MAX_IN:
            raise bad_filter(name, f"in: takes at most {MAX_IN} values.")
        return [Test(name, op, tuple(_value(name, part, field) for part in parts))]
    if field.kind is Kind.TIME:
        return _moments(name, op, value)
    return [Test(name, op, _value(name, value, field))]


def _split(name: str, raw: str, field: Field) -> tuple[str, str]:
    word, colon, rest = raw.partition(":")
    if colon and word in field.allowed:
        return word, rest
    if colon and word in OPS:
        raise bad_filter(
            name,
            f"{name!r} can't be asked by {word!r}. Its ops are: {', '.join(field.allowed)}.",
            code="unknown_op",
        )
    looks_like_op = colon and word.isascii() and word.isalpha() and word.islower() and not field.literal
    if looks_like_op and field.kind is not Kind.TIME:
        raise bad_filter(
            name,
            f"There is no op {word[:40]!r}. The ops of {name!r} are: {', '.join(field.allowed)}.",
            "A value that holds a colon itself is written eq:VALUE.",
            code="unknown_op",
        )
    return "eq", raw


def _value(name: str, text: str, field: Field) -> Any:
    if field.nullable and text == "none":
        return None
    if field.choices and text not in field.choices:
        known = ", ".join([*field.choices, *(["none"] if field.nullable else [])])
        raise bad_filter(name, f"{name!r} can't be {text[:60]!r}. It is one of: {known}.")
    return read_value(name, text, field.kind)


def _moments(name: str, op: str, text: str) -> list[Test]:
    """A time's test as a range; a date stands for its whole day."""
    start, day = parse_time(name, text)
    end = start + (timedelta(days=1) if day else timedelta(microseconds=1))
    match op:
        case "gte":
            return [Test(name, "gte", start)]
        case "gt":
            return [Test(name, "gte", end)]
        case "lt":
            return [Test(name, "lt", start)]
        case "lte":
            return [Test(name, "lt", end)]
        case _:
            return [Test(name, "gte", start), Test(name, "lt", end)]
