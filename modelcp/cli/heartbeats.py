"""`modelcp model heartbeat`: which instances serve which version."""

from __future__ import annotations

from typing import Any

import click

from modelcp.cli.output import Column, Row, done, output_option, print_rows, when
from modelcp.cli.session import client, list_options, parse_filters


def _state(row: Row) -> str:
    if row["gone"]:
        return "gone"
    return "current" if row["current"] else "behind"


COLUMNS: list[Column] = [
    ("Instance", "instance"),
    ("Stage", "stage"),
    ("Version", "version"),
    ("State", _state),
    ("Environment", "environment"),
    ("Since", when("since")),
    ("Seen", when("seen_at")),
]
STAGES = click.Choice(["staging", "production"])


@click.group()
def heartbeat() -> None:
    """Say and list which instances serve which version."""


@heartbeat.command("list")
@click.argument("model")
@click.option("--stage", "-s", type=STAGES, help="Only those that follow this stage.")
@list_options
@output_option
def list_heartbeats(model: str, output: str, filters: tuple[str, ...], **more: Any) -> None:
    """List the instances that said within a day which version of a MODEL they serve."""
    rows = client().list_heartbeats(model, **parse_filters(filters, **more))
    print_rows(rows, COLUMNS, output, empty=f"Nothing says that it serves {model}.")


@heartbeat.command()
@click.argument("model")
@click.argument("version", type=int)
@click.option("--instance", "-i", metavar="NAME", help="Which one it is; this machine's name by default.")
@click.option("--stage", "-s", type=STAGES, default="production", show_default=True, help="What it follows.")
@click.option("--environment", "-e", metavar="NAME", help="Where it runs, in your words.")
@output_option
def send(*, model: str, version: int, output: str, **more: Any) -> None:
    """Say that an instance serves VERSION (a number) of MODEL."""
    row = client().send_heartbeat(model, version, **more)
    told = "" if row["current"] else f", which isn't in {row['stage']}"
    done(f"{row['instance']} serves {row['model']} {row['version']}{told}.", output, row)
