"""`modelcp token`: access tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from modelcp.cli.output import Column, done, output_option, print_rows, print_secret, when
from modelcp.cli.session import client

if TYPE_CHECKING:
    from modelcp.client import Client
    from modelcp.records import Record

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
COLUMNS: list[Column] = [
    ("Name", "name"),
    ("Owner", "owner"),
    ("Begins", "hint"),
    ("Role", lambda row: row.get("role") or "the owner's"),
    ("Created", when("created_at")),
    ("Expires", when("expires_at")),
    ("Last used", when("last_used_at")),
    ("Id", "id"),
]


@click.group()
def token() -> None:
    """Make, list and revoke access tokens."""


def expiry(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    """`30d`, `12h`, `2w`, or a date or time in ISO 8601 (UTC unless it says otherwise)."""
    if text is None:
        return None
    span = re.fullmatch(r"(\d{1,6})([mhdw])", text)
    if span:
        return datetime.now(UTC) + timedelta(**{UNITS[span[2]]: int(span[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is neither a span such as 30d nor a date such as 2027-01-31."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@token.command()
@click.argument("name")
@click.option("--role", help="A lower role than the owner's: viewer, contributor, promoter or admin.")
@click.option(
    "--expires", callback=expiry, metavar="WHEN", help="A span (30d, 12h) or a date; never by default."
)
@click.option("--owner", metavar="USER", help="For somebody else (administrators).")
@output_option
def create(*, name: str, role: str | None, expires: datetime | None, owner: str | None, output: str) -> None:
    """Make a token called NAME; it is shown this once."""
    made = client().create_token(name, role=role, expires_at=expires, owner=owner)
    print_secret(made, "token", output, use="Use it as MODELCP_TOKEN, or by `modelcp login`.")


@token.command("list")
@click.option("--owner", metavar="USER", help="Somebody else's (administrators).")
@output_option
def list_tokens(owner: str | None, output: str) -> None:
    """List your tokens that are valid."""
    print_rows(
        _of(client(), owner),
        COLUMNS,
        output,
        empty="There are no tokens; `modelcp token create NAME` makes one.",
    )


@token.command()
@click.argument("token")
@click.option("--owner", metavar="USER", help="Somebody else's (administrators).")
@output_option
def revoke(token: str, owner: str | None, output: str) -> None:
    """End a TOKEN, named by its id or by its name."""
    api = client()
    found = [row for row in _of(api, owner) if token in (row["id"], row["name"])]
    if not found:
        raise click.ClickException(
            f"There is no token {token!r}; `modelcp token list` shows those there are."
        )
    if len(found) > 1:
        raise click.ClickException(f"{len(found)} tokens are called {token!r}; name one by its id.")
    api.revoke_token(found[0]["id"])
    done(f"Revoked the token {found[0]['name']}.", output, {"id": found[0]["id"], "revoked": True})


def _of(api: Client, owner: str | None) -> Iterator[Record]:
    return api.list_tokens(**({"owner": owner} if owner else {}))
