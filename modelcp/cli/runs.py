"""`modelcp run`: runs of pipelines."""

from __future__ import annotations

import click

from modelcp.cli.output import Column, Row, output_option, print_json, print_one, print_rows, when
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
]
STEPS: list[Column] = [
    ("Step", "name"),
    ("Status", "status"),
    ("Started", when("started_at")),
    ("After", "upstream"),
    ("Outputs", lambda row: [output.get("name") for output in row.get("outputs") or []]),
]


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
    steps = found.get("steps")
    if isinstance(steps, list) and steps:
        click.echo()
        print_rows(steps, STEPS, output, empty="")
