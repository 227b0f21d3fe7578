"""`modelcp events`: the history, its export and its check."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from modelcp.cli.output import Column, Row, cell, done, output_option, print_json, print_rows, when
from modelcp.cli.session import client, first, list_options, parse_filters

FILE = click.Path(dir_okay=False, path_type=Path)
THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
LONG = 60  # characters of a change that are shown


def _action(row: Row) -> str:
    """What was done; a promotion that went past failing gates says so."""
    return f"{row['action']} (forced)" if row["extra"].get("forced") else str(row["action"])


def _change(row: Row) -> str:
    """What an event changed, on one line and in short: `stage: staging → production`."""
    before, after = row.get("before"), row.get("after")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return ""
    told = (
        f"{key}: {cell(before.get(key)) or 'none'} → {cell(after.get(key)) or 'none'}"
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    )
    text = " ".join(", ".join(told).split())
    return text if len(text) <= LONG else text[: LONG - 1] + "…"


COLUMNS: list[Column] = [
    ("Id", "id"),
    ("At", when("at")),
    ("Who", "actor"),
    ("Door", "door"),
    ("Action", _action),
    ("Target", lambda row: (row.get("target") or {}).get("name")),
    ("Change", _change),
    ("Reason", "reason"),
]


@click.group()
def events() -> None:
    """List, export and verify the history; sign checkpoints of it."""


@events.command("list")
@list_options
@click.option("--model", metavar="NAME", help="Only events of this model.")
@click.option("--action", metavar="ACTION", help="Only such as version.promoted.")
@click.option("--what", metavar="WORD", help="Only about this: stages, versions, metadata, tags …")
@click.option("--reason", metavar="WORDS", help="Only with these words in the reason.")
@output_option
def list_events(
    *,
    model: str | None,
    action: str | None,
    what: str | None,
    reason: str | None,
    filters: tuple[str, ...],
    sort: str | None,
    limit: int | None,
    output: str,
) -> None:
    """List what was changed, by whom and why, newest first.

    An event's id is what `--as-of event:N` and `modelcp model undo --event N` take. What it changed is shown
    in short; `--output json` has all of it.
    """
    why = f"contains:{reason}" if reason else None
    asked = parse_filters(filters, model=model, action=action, what=what, reason=why)
    rows = first(client().list_events(sort=sort, **asked), limit)
    print_rows(rows, COLUMNS, output, empty="There are no such events." if asked else "There are no events.")


@events.command()
@click.argument("file", required=False, type=FILE)
@click.option("--model", metavar="NAME", help="Only the chain of this model.")
@click.option(
    "--output", "-o", type=click.Choice(["jsonl", "json"]), default="jsonl", help="JSON lines, or one list."
)
def export(file: Path | None, model: str | None, output: str) -> None:
    """Write all events as JSON lines to FILE, or to the output.

    Each line holds what the event was hashed from. The last is a trailer with the head of each chain:
    `modelcp events verify FILE` checks the file with no server.
    """
    chunks = client().export_events(model)
    if file is not None:
        _write(file, chunks)
    elif output == "jsonl":
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
    else:
        import json

        print_json([json.loads(line) for line in b"".join(chunks).splitlines()])


def _write(file: Path, chunks: Any) -> None:
    """The whole file or none: an export that broke off must not look like one."""
    import os

    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with draft.open("wb") as out:
            for chunk in chunks:
                out.write(chunk)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    click.echo(f"Wrote {file}.", err=True)


@events.command()
@click.argument("keyfile", type=FILE)
def key(keyfile: Path) -> None:
    """Make a key for checkpoints: KEYFILE, which is secret, and KEYFILE.pub to check them with."""
    from modelcp.checkpoints import make_key

    click.echo(f"Wrote {keyfile} (keep it secret) and {make_key(keyfile)}.", err=True)


@events.command()
@click.option("--key", "key", required=True, type=THERE, metavar="KEYFILE", help="The secret key.")
@click.option("--output", "-o", "file", type=FILE, metavar="FILE", help="Write it to FILE instead.")
def checkpoint(key: Path, file: Path | None) -> None:
    """Check the history and sign where it stands, for administrators.

    Keep checkpoints where nobody who can write to the registry's database can: `modelcp events verify
    --checkpoint` finds a history that was rewritten since, as a whole. The secret key stays on this machine.
    """
    from modelcp.checkpoints import sign

    text = sign(client().checkpoint_events().to_dict(), key)
    if file is None:
        click.echo(text, nl=False)
    else:
        _write(file, [text.encode()])


@events.command()
@click.argument("file", required=False, type=THERE)
@click.option("--model", metavar="NAME", help="Only the chain of this model.")
@click.option("--checkpoint", "held", type=THERE, metavar="FILE", help="Also against a signed checkpoint.")
@click.option("--key", "public", type=THERE, metavar="FILE", help="The public key that must have signed it.")
@output_option
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    file: Path | None,
    model: str | None,
    held: Path | None,
    public: Path | None,
    output: str,
) -> None:
    """Check that no event was changed, dropped, swapped, added or cut off.

    Checks the registry's own chains, or an exported FILE without any server. Exit code 0: whole; 1: not, and
    the first bad event is named. Whoever can rewrite the whole database can also write new heads: only a
    checkpoint or an export that was kept elsewhere finds that.
    """
    if public is not None and held is None:
        raise click.UsageError("--key belongs to --checkpoint.")
    if model is not None and (file is not None or held is not None):
        raise click.UsageError("--model belongs to the registry's own chains, without FILE and --checkpoint.")
    signed = None
    if held is not None:
        from modelcp.checkpoints import read_checkpoint

        signed = read_checkpoint(held, public)
    told = _verified(file, model, signed)
    if signed is not None:
        told["checkpoint"] = {key: signed[key] for key in ("at", "events", "public_key")}
    whole = bool(told["whole"])
    done(_whole(told), output, told) if whole else None
    if not whole:
        if output == "json":
            print_json(told)
        click.echo(f"Not whole: {told['fault']['message']}", err=True)
        ctx.exit(1)


def _verified(file: Path | None, model: str | None, signed: dict[str, Any] | None) -> dict[str, Any]:
    if file is None and signed is None:
        return client().verify_events(**({"model": model} if model else {})).to_dict()
    from modelcp.cli.chains import verify_file

    if file is not None:
        return verify_file(file, signed)
    import tempfile

    # Read here: a server whose database was rewritten isn't asked whether it was.
    with tempfile.TemporaryDirectory(prefix="modelcp-") as folder:
        copy = Path(folder) / "events.jsonl"
        with copy.open("wb") as out:
            for chunk in client().export_events():
                out.write(chunk)
        return verify_file(copy, signed)


def _whole(told: dict[str, Any]) -> str:
    said = f"Whole: {told['events']} events in {told['chains']} chains."
    if "checkpoint" not in told:
        return said
    held = told["checkpoint"]
    return (
        f"{said} They hold the {held['events']} events of the checkpoint of {held['at']}, "
        f"signed by the key {held['public_key'][:16]}…."
    )
