"""`modelcp model version`: versions and their stages."""

from __future__ import annotations

from typing import Any

import click

from modelcp.cli import metadata
from modelcp.cli.output import Column, Row, done, output_option, print_one, print_rows, when
from modelcp.cli.plans import fresh_if_stale, print_plan, typed
from modelcp.cli.session import as_of_option, client, confirm_name, first, list_options, parse_filters


def metrics(row: Row) -> str:
    """Metrics as `auc=0.93, …`, each changed after promotion with these words."""
    late = row.get("changed_after_promotion") or ()
    return ", ".join(
        (f"{key}={value:.6g}" if isinstance(value, float) else f"{key}={value}")
        + (" (changed after promotion)" if key in late else "")
        for key, value in flat(row.get("metrics") or {})
    )


def flat(values: Row, above: str = "") -> list[tuple[str, Any]]:
    """A nested object as dotted keys and values."""
    found: list[tuple[str, Any]] = []
    for key, value in values.items():
        found += flat(value, f"{above}{key}.") if isinstance(value, dict) else [(above + key, value)]
    return found


def run_of(row: Row) -> str:
    """The run that made a version, and how it ended."""
    run = row.get("run")
    return f"{run.get('name')} ({run.get('status')}, {run.get('id')})" if run else ""


COLUMNS: list[Column] = [
    ("Number", "number"),
    ("Name", "name"),
    ("Stage", "stage"),
    ("Tags", "tags"),
    ("Aliases", "aliases"),
    ("Metrics", metrics),
    ("Run", lambda row: (row.get("run") or {}).get("status")),
    ("By", "created_by"),
    ("Created", when("created_at")),
]
FIELDS: list[Column] = [
    ("Model", "model"),
    ("Number", "number"),
    ("Name", "name"),
    ("Stage", "stage"),
    ("Description", "description"),
    ("Tags", "tags"),
    ("Aliases", "aliases"),
    ("Metrics", metrics),
    ("Run", run_of),
    ("Created", when("created_at")),
    ("Created by", "created_by"),
    ("Id", "id"),
]


@click.group()
def version() -> None:
    """List, describe and change a model's versions; promote them."""


version.add_command(metadata.metadata)


@version.command("list")
@click.argument("model")
@list_options
@click.option("--stage", metavar="STAGE", help="Only versions in this stage; `none` for those in none.")
@click.option(
    "--tag", "-t", "tags", multiple=True, metavar="TAG", help="Only versions with this tag; repeatable."
)
@as_of_option
@output_option
def list_versions(
    *,
    model: str,
    as_of: str | None,
    stage: str | None,
    tags: tuple[str, ...],
    filters: tuple[str, ...],
    sort: str | None,
    limit: int | None,
    output: str,
) -> None:
    """List a MODEL's versions, newest first."""
    asked = parse_filters(filters, stage=stage, tag=tags)
    rows = first(client().list_model_versions(model, as_of, sort=sort, **asked), limit)
    print_rows(rows, COLUMNS, output, empty=f"{model} has no {'such ' if asked else ''}versions.")


@version.command()
@click.argument("model")
@click.argument("version", required=False)
@as_of_option
@output_option
def describe(model: str, version: str | None, as_of: str | None, output: str) -> None:
    """Show MODEL's VERSION: a number, a name, a stage, an @alias; the latest if none is given."""
    print_one(client().get_model_version(model, version, as_of=as_of), output, FIELDS)


@version.command()
@click.argument("model")
@click.argument("version", required=False)
@click.option("--stage", "-s", metavar="STAGE", help="Put it into staging, production or archived.")
@click.option("--plan", is_flag=True, help="Only show what that would mean, with the hash to confirm it by.")
@click.option("--confirm", metavar="HASH", help="Confirm this plan: refused if anything in it has changed.")
@click.option("--force", is_flag=True, help="Pass failing gates (administrators); it is recorded.")
@click.option("--reason", metavar="TEXT", help="Why, for the history.")
@click.option("--name", metavar="NAME", help="Give it another name.")
@click.option("--description", metavar="TEXT", help="What it is; Markdown.")
@click.option("--tag", "-t", "tags", multiple=True, metavar="TAG", help="Attach a tag; repeatable.")
@click.option("--remove-tag", "removed", multiple=True, metavar="TAG", help="Take a tag off; repeatable.")
@output_option
def update(
    *,
    model: str,
    version: str | None,
    stage: str | None,
    plan: bool,
    confirm: str | None,
    force: bool,
    reason: str | None,
    name: str | None,
    description: str | None,
    tags: tuple[str, ...],
    removed: tuple[str, ...],
    output: str,
) -> None:
    """Change MODEL's VERSION (the latest if none is given), or put it into a stage."""
    words: dict[str, Any] = {
        "name": name,
        "description": description,
        "add_tags": list(tags) or None,
        "remove_tags": list(removed) or None,
    }
    changes = {key: value for key, value in words.items() if value is not None}
    _check_together(stage, changes, plan, force or confirm is not None or reason is not None)
    api = client()
    if plan:
        print_plan(api.plan_promotion(model, version or "latest", stage), output)
        return
    # The same version is meant throughout, whatever else is created or promoted meanwhile.
    row = api.get_model_version(model, version)
    if changes:
        row = api.update_model_version(model, row, **changes)
    if stage is not None:
        again = ["model", "version", "update", model, str(row["number"]), "--stage", stage]
        again += [*["--force"] * force, *typed("--reason", reason)]
        with fresh_if_stale(print_plan, output, again):
            api.promote(model, row, stage, reason=reason, force=force, plan=confirm)
        row = api.get_model_version(model, row)
    state = "changed" if stage is None else stage if stage == "archived" else f"in {stage}"
    done(f"{model} {row['number']} is {state}.", output, row)


def _check_together(stage: str | None, changes: dict[str, Any], plan: bool, promoting: bool) -> None:
    """UsageError for options that don't go together; `promoting`: --confirm, --force or --reason is given."""
    if stage is None and not changes:
        raise click.UsageError("Nothing to change was given; see --help.")
    if stage is None and (plan or promoting):
        raise click.UsageError("--plan, --confirm, --force and --reason belong to --stage.")
    if plan and (changes or promoting):
        raise click.UsageError("--plan only shows: give it --stage alone.")


@version.command()
@click.argument("model")
@click.argument("version")
@click.option("--yes", "-y", is_flag=True, help="Don't ask for the name again.")
@click.option("--force", is_flag=True, help="Even while it is in production (administrators).")
@click.option("--reason", metavar="TEXT", help="Why, for the history.")
@output_option
def delete(*, model: str, version: str, yes: bool, force: bool, reason: str | None, output: str) -> None:
    """Delete MODEL's VERSION; its number isn't used again."""
    api = client()
    row = api.get_model_version(model, version)
    confirm_name(f"{model} {row['number']}", "deletes the version", yes)
    api.delete_model_version(model, row, force=force, reason=reason)
    done(
        f"Deleted {model} {row['number']}.",
        output,
        {"model": model, "number": row["number"], "deleted": True},
    )
