"""Which registry: `login`, `logout`, `status`, `sync`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from modelcp.cli.output import done, output_option, print_json, print_one, print_table
from modelcp.cli.session import client


@click.command()
@click.argument("url")
@click.option("--token", help="A token of that server; asked for if not given, or read from a pipe.")
@output_option
def login(url: str, token: str | None, output: str) -> None:
    """Name the server at URL for all later commands and runs of this user.

    `modelcp token create NAME` on the server makes a token. Both are kept in MODELCP_HOME, readable by you
    only, after the server has said whose token it is.
    """
    from modelcp.cli.direct import DirectConnection
    from modelcp.client import Client
    from modelcp.config import Config, check_url, save_login

    checked, secret = check_url(url), token or _ask_for_token()
    me = Client(connection=DirectConnection(Config(checked, secret, "arguments"))).whoami()
    path = save_login(checked, secret)
    row = {"url": checked, "user": me.get("name"), "role": me.get("role"), "file": str(path)}
    done(f"Signed in to {checked} as {row['user']} ({row['role']}); kept in {path}.", output, row)


def _ask_for_token() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Token", hide_input=True)).strip()
    given = sys.stdin.readline().strip()
    if not given:
        raise click.UsageError("Give a token by --token, or through a pipe.")
    return given


@click.command()
@output_option
def logout(output: str) -> None:
    """Forget the server that `modelcp login` named."""
    from modelcp.config import forget_login

    gone = forget_login()
    done("Signed out." if gone else "No server was named.", output, {"signed_out": gone})


@click.command()
@output_option
def status(output: str) -> None:
    """Show where the data goes, whether it answers, and what waits to be sent."""
    told = _status()
    if output == "json":
        print_json(told)
        return
    shown = {**told, "token": told["token"] and "given", "waiting": None, "refused": None}
    print_one(shown, output)
    for heading, rows in (("Waiting", told["waiting"]), ("Refused", told["refused"])):
        if rows:
            click.echo(f"\n{heading}")
            keys = list(rows[0])
            print_table(keys, [[str(row[key]) for key in keys] for row in rows], set())
    if told["waiting"]:
        click.echo("\n`modelcp sync` sends what waits.")


def _status() -> dict[str, Any]:
    from modelcp.config import load_config
    from modelcp.home import home
    from modelcp.outbox import refused, waiting

    config, folder = load_config(), home() / "outbox"
    return {
        "target": config.target,
        "named_by": config.source if config.url else None,
        "token": config.token is not None,
        **_reachable(),
        "home": str(home()),
        "database": None if config.url else _database(),
        "waiting": [
            {
                "target": file.target,
                "operations": file.operations,
                "since": file.created,
                "file": str(file.path),
            }
            for file in waiting(folder)
        ],
        "refused": [
            {
                "at": note.get("at"),
                "target": note.get("target"),
                "operation": _named(note),
                "reason": note.get("error", {}).get("message"),
            }
            for note in refused(folder)
        ],
    }


def _named(note: dict[str, Any]) -> str:
    operation = note.get("operation") or {}
    return f"{operation.get('method')} {operation.get('path')}"


def _reachable() -> dict[str, Any]:
    """Whether the registry answers, as whom; asked past the outbox, which this must not send."""
    import json

    from modelcp.config import load_config
    from modelcp.connection import Connection
    from modelcp.errors import ModelcpError, from_answer

    try:
        response = Connection(load_config()).transport.send("GET", "/api/v1/me/")
        if response.status != 200:
            raise from_answer(response.status, response.body)
        me = json.loads(response.body)
    except (ModelcpError, ValueError) as error:
        return {"reachable": False, "user": None, "role": None, "problem": str(error)}
    return {"reachable": True, "user": me["name"], "role": me["role"], "problem": None}


def _database() -> str:
    import os

    from modelcp.home import home

    if os.environ.get("MODELCP_DATABASE_URL"):
        return "that of MODELCP_DATABASE_URL"
    return str(Path(home()) / "modelcp.sqlite3")


@click.command()
@output_option
@click.pass_context
def sync(ctx: click.Context, output: str) -> None:
    """Send what waits in the outbox; what is refused is kept and shown."""
    report = client().sync()
    if output == "json":
        print_json(asdict(report))
    else:
        click.echo(f"Sent {report.sent}, refused {len(report.refused)}, still waiting {report.waiting}.")
        for sentence in report.left_out:
            click.echo(sentence)
    if report.refused:
        ctx.exit(1)
