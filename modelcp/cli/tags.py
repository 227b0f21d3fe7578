"""`modelcp tag`: tags and how often each is used."""

from __future__ import annotations

import click

from modelcp.cli.output import Column, done, output_option, print_rows
from modelcp.cli.session import client, confirm_name, first, list_options, parse_filters

COLUMNS: list[Column] = [
    ("Name", "name"),
    ("Models", "models"),
    ("Versions", "versions"),
    ("Artifacts", "artifacts"),
    ("Runs", "runs"),
]


@click.group()
def tag() -> None:
    """List tags and delete them."""


@tag.command("list")
@list_options
@output_option
def list_tags(*, filters: tuple[str, ...], sort: str | None, limit: int | None, output: str) -> None:
    """List the tags and how often each is used."""
    rows = first(client().list_tags(sort=sort, **parse_filters(filters)), limit)
    print_rows(rows, COLUMNS, output, empty="There are no tags yet.")


@tag.command()
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Don't ask for the name again.")
@output_option
def delete(*, name: str, yes: bool, output: str) -> None:
    """Take a tag off everything and end it."""
    confirm_name(name, "takes off everything the tag", yes)
    client().delete_tag(name)
    done(f"Deleted the tag {name}.", output, {"name": name, "deleted": True})
