"""What a promotion plan looks like in a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from modelcp.cli.output import Row, cell, print_json, print_table
from modelcp.errors import Conflict
from registry.rules.stages import EXCLUSIVE

STATES = {"passed": "passes", "failed": "fails", "waiting": "waits"}
PARTS = (("Parameters", "parameters"), ("Code", "code"), ("Environment", "environment"))


def print_plan(plan: Row, output: str) -> None:
    """A plan: candidate beside holder, gates, what would happen, and its hash."""
    if output == "json":
        print_json(plan)
        return
    candidate, holder = plan["candidate"], plan["holder"]
    heads = [f"Candidate {candidate['number']}", f"Holder {holder['number'] if holder else '(none)'}"]
    click.echo(f"Promote {plan['model']} {candidate['number']} to {plan['to']}")
    _section(["Metric", *heads, "Delta"], map(_metric, plan["metrics"]))
    if holder:
        _print_differing(plan, heads)
    _section(["Gate", "Result", "Why"], map(_gate, plan["gates"]))
    _section(["Approval asked by", "For", "Answers"], map(_request, plan["approvals"]))
    _section(["Who reads the holder", "Runs", "Last"], map(_user, plan["users"]))
    click.echo()
    for line in _told(plan):
        click.echo(line)


def _print_differing(plan: Row, heads: list[str]) -> None:
    """What differs from the holder; without one nothing does."""
    for title, part in PARTS:
        rows = [row for row in plan[part] if not row["same"]]
        _section([title, *heads], ([row["path"], *map(_text, _both(row))] for row in rows))
    rows = [row for row in plan["artifacts"] if not row["same"]]
    _section(
        ["Artifacts", *heads], ([f"{row['name']} ({row['kind']})", *map(_bytes, _both(row))] for row in rows)
    )


def print_undo_plan(plan: Row, output: str) -> None:
    """The plan of an undo: what would be restored, what the gates think of it, and its hash."""
    if output == "json":
        print_json(plan)
        return
    before = f"event {plan['event']}" if plan["event"] else "the promotion"
    click.echo(f"Restore the stages of {plan['model']} as they were before {before}")
    rows = ([str(gate["version"]), *_gate(gate)] for gate in plan["gates"])
    _section(["Version", "Gate (an undo passes none)", "Result", "Why"], rows)
    click.echo()
    for move in plan["effects"]:
        click.echo(f"{move['version']} leaves {_named(move['before'])} for {_named(move['after'])}.")
    if not plan["effects"]:
        click.echo("Nothing would change: the stages are as they were.")
    for gone in plan["deleted"]:
        click.echo(f"{gone['version']} held {gone['stage']} and was deleted since: it isn't put there again.")
    for name in plan["webhooks"]:
        click.echo(f"Webhook {name} is told.")
    click.echo(f"Plan {plan['hash']}")


@contextmanager
def fresh_if_stale(show: Callable[[Row, str], None], output: str, again: list[str]) -> Iterator[None]:
    """Shows the fresh plan before the refusal of a stale one; the refusal itself goes on.

    Args:
        show: `print_plan` or `print_undo_plan`.
        again: the words of the command that confirms it, before `--confirm`.
    """
    try:
        yield
    except Conflict as refusal:
        fresh = refusal.more.get("plan")
        if refusal.code == "stale_plan" and fresh:
            _show_fresh(refusal, fresh, show, output, again)
        raise


def _show_fresh(
    refusal: Conflict, fresh: Row, show: Callable[[Row, str], None], output: str, again: list[str]
) -> None:
    if output == "json":
        told = {"code": refusal.code, "message": refusal.message, "hint": refusal.hint, "plan": fresh}
        print_json({"error": told})
        return
    show(fresh, output)
    words = ["modelcp", *again, "--confirm", fresh["hash"]]
    click.echo(f"Confirm it: {shlex.join(words)}")


def typed(name: str, value: object) -> list[str]:
    """An option as it was typed, for `fresh_if_stale`; nothing if it wasn't."""
    return [] if value is None else [name, str(value)]


def _named(stage: str | None) -> str:
    return stage or "no stage"


def _section(heads: list[str], rows: Iterable[list[str]]) -> None:
    found = list(rows)
    if found:
        click.echo()
        print_table(heads, found, {1, 2, 3} if heads[0] == "Metric" else set())


def _both(row: Row) -> tuple[Any, Any]:
    return row["candidate"], row["holder"]


def _metric(row: Row) -> list[str]:
    change = "" if row["change"] is None else f"{row['change']:+.6g} "
    sides = [
        _text(row[side]) + (" (changed after promotion)" if row[f"{side}_changed_after_promotion"] else "")
        for side in ("candidate", "holder")
    ]
    return [row["name"], *sides, change + row["verdict"].replace("_", " ")]


def said_answers(row: Row) -> str:
    """The answers to a request for approval, on one line."""
    return "; ".join(_answer(answer) for answer in row["answers"])


def _answer(answer: Row) -> str:
    comment = f" ({answer['comment'].strip()})" if answer["comment"].strip() else ""
    return f"{answer['by']} {answer['decision']}{comment}{', ' + answer['stale'] if answer['stale'] else ''}"


def _text(value: Any) -> str:
    return "-" if value is None else cell(value)


def _bytes(row: Row | None) -> str:
    return f"{row['artifact']} {row['number']} {row['sha256'][:8]}".rstrip() if row else "-"


def _gate(row: Row) -> list[str]:
    return [row["words"], STATES[row["state"]], row["why"] or row["value"]]


def _request(row: Row) -> list[str]:
    return [row["asked_by"] or "-", row["reason"] or "-", said_answers(row) or "none yet"]


def _user(row: Row) -> list[str]:
    return [row["pipeline"], str(row["runs"]), str(row["last_at"])]


def _move(number: int, stage: str) -> str:
    return f"{number} is archived." if stage == "archived" else f"{number} goes into {stage}."


def _told(plan: Row) -> list[str]:
    """What would happen, what is missing, and the hash that confirms it."""
    alone = plan["holder"] is None and plan["to"] in EXCLUSIVE and plan["effects"]
    told = [f"Nothing holds {plan['to']} to compare with."] if alone else []
    told += [_move(move["version"], move["after"]) for move in plan["effects"]]
    told = told or [f"Nothing would change: {plan['candidate']['number']} is in {plan['to']} already."]
    told += [f"Alias {alias['name']} stays with {alias['version']}." for alias in plan["aliases"]]
    told += [f"Webhook {name} is told." for name in plan["webhooks"]]
    if plan["missing"]:
        told.append(f"Missing in the card: {', '.join(plan['missing'])}.")
    return [*told, f"Plan {plan['hash']}"]
