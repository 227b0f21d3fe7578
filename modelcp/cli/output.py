"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

Row = Mapping[str, Any]
Column = tuple[str, str | Callable[[Row], Any]]

output_option = click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print: a table, or JSON alone.",
)


def print_json(value: Any) -> None:
    """One JSON value on stdout, and nothing else."""
    ascii_only = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    click.echo(json.dumps(_plain(value), indent=2, ensure_ascii=ascii_only, default=str))


def _plain(value: Any) -> Any:
    """Records as the rows that they are."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def print_secret(row: Row, key: str, output: str, *, use: str) -> None:
    """What is shown once: the secret alone on stdout, for a program to keep; how to use it on stderr."""
    if output == "json":
        print_json(row)
        return
    click.echo(row[key])
    click.echo(f"It isn't shown again. {use}", err=True)


def print_rows(rows: Iterable[Row], columns: Sequence[Column], output: str, *, empty: str) -> None:
    """A list: its rows as bare JSON list, or as a table.

    Args:
        columns: heading, and the key or the function that gives the cell.
        output: ``table`` or ``json``.
        empty: said on stderr when there is none, for people.
    """
    found = list(rows)
    if output == "json":
        print_json(found)
    elif not found:
        click.echo(empty, err=True)
    else:
        cells = [[cell(get(row) if callable(get) else row.get(get)) for _, get in columns] for row in found]
        print_table([heading for heading, _ in columns], cells, _numeric(found, columns))


def _numeric(rows: Sequence[Row], columns: Sequence[Column]) -> set[int]:
    """The columns that hold numbers alone: they are right-aligned."""
    found = set()
    for at, (_, get) in enumerate(columns):
        values = [value for row in rows if (value := get(row) if callable(get) else row.get(get)) is not None]
        if values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            found.add(at)
    return found


def print_table(headings: Sequence[str], cells: Sequence[Sequence[str]], numeric: set[int]) -> None:
    """On a terminal by rich; piped: aligned by spaces, one line a row, nothing cut."""
    if sys.stdout.isatty():
        _rich_table(headings, cells, numeric)
        return
    upper = [heading.upper() for heading in headings]
    widths = [max(len(row[at]) for row in [upper, *cells]) for at in range(len(headings))]
    for row in [upper, *cells]:
        line = (
            cell.rjust(width) if at in numeric else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        click.echo("  ".join(line).rstrip())


def _rich_table(headings: Sequence[str], cells: Sequence[Sequence[str]], numeric: set[int]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="right" if at in numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    Console().print(table)


def print_one(row: Row, output: str, fields: Sequence[Column] | None = None) -> None:
    """One row: its JSON, or a line for each field that holds something."""
    if output == "json":
        print_json(row)
        return
    given = fields or [(key.replace("_", " ").capitalize(), key) for key in row]
    told = [(heading, cell(get(row) if callable(get) else row.get(get))) for heading, get in given]
    width = max((len(heading) for heading, _ in told), default=0)
    for heading, text in told:
        if text:
            indented = text.replace("\n", "\n" + " " * (width + 2))
            click.echo(f"{heading.ljust(width)}  {indented}")


def cell(value: Any) -> str:
    """A value as text on one line (a description keeps its lines in `print_one`)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    if isinstance(value, Mapping):
        return json.dumps(_plain(value), ensure_ascii=False, default=str) if value else ""
    return str(value)


def when(key: str) -> Callable[[Row], str]:
    """A cell for a time: to the second, in this machine's zone."""

    def cell(row: Row) -> str:
        from datetime import datetime

        value = row.get(key)
        if not value:
            return ""
        return datetime.fromisoformat(str(value)).astimezone().strftime("%Y-%m-%d %H:%M:%S")

    return cell


def one_line(key: str, width: int = 60) -> Callable[[Row], str]:
    """A cell for a text of several lines: its first one."""

    def cell(row: Row) -> str:
        first = str(row.get(key) or "").strip().partition("\n")[0]
        shortened = sys.stdout.isatty() and len(first) > width
        return first[: width - 1] + "…" if shortened else first

    return cell


def done(sentence: str, output: str, row: Any = None) -> None:
    """What was done: a sentence for people; as JSON the row, or an object that says it."""
    if output == "json":
        print_json({"done": sentence} if row is None else row)
    else:
        click.echo(sentence)
