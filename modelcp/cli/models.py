"""`modelcp model`: models; below it versions, stages, artifacts, runs, aliases, gates, approvals …"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from modelcp.cli import aliases, approvals, artifacts, gates, heartbeats, stages, versions
from modelcp.cli.output import Column, done, one_line, output_option, print_json, print_one, print_rows, when
from modelcp.cli.session import as_of_option, client, confirm_name, first, list_options, parse_filters

F = TypeVar("F", bound=Callable[..., Any])
CARD = ("license", "description", "audience", "use_cases", "limitations", "trade_offs", "ethics")
COLUMNS: list[Column] = [
    ("Name", "name"),
    ("Versions", "versions"),
    ("Latest", "latest"),
    ("Production", "production"),
    ("Staging", "staging"),
    ("License", "license"),
    ("Tags", "tags"),
    ("Owner", "owner"),
    ("Changed", when("changed_at")),
    ("Description", one_line("description")),
]
FIELDS: list[Column] = [
    ("Name", "name"),
    ("License", "license"),
    ("Description", "description"),
    ("Audience", "audience"),
    ("Use cases", "use_cases"),
    ("Limitations", "limitations"),
    ("Trade-offs", "trade_offs"),
    ("Ethics", "ethics"),
    ("Tags", "tags"),
    ("Owner", "owner"),
    ("Versions", "versions"),
    ("Latest", "latest"),
    ("Production", "production"),
    ("Staging", "staging"),
    ("Created", when("created_at")),
    ("Created by", "created_by"),
    ("Changed", when("changed_at")),
    ("Id", "id"),
]


@click.group()
def model() -> None:
    """Register, list and change models and their versions."""


model.add_command(versions.version)
model.add_command(aliases.alias)
model.add_command(gates.gates)
model.add_command(approvals.approvals)
model.add_command(heartbeats.heartbeat)
for command in (*artifacts.COMMANDS, *stages.COMMANDS):
    model.add_command(command)


def card_options(command: F) -> F:
    """The fields of a model card as options."""
    for option in (
        click.option("--ethical", "--ethics", "ethics", metavar="TEXT", help="Ethical considerations."),
        click.option(
            "--tradeoffs", "--trade-offs", "trade_offs", metavar="TEXT", help="What was given up for what."
        ),
        click.option("--limitations", metavar="TEXT", help="Where it must not be relied on."),
        click.option("--use-cases", metavar="TEXT", help="What it is for."),
        click.option("--audience", metavar="TEXT", help="Whom it is for."),
        click.option("--description", metavar="TEXT", help="What it is; Markdown."),
        click.option("--license", metavar="TEXT", help="Its license."),
    ):
        command = option(command)
    return command


@model.command()
@click.argument("name", required=False)
@click.option("--name", "named", metavar="NAME", help="The same as the argument.")
@card_options
@click.option("--tag", "-t", "tags", multiple=True, metavar="TAG", help="Attach a tag; repeatable.")
@click.option("--owner", metavar="USER", help="Its owner; you by default.")
@output_option
def register(
    *, name: str | None, named: str | None, tags: tuple[str, ...], owner: str | None, output: str, **card: Any
) -> None:
    """Register a model called NAME."""
    if (name is None) == (named is None):
        raise click.UsageError("Give the model's name once: `modelcp model register NAME`.")
    row = client().create_model(str(name or named), tags=list(tags) or None, owner=owner, **card)
    done(f"Registered {row['name']}.", output, row)


@model.command("list")
@list_options
@click.option(
    "--tag", "-t", "tags", multiple=True, metavar="TAG", help="Only models with this tag; repeatable."
)
@as_of_option
@output_option
def list_models(
    *,
    tags: tuple[str, ...],
    filters: tuple[str, ...],
    sort: str | None,
    limit: int | None,
    as_of: str | None,
    output: str,
) -> None:
    """List models."""
    rows = first(client().list_models(as_of, sort=sort, **parse_filters(filters, tag=tags)), limit)
    print_rows(
        rows,
        COLUMNS,
        output,
        empty="There are no such models; `modelcp model register NAME` makes one."
        if filters or tags
        else "There are no models yet; `modelcp model register NAME` makes one.",
    )


@model.command()
@click.argument("name")
@as_of_option
@output_option
def describe(name: str, as_of: str | None, output: str) -> None:
    """Show a model's card and where it stands."""
    print_one(client().get_model(name, as_of), output, FIELDS)


@model.command()
@click.argument("name")
@click.option("--name", "new_name", metavar="NAME", help="Give it another name.")
@card_options
@click.option("--tag", "-t", "tags", multiple=True, metavar="TAG", help="Attach a tag; repeatable.")
@click.option("--remove-tag", "removed", multiple=True, metavar="TAG", help="Take a tag off; repeatable.")
@click.option("--owner", metavar="USER", help="Hand it over.")
@output_option
def update(
    *,
    name: str,
    new_name: str | None,
    tags: tuple[str, ...],
    removed: tuple[str, ...],
    output: str,
    **fields: Any,
) -> None:
    """Change what is given of a model."""
    if not (new_name is not None or tags or removed or any(value is not None for value in fields.values())):
        raise click.UsageError("Nothing to change was given; see --help.")
    row = client().update_model(
        name, new_name=new_name, add_tags=list(tags) or None, remove_tags=list(removed) or None, **fields
    )
    done(f"Changed {row['name']}.", output, row)


@model.command()
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Don't ask for the name again.")
@click.option("--force", is_flag=True, help="Even while a version is in production (administrators).")
@click.option("--reason", metavar="TEXT", help="Why, for the history.")
@output_option
def delete(*, name: str, yes: bool, force: bool, reason: str | None, output: str) -> None:
    """Delete a model; `modelcp model restore` brings it back."""
    confirm_name(name, "deletes the model", yes)
    client().delete_model(name, force=force, reason=reason)
    done(
        f"Deleted {name}; `modelcp model restore {name}` brings it back.",
        output,
        {"name": name, "deleted": True},
    )


@model.command()
@click.argument("name")
@output_option
def restore(name: str, output: str) -> None:
    """Bring back the model of this name that was deleted last."""
    row = client().restore_model(name)
    done(f"Restored {row['name']}.", output, row)


@model.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--yes", "-y", is_flag=True, help="Don't ask for the name again.")
@output_option
def purge(name: str, dry_run: bool, yes: bool, output: str) -> None:
    """Remove a deleted model for good (administrators)."""
    if not dry_run:
        confirm_name(name, "removes for good the model", yes)
    told = client().purge_model(name, dry_run=dry_run)
    if output == "json":
        print_json(told)
        return
    click.echo(f"{'Would remove' if dry_run else 'Removed'} {name}:")
    print_one(told.get("counts", {}), output)
