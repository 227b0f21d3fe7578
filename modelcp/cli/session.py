"""The client of the commands, and the options that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from modelcp.client import Client

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def client() -> Client:
    """A client of the registry in force that acts by the door ``cli``; its writes never wait.

    Who types a command wants to know now whether it was done: a promotion that happens tomorrow, when the
    server is back, would be a surprise.
    """
    from modelcp.cli.direct import DirectConnection
    from modelcp.client import Client
    from modelcp.config import load_config

    return Client(door="cli", connection=DirectConnection(load_config()))


def list_options(command: F) -> F:
    """`--filter`, `--sort`, `--limit` for a list."""
    for option in (
        click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many rows."),
        click.option("--sort", metavar="FIELD", help="Order by a field; -FIELD for the reverse."),
        click.option(
            "--filter",
            "-f",
            "filters",
            multiple=True,
            metavar="FIELD=[OP:]VALUE",
            help="Only rows that match, such as name=startswith:fraud, created=gte:2026-01-01; repeatable.",
        ),
    ):
        command = option(command)
    return command


def as_of_option(command: F) -> F:
    """`--as-of` for what can be asked of the past."""
    told = "As it was then: a date, a time, or event:N, just after that event."
    return click.option("--as-of", metavar="WHEN", help=told)(command)


def parse_filters(filters: Iterable[str], **more: Any) -> dict[str, Any]:
    """`FIELD=[OP:]VALUE` options as the client's filters; `more` are those with options of their own."""
    found: dict[str, Any] = {}
    for text in filters:
        field, equals, value = text.partition("=")
        if not equals or not field:
            raise click.UsageError(f"{text!r} is no filter: write FIELD=VALUE or FIELD=OP:VALUE.")
        found.setdefault(field, []).append(value)
    for field, value in more.items():
        if value not in (None, (), []):
            found.setdefault(field, []).extend(value if isinstance(value, list | tuple) else [value])
    return {field: values[0] if len(values) == 1 else values for field, values in found.items()}


def first(rows: Iterator[T], limit: int | None) -> Iterator[T]:
    """At most `limit` of the rows, without asking for more pages than that needs."""
    return rows if limit is None else islice(rows, limit)


def confirm_name(name: str, what: str, assured: bool) -> None:
    """Asks for the name again before something goes; `--yes` is the answer of a script."""
    import sys

    if assured:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"This {what} {name!r}: add --yes to do it without being asked.")
    if click.prompt(f"This {what} {name!r}. Type its name to go on", default="", show_default=False) != name:
        raise click.ClickException("Nothing was done: that isn't its name.")
