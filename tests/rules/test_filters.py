"""The filter grammar and the cursor, alone."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.cursors import make_cursor, read_cursor
from registry.rules.errors import InvalidInput
from registry.rules.filter_values import Kind
from registry.rules.filters import DEFAULT_LIMIT, MAX_IN, MAX_LIMIT, Field, Query, Test, parse

FIELDS = {
    "name": Field(Kind.TEXT, ("eq", "not", "in", "startswith", "contains")),
    "stage": Field(Kind.TEXT, ("eq", "not", "in"), ("staging", "production"), nullable=True),
    "tag": Field(Kind.TEXT, ("eq", "not", "in"), literal=True),
    "number": Field(Kind.NUMBER),
    "created": Field(Kind.TIME),
    "live": Field(Kind.BOOL),
    "run": Field(Kind.ID),
    "metric.": Field(Kind.NUMBER, ("eq", "gt")),
}
SORTS = {"created": Kind.TIME, "name": Kind.TEXT, "number": Kind.NUMBER}
DAY = datetime(2026, 1, 31, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)
NOON = DAY + timedelta(hours=12)


def asked(**given: Any) -> Query:
    """The question of `name=value` or `name=[values]`."""
    values = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    return parse(values, fields=FIELDS, sorts=SORTS, default="-created")


@pytest.mark.parametrize(
    ("name", "raw", "op", "value"),
    [
        ("name", "fraud", "eq", "fraud"),
        ("name", "eq:a:b", "eq", "a:b"),
        ("name", "", "eq", ""),
        ("name", "not:fraud", "not", "fraud"),
        ("name", "in:a,b,c", "in", ("a", "b", "c")),
        ("name", "startswith:fr:", "startswith", "fr:"),
        ("name", "contains:é", "contains", "é"),
        ("name", "Team:model", "eq", "Team:model"),  # no word of the grammar is written so
        ("stage", "none", "eq", None),
        ("stage", "not:none", "not", None),
        ("stage", "in:staging,none", "in", ("staging", None)),
        ("tag", "lang:en", "eq", "lang:en"),
        ("tag", "not:lang:en", "not", "lang:en"),
        ("number", "5", "eq", 5),
        ("number", "gte:-1.5", "gte", -1.5),
        ("number", "lt:1e300", "lt", 1e300),
        ("live", "true", "eq", True),
        ("live", "0", "eq", False),
        ("metric.auc", "gt:0.9", "gt", 0.9),
        ("metric.a.b", "gt:1", "gt", 1),
    ],
)
def test_a_value_is_an_op_and_a_typed_value(name: str, raw: str, op: str, value: Any) -> None:
    assert asked(**{name: raw}).tests == (Test(name, op, value),)


@pytest.mark.parametrize(
    ("raw", "tests"),
    [
        ("2026-01-31", [("gte", DAY), ("lt", NEXT)]),
        ("gte:2026-01-31", [("gte", DAY)]),
        ("gt:2026-01-31", [("gte", NEXT)]),
        ("lt:2026-01-31", [("lt", DAY)]),
        ("lte:2026-01-31", [("lt", NEXT)]),
        ("gte:2026-01-31T12:00:00Z", [("gte", NOON)]),
        ("gte:2026-01-31T14:00:00+02:00", [("gte", NOON)]),
        ("gte:2026-01-31T14:00:00 02:00", [("gte", NOON)]),  # a plus that a URL made a space
        ("gt:2026-01-31T12:00", [("gte", NOON + timedelta(microseconds=1))]),
    ],
)
def test_a_date_is_a_whole_day(raw: str, tests: list[tuple[str, datetime]]) -> None:
    assert asked(created=raw).tests == tuple(Test("created", op, at) for op, at in tests)


@pytest.mark.parametrize(
    ("question", "code", "lists"),
    [
        ({"nmae": "x"}, "unknown_filter", "name, stage, tag, number, created, live, run, metric.NAME"),
        ({"metric.": "1"}, "unknown_filter", "metric.NAME"),
        ({"name.x": "1"}, "unknown_filter", "name"),
        ({"name": "regex:x"}, "unknown_op", "eq, not, in, startswith, contains"),
        ({"stage": "startswith:s"}, "unknown_op", "eq, not, in"),
        ({"metric.auc": "lt:1"}, "unknown_op", "eq, gt"),
        ({"number": "near:3"}, "unknown_op", "gte"),
        ({"sort": "size"}, "unknown_sort", "created, name, number"),
        ({"sort": "--created"}, "unknown_sort", "created"),
        ({"stage": "live"}, "bad_filter", "staging, production, none"),
        ({"number": "five"}, "bad_filter", "number"),
        ({"number": "nan"}, "bad_filter", "number"),
        ({"number": "inf"}, "bad_filter", "number"),
        ({"created": "yesterday"}, "bad_filter", "2026-01-31"),
        ({"created": "9999-12-31"}, "bad_filter", "2026-01-31"),
        ({"live": "maybe"}, "bad_filter", "true or false"),
        ({"run": "7"}, "bad_filter", "UUID"),
        ({"name": "a\0b"}, "bad_filter", "NUL"),
        ({"name": "in:" + "x," * MAX_IN}, "bad_filter", str(MAX_IN)),
        ({"limit": "0"}, "bad_filter", str(MAX_LIMIT)),
        ({"limit": "ten"}, "bad_filter", str(MAX_LIMIT)),
        ({"limit": "-5"}, "bad_filter", str(MAX_LIMIT)),
        ({"total": "yes"}, "bad_filter", "0 or 1"),
    ],
)
def test_what_isnt_understood_is_refused_and_told(question: dict[str, str], code: str, lists: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        asked(**question)
    assert refusal.value.code == code
    assert lists in refusal.value.message
    assert refusal.value.fields


def test_filters_of_one_name_all_count() -> None:
    assert [test.value for test in asked(tag=["a", "b"]).tests] == ["a", "b"]


def test_what_isnt_said_has_a_default() -> None:
    assert asked() == Query((), "created", True, DEFAULT_LIMIT)
    assert asked(limit=["5", "7"], total="1").limit == 7
    assert asked(limit="100000").limit == MAX_LIMIT
    assert asked(total="1").total
    assert not asked(sort="name").descending


@pytest.mark.parametrize(
    ("sort", "kind", "value"),
    [
        ("-created", Kind.TIME, NOON),
        ("name", Kind.TEXT, "naïve 名前 /+=&?"),
        ("name", Kind.TEXT, "😀" * 255),
        ("number", Kind.NUMBER, 17),
        ("-number", Kind.NUMBER, 0.25),
    ],
)
def test_a_cursor_is_read_as_it_was_made_and_fits_into_a_url(sort: str, kind: Kind, value: Any) -> None:
    cursor = make_cursor(sort, value, "an-id")
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert read_cursor(cursor, sort, kind) == (value, "an-id")


def sealed(content: object) -> str:
    """A cursor with this content."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "é",
        sealed(7),
        sealed(None),
        sealed(["-created"]),
        sealed(["-created", "soon", "id"]),
        sealed(["-created", "2026-01-31", "id"]),
        sealed(["-created", 5, "id"]),
        sealed(["-created", NOON.isoformat(), 5]),
        sealed(["-created", NOON.isoformat(), "a\0b"]),
        sealed(["-created", NOON.isoformat(), "id", "more"]),
        make_cursor("-created", NOON, "id")[:-3],
        make_cursor("created", NOON, "id"),
        make_cursor("name", "x", "id"),
        "A" * 5000,
    ],
)
def test_a_garbled_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        asked(cursor=cursor)
    assert refusal.value.code == "bad_cursor"


@given(st.text(max_size=300))
def test_no_text_breaks_the_cursor(text: str) -> None:
    for kind in Kind:
        with pytest.raises(InvalidInput):
            read_cursor(text, "-created", kind)


@given(
    st.sampled_from([*FIELDS, "metric.auc", "other", "sort", "limit", "cursor", "total"]),
    st.text(max_size=60),
)
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    with suppress(InvalidInput):
        assert asked(**{name: text}).limit <= MAX_LIMIT
