"""`modelcp model data_artifacts` and its kin: what is linked to a version, and the runs that used it."""

from __future__ import annotations

import click

from modelcp.cli.output import Column, Row, output_option, print_rows, when
from modelcp.cli.session import as_of_option, client

UNITS = ("B", "KB", "MB", "GB", "TB")


def size(row: Row) -> str:
    """Bytes, readable."""
    value = row.get("size")
    if value is None:
        return ""
    left, unit = float(value), 0
    while left >= 1000 and unit < len(UNITS) - 1:
        left, unit = left / 1000, unit + 1
    return f"{left:.3g} {UNITS[unit]}" if unit else f"{value} B"


LINKED: list[Column] = [
    ("Name", "name"),
    ("Artifact", "artifact"),
    ("Version", "number"),
    ("Type", "data_type"),
    ("Size", size),
    ("Step", lambda row: (row.get("step") or {}).get("name")),
    ("Created", when("created_at")),
    ("Uri", "uri"),
]


def _command(kind: str, told: str) -> click.Command:
    @click.command(f"{kind}_artifacts", help=f"List the {told} linked to a version of MODEL.")
    @click.argument("model")
    @click.option(
        "--version", "-v", metavar="VERSION", help="A number, name, stage or @alias; the latest by default."
    )
    @as_of_option
    @output_option
    def linked(model: str, version: str | None, as_of: str | None, output: str) -> None:
        rows = client().list_version_artifacts(model, version, kind=kind, as_of=as_of)
        print_rows(rows, LINKED, output, empty=f"No {told} are linked to it.")

    return linked


@click.command()
@click.argument("model")
@click.option(
    "--version", "-v", metavar="VERSION", help="A number, name, stage or @alias; the latest by default."
)
@output_option
def runs(model: str, version: str | None, output: str) -> None:
    """List the runs that made or used a version of MODEL."""
    from modelcp.cli.runs import COLUMNS

    print_rows(client().list_version_runs(model, version), COLUMNS, output, empty="No run made or used it.")


COMMANDS = [
    _command("data", "data artifacts"),
    _command("model", "model artifacts"),
    _command("deployment", "deployment artifacts"),
    runs,
]
