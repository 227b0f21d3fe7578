"""`modelcp webhook`: who is told of what happens, and how that went."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from modelcp.cli.output import (
    Column,
    Row,
    done,
    output_option,
    print_json,
    print_one,
    print_rows,
    print_secret,
    when,
)
from modelcp.cli.session import client
from registry.rules.stages import STAGES
from registry.rules.webhooks import FORMATS, STATES, TOPICS

if TYPE_CHECKING:
    from modelcp.client import Client
    from modelcp.records import Record

COLUMNS: list[Column] = [
    ("Name", "name"),
    ("Events", "events"),
    ("State", lambda row: "active" if row["active"] else row["disabled"] or "paused"),
    ("Waiting", "waiting"),
    ("Last", "last_state"),
    ("At", when("last_at")),
    ("URL", "url"),
]
DELIVERIES: list[Column] = [
    ("Id", "id"),
    ("Type", "type"),
    ("State", "state"),
    ("Attempts", "attempts"),
    ("Created", when("created_at")),
    ("Next", when("next_at")),
    ("How it went", lambda row: row["error"] or row["status"]),
]


@click.group()
def webhook() -> None:
    """Make, list, change and test webhooks; see their deliveries (administrators)."""


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what a webhook wants."""
    options = (
        click.option(
            "--event",
            "events",
            multiple=True,
            type=click.Choice(list(TOPICS)),
            help="Only events of this kind; repeatable.",
        ),
        click.option("--model", "models", multiple=True, help="Only what concerns it; repeatable."),
        click.option("--tag", "tags", multiple=True, help="Only what carries it; repeatable."),
        click.option(
            "--stage",
            "stages",
            multiple=True,
            type=click.Choice(STAGES),
            help="Only moves into or out of it; repeatable.",
        ),
        click.option("--format", "format", type=click.Choice(FORMATS), help="slack: as Slack takes it."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items() if value}


@webhook.command()
@click.argument("name")
@click.argument("url")
@_filters
@output_option
def create(*, name: str, url: str, output: str, **filters: Any) -> None:
    """Make a webhook called NAME that posts to URL; its secret is shown this once."""
    _show_secret(client().create_webhook(name, url, **_given(filters)), output)


def _show_secret(row: Record, output: str) -> None:
    print_secret(row, "secret", output, use="The receiver checks signatures with it.")


@webhook.command("list")
@output_option
def list_(output: str) -> None:
    """List the webhooks."""
    empty = "There are no webhooks; `modelcp webhook create NAME URL` makes one."
    print_rows(client().list_webhooks(), COLUMNS, output, empty=empty)


@webhook.command()
@click.argument("webhook")
@output_option
def describe(webhook: str, output: str) -> None:
    """Describe a WEBHOOK, named by its name or its id."""
    print_one(_find(client(), webhook), output)


@webhook.command()
@click.argument("webhook")
@click.option("--name", help="A new name.")
@click.option("--url", help="A new URL.")
@_filters
@click.option(
    "--all",
    "everything",
    multiple=True,
    type=click.Choice(["models", "tags", "stages"]),
    help="Lift the filter of this kind; repeatable.",
)
@click.option("--pause/--resume", default=None, help="Send nothing; send again, also what had waited.")
@click.option("--rotate", is_flag=True, help="A new secret; for a day the old one signs too.")
@output_option
def update(
    *, webhook: str, pause: bool | None, everything: tuple[str, ...], output: str, **values: Any
) -> None:
    """Change a WEBHOOK; filters replace those of their kind."""
    api = client()
    wanted: dict[str, Any] = _given(values) | {kind: [] for kind in everything}
    if pause is not None:
        wanted["active"] = not pause
    if not wanted:
        raise click.UsageError("Say what to change.")
    row = api.update_webhook(_find(api, webhook), **wanted)
    if "secret" in row:
        _show_secret(row, output)
    else:
        done(f"Changed the webhook {row['name']}.", output, row)


@webhook.command()
@click.argument("webhook")
@output_option
def delete(webhook: str, output: str) -> None:
    """Delete a WEBHOOK with its deliveries; what waits is dropped."""
    api = client()
    found = _find(api, webhook)
    api.delete_webhook(found)
    done(f"Deleted the webhook {found['name']}.", output, {"id": found["id"], "deleted": True})


@webhook.command()
@click.argument("webhook")
@output_option
def test(webhook: str, output: str) -> None:
    """Send a WEBHOOK a message to try it by."""
    api = client()
    made = api.test_webhook(_find(api, webhook))
    done(f"Queued; `modelcp webhook deliveries {webhook}` shows how it went.", output, made)


@webhook.command()
@click.argument("webhook")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option(
    "--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="At most so many rows."
)
@output_option
def deliveries(webhook: str, state: str | None, limit: int, output: str) -> None:
    """List what was or will be delivered to a WEBHOOK, newest first."""
    api = client()
    rows = api.list_deliveries(_find(api, webhook), state=state, limit=limit)
    print_rows(rows, DELIVERIES, output, empty="Nothing was delivered yet.")


@webhook.command()
@click.argument("delivery")
@output_option
def replay(delivery: str, output: str) -> None:
    """Send a DELIVERY, named by its id, once more."""
    row = client().replay_delivery(delivery)
    done(f"Queued for {row['webhook']} again.", output, row)


@webhook.command()
@click.argument("delivery")
@output_option
def delivery(delivery: str, output: str) -> None:
    """Show a DELIVERY: what was sent, and each attempt."""
    row = client().get_delivery(delivery)
    if output == "json":
        print_json(row)
        return
    print_one({key: value for key, value in row.items() if key != "log"}, output)
    columns: list[Column] = [
        ("Attempt", "number"),
        ("At", when("at")),
        ("Status", "status"),
        ("ms", "milliseconds"),
        ("How it went", _went),
    ]
    if row["log"]:
        click.echo()
        print_rows(row["log"], columns, output, empty="")


def _went(row: Row) -> str:
    if not row["ended"]:
        return "under way"
    return str(row["error"]) or "delivered"


def _find(api: Client, named: str) -> Record:
    found = [row for row in api.list_webhooks() if named in (row["name"], row["id"])]
    if not found:
        raise click.ClickException(
            f"There is no webhook {named!r}; `modelcp webhook list` shows those there are."
        )
    return found[0]
