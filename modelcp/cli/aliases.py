"""`modelcp model alias`: free pointers of a model to its versions."""

from __future__ import annotations

import click

from modelcp.cli.output import Column, done, output_option, print_rows, when
from modelcp.cli.session import as_of_option, client

COLUMNS: list[Column] = [
    ("Alias", "name"),
    ("Version", "version"),
    ("Name", "version_name"),
    ("Set", when("set_at")),
    ("By", "set_by"),
]


@click.group()
def alias() -> None:
    """Point aliases such as `champion` to versions."""


@alias.command("list")
@click.argument("model")
@as_of_option
@output_option
def list_aliases(model: str, as_of: str | None, output: str) -> None:
    """List a MODEL's aliases."""
    print_rows(client().list_aliases(model, as_of), COLUMNS, output, empty=f"{model} has no aliases.")


@alias.command("set")
@click.argument("model")
@click.argument("alias")
@click.argument("version")
@output_option
def set_alias(model: str, alias: str, version: str, output: str) -> None:
    """Point MODEL's ALIAS to VERSION: a number, a name, a stage or `latest`."""
    row = client().set_alias(model, alias, version)
    done(f"{model} @{row['name']} is version {row['version']}.", output, row)


@alias.command()
@click.argument("model")
@click.argument("alias")
@output_option
def delete(model: str, alias: str, output: str) -> None:
    """End MODEL's ALIAS."""
    client().delete_alias(model, alias)
    done(f"{model} has no alias {alias} any more.", output, {"model": model, "alias": alias, "deleted": True})
