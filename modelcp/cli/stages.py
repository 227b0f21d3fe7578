"""`modelcp model stages` and `undo`: who held which stage, and back to that."""

from __future__ import annotations

from uuid import UUID

import click

from modelcp.cli.output import Column, done, output_option, print_rows, when
from modelcp.cli.plans import fresh_if_stale, print_undo_plan, typed
from modelcp.cli.session import client, first, list_options, parse_filters

COLUMNS: list[Column] = [
    ("Id", "id"),
    ("Version", "version"),
    ("Stage", "stage"),
    ("From", when("valid_from")),
    ("To", when("valid_to")),
    ("By", "by"),
    ("Door", "door"),
    ("Displaced", "displaced"),
    ("Forced", lambda row: "forced" if row["forced"] else ""),
    ("Reason", "reason"),
]


@click.command()
@click.argument("model")
@list_options
@output_option
def stages(*, model: str, filters: tuple[str, ...], sort: str | None, limit: int | None, output: str) -> None:
    """List each stretch in which a version of MODEL held a stage, newest first.

    Its id is what `modelcp model undo --tenure` takes.
    """
    asked = parse_filters(filters)
    rows = first(client().stage_history(model, sort=sort, **asked), limit)
    empty = "There are no such stretches." if asked else f"No version of {model} was in a stage yet."
    print_rows(rows, COLUMNS, output, empty=empty)


@click.command()
@click.argument("name")
@click.option("--event", type=click.IntRange(min=1), metavar="N", help="The stages as before this event.")
@click.option(
    "--tenure",
    type=click.UUID,
    metavar="ID",
    help="As before this promotion: an id of `modelcp model stages`.",
)
@click.option("--plan", is_flag=True, help="Only show what that would mean, with the hash to confirm it by.")
@click.option("--confirm", metavar="HASH", help="Confirm this plan: refused if anything in it has changed.")
@click.option("--reason", metavar="TEXT", help="Why, for the history.")
@output_option
def undo(
    *,
    name: str,
    event: int | None,
    tenure: UUID | None,
    plan: bool,
    confirm: str | None,
    reason: str | None,
    output: str,
) -> None:
    """Undo a model's last promotion or another, or restore its stages as they were before an event."""
    if plan and (confirm is not None or reason is not None):
        raise click.UsageError("--plan only shows: give it --event or --tenure at most.")
    if plan:
        print_undo_plan(client().plan_undo(name, tenure, event=event), output)
        return
    again = ["model", "undo", name, *typed("--event", event), *typed("--tenure", tenure)]
    again += typed("--reason", reason)
    with fresh_if_stale(print_undo_plan, output, again):
        row = client().undo_promotion(name, tenure, reason, event=event, plan=confirm)
    said = ", ".join(f"{one['number']} is {one['stage'] or 'in no stage'}" for one in row["changed"])
    done(f"Restored: {said}." if said else "Nothing to restore: the stages are as then.", output, row)


COMMANDS = (stages, undo)
