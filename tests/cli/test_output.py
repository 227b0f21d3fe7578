"""What commands print: tables that programs can read too, and JSON alone."""

import json
from datetime import UTC, datetime

import pytest

from modelcp.cli.output import Column, print_one, print_rows, when
from modelcp.records import Record

ROWS = [
    {"name": "churn", "count": 7, "tags": ["a", "b"], "stage": None, "note": "x" * 300},
    {"name": "größer", "count": 12345, "tags": [], "stage": "production", "note": ""},
]
COLUMNS: list[Column] = [
    ("Name", "name"), ("Count", "count"), ("Tags", "tags"), ("Stage", "stage"), ("Note", "note"),
]  # fmt: skip


def test_a_piped_table_is_never_cut_nor_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, COLUMNS, "table", empty="")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "x" * 300 in lines[1]
    assert lines[0].split() == ["NAME", "COUNT", "TAGS", "STAGE", "NOTE"]
    assert lines[0].index("COUNT") + len("COUNT") == lines[1].index("7") + 1 == lines[2].index("12345") + 5


def test_json_is_the_rows_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([Record(row) for row in ROWS], COLUMNS, "json", empty="none")
    told = capsys.readouterr()
    assert json.loads(told.out) == ROWS
    assert told.err == ""


def test_an_empty_list_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([], COLUMNS, "json", empty="There are none.")
    assert json.loads(capsys.readouterr().out) == []
    print_rows([], COLUMNS, "table", empty="There are none.")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "There are none.\n")


def test_one_row_shows_what_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    print_one({"name": "m", "stage": None, "description": "two\nlines"}, "table")
    assert capsys.readouterr().out == "Name         m\nDescription  two\n             lines\n"


def test_a_time_is_shown_to_the_second_here() -> None:
    at = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)
    assert when("at")({"at": at.isoformat()}) == at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    assert when("at")({"at": None}) == ""
