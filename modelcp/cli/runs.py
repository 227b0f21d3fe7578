"""`modelcp run`: runs of pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from modelcp.cli.output import (
    Column,
    Row,
    cell,
    output_option,
    print_json,
    print_one,
    print_rows,
    print_table,
    when,
)
from modelcp.cli.session import client, first, list_options, parse_filters


def took(row: Row) -> str:
    """How long a run took."""
    seconds = row.get("duration")
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def used(row: Row) -> str:
    """The versions that a run used or made."""
    return ", ".join(f"{version['model']} {version['number']}" for version in row.get("versions") or [])


def environment(row: Row) -> str:
    """Python and the machine; the packages are in the JSON."""
    found = row.get("environment") or {}
    packages = len(found.get("packages") or {})
    said = [f"Python {found['python']}" if "python" in found else "", str(found.get("platform") or "")]
    return ", ".join(filter(None, [*said, f"{packages} packages" if packages else ""]))


def rerun(row: Row) -> str:
    """The command that starts its program once more, and what it doesn't bring back."""
    dirty = (row.get("code") or {}).get("dirty") and "\n(without the changes that weren't committed)"
    return f"{row['rerun']}{dirty or ''}" if row.get("rerun") else ""


COLUMNS: list[Column] = [
    ("Name", "name"),
    ("Pipeline", "pipeline"),
    ("Status", "status"),
    ("Started", when("started_at")),
    ("Took", took),
    ("Steps", "steps"),
    ("Versions", used),
    ("By", "author"),
    ("Id", "id"),
]
FIELDS: list[Column] = [
    ("Name", "name"),
    ("Pipeline", "pipeline"),
    ("Status", "status"),
    ("Started", when("started_at")),
    ("Ended", when("ended_at")),
    ("Took", took),
    ("Parameters", "parameters"),
    ("Code", "code"),
    ("Environment", environment),
    ("Error", "error"),
    ("Versions", used),
    ("Tags", "tags"),
    ("By", "author"),
    ("Id", "id"),
    ("Rerun", rerun),
]
STEPS: list[Column] = [
    ("Step", "name"),
    ("Status", "status"),
    ("Started", when("started_at")),
    ("After", "upstream"),
    ("Outputs", lambda row: [output.get("name") for output in row.get("outputs") or []]),
]


COMPARED = (
    ("Parameters", "parameters"),
    ("Metrics and metadata", "values"),
    ("Artifacts", "artifacts"),
    ("Code", "code"),
    ("Environment", "environment"),
)


def differing(rows: list[Row]) -> list[list[str]]:
    """The rows of a comparison that differ: what it is, and what each run has there."""
    sides = "versions" if rows and "versions" in rows[0] else "values"
    return [[_label(row), *map(_side, row[sides])] for row in rows if not row["same"]]


def _label(row: Row) -> str:
    return row["path"] if "path" in row else f"{row['step']} {row['way']} {row['name']}"


def _side(value: Any) -> str:
    if isinstance(value, Mapping) and "artifact" in value:
        digest = str(value["sha256"] or "")[:8]
        return f"{value['artifact']} {value['number']} {digest}".rstrip()
    return "-" if value is None else cell(value)


@click.group()
def run() -> None:
    """List and describe runs."""


@run.command("list")
@list_options
@click.option("--pipeline", metavar="NAME", help="Only runs of this pipeline.")
@click.option(
    "--status", metavar="STATUS", help="Only runs that are running, completed, failed or cancelled."
)
@output_option
def list_runs(
    *,
    pipeline: str | None,
    status: str | None,
    filters: tuple[str, ...],
    sort: str | None,
    limit: int | None,
    output: str,
) -> None:
    """List runs, newest first."""
    asked = parse_filters(filters, pipeline=pipeline, status=status)
    rows = first(client().list_runs(sort=sort, **asked), limit)
    print_rows(rows, COLUMNS, output, empty="There are no such runs." if asked else "There are no runs yet.")


@run.command()
@click.argument("run")
@output_option
def describe(run: str, output: str) -> None:
    """Show a RUN, named by its id or its name: what it did, step by step."""
    found = client().get_run(run)
    if output == "json":
        print_json(found)
        return
    print_one(found, output, FIELDS)
    if found.step_runs:
        click.echo()
        print_rows(found.step_runs, STEPS, output, empty="")


@run.command("compare")
@click.argument("run")
@click.option("--with", "other", metavar="RUN", help="The other run; without it the one before.")
@output_option
def compare_runs(run: str, other: str | None, output: str) -> None:
    """Show what differs between a RUN and another of its pipeline: parameters, metrics, data, code."""
    found = client().compare_runs(run, other)
    if output == "json":
        print_json(found)
        return
    first, second = found.runs
    click.echo(f"{second['name']} ({second['status']}) beside {first['name']} ({first['status']})")
    told = [(title, differing(found[part])) for title, part in COMPARED]
    for title, rows in told:
        if rows:
            click.echo()
            print_table([title, str(first["id"])[-4:], str(second["id"])[-4:]], rows, set())
    if not any(rows for _, rows in told):
        click.echo("They don't differ in anything that is recorded.")
