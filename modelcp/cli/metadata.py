"""`modelcp model version metadata`: a version's values, who wrote them, and those before."""

from __future__ import annotations

import json

import click

from modelcp.cli.output import Column, Row, output_option, print_json, print_rows, when
from modelcp.cli.session import as_of_option, client
from registry.rules.metadata import leaves_of


def _value(row: Row) -> str:
    """A value on one line; a metric that was written after promotion says so."""
    late = " (changed after promotion)" if row.get("changed_after_promotion") else ""
    return _text(row) + late


def _text(row: Row) -> str:
    """A value as it was logged, to its last digit: text as it is, on one line, all else as JSON."""
    value = row["value"]
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _older(row: Row) -> str:
    """The values before it, each with when it ended."""
    until = when("until")
    return "; ".join(f"{_text(value)} until {until(value)}" for value in row["older"])


VALUES: list[Column] = [("Path", "path"), ("Value", _value)]
DETAIL: list[Column] = [
    *VALUES,
    ("By", "by"),
    ("At", when("at")),
    ("Door", "door"),
    ("Run", "run"),
    ("Step", "step"),
    ("Before", _older),
]


@click.command()
@click.argument("model")
@click.argument("version", required=False)
@click.option(
    "--detail", is_flag=True, help="Also who wrote each value, when, from which step, and those before."
)
@as_of_option
@output_option
def metadata(*, model: str, version: str | None, detail: bool, as_of: str | None, output: str) -> None:
    """Show the metadata of MODEL's VERSION: a number, a name, a stage, an @alias; by default the latest."""
    found = client().get_metadata(model, version, as_of, detail=detail)
    if output == "json":
        print_json(found)
        return
    leaves = sorted(leaves_of({} if detail else found).items())
    rows = found["values"] if detail else [{"path": path, "value": value} for path, value in leaves]
    print_rows(rows, DETAIL if detail else VALUES, output, empty="There is no metadata.")
