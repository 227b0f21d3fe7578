"""`modelcp model approvals`: asking for approval, answering, taking back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from modelcp.cli.output import Column, Row, done, output_option, print_rows, when
from modelcp.cli.plans import said_answers
from modelcp.cli.session import as_of_option, client, first, list_options, parse_filters

if TYPE_CHECKING:
    from modelcp.client import Client

F = TypeVar("F", bound=Callable[..., Any])
stage_option = click.option(
    "--stage",
    "-s",
    type=click.Choice(["staging", "production"]),
    default="production",
    show_default=True,
    help="The stage that it shall go into.",
)


def _given(row: Row) -> str:
    return f"{row['given']} of {row['needed']}" if row["needed"] else str(row["given"])


COLUMNS: list[Column] = [
    ("Model", "model"),
    ("Version", "version"),
    ("To", "stage"),
    ("State", "state"),
    ("Approvals", _given),
    ("Asked by", "asked_by"),
    ("Asked", when("asked_at")),
    ("Reason", "reason"),
    ("Answers", said_answers),
    ("Digest", "digest"),
]


@click.group()
def approvals() -> None:
    """Ask for approval of a version, answer, and list what waits."""


@approvals.command("list")
@click.argument("model", required=False)
@click.argument("version", required=False)
@click.option("--all", "every", is_flag=True, help="Closed requests too.")
@as_of_option
@list_options
@output_option
def list_(
    *,
    model: str | None,
    version: str | None,
    every: bool,
    as_of: str | None,
    filters: tuple[str, ...],
    sort: str | None,
    limit: int | None,
    output: str,
) -> None:
    """List the requests that wait: over all models, of a MODEL, or of its VERSION."""
    asked = parse_filters(filters, state=None if every else "waiting", model=None if version else model)
    api = client()
    if model and version:
        rows = api.list_version_approvals(model, version, as_of, sort=sort, **asked)
    else:
        rows = api.list_approvals(as_of, sort=sort, **asked)
    print_rows(first(rows, limit), COLUMNS, output, empty="No approval is asked for.")


@approvals.command()
@click.argument("model")
@click.argument("version")
@stage_option
@click.option("--reason", metavar="TEXT", help="What the answer rests on, for those who are asked.")
@output_option
def ask(model: str, version: str, stage: str, reason: str | None, output: str) -> None:
    """Ask that MODEL's VERSION may go into a stage."""
    api = client()
    row = api.ask_approval(model, api.get_model_version(model, version), stage, reason)
    done(f"Approval of {model} {row['version']} for {stage} is asked for.", output, row)


def _answering(command: F) -> F:
    for option in (
        output_option,
        click.option(
            "--digest",
            metavar="DIGEST",
            help="As `list` shows it: refused if what you looked at is another now.",
        ),
        stage_option,
        click.argument("version"),
        click.argument("model"),
    ):
        command = option(command)
    return command


@approvals.command()
@_answering
@click.option("--comment", metavar="TEXT", help="What the asker should know.")
def approve(
    *, model: str, version: str, stage: str, digest: str | None, comment: str | None, output: str
) -> None:
    """Approve that MODEL's VERSION goes into a stage (promoters)."""
    _give(model, version, stage, ("approved", comment, digest), output)


@approvals.command()
@_answering
@click.option("--comment", metavar="TEXT", required=True, help="What would have to change.")
def decline(*, model: str, version: str, stage: str, digest: str | None, comment: str, output: str) -> None:
    """Decline that MODEL's VERSION goes into a stage (promoters)."""
    _give(model, version, stage, ("declined", comment, digest), output)


def _give(
    model: str, version: str, stage: str, answer: tuple[str, str | None, str | None], output: str
) -> None:
    api = client()
    asked = _asked(api, model, version, stage)
    row = api.answer_approval(model, asked["version"], asked, *answer)
    done(f"You {answer[0]} {model} {row['version']} for {stage}: {_given(row)} given.", output, row)


def _asked(api: Client, model: str, version: str, stage: str) -> Row:
    """The open request for a version and a stage."""
    found = next(api.list_version_approvals(model, version, state="waiting", stage=stage), None)
    if found is None:
        raise click.ClickException(
            f"Nobody asks for approval of {model} {version} for {stage}. "
            f"`modelcp model approvals ask {model} {version} --stage {stage}` does."
        )
    return found


@approvals.command()
@click.argument("model")
@click.argument("version")
@stage_option
@click.option("--answer", is_flag=True, help="Take your answer back, not your request.")
@click.option("--reason", metavar="TEXT", help="Why, for the history.")
@output_option
def withdraw(*, model: str, version: str, stage: str, answer: bool, reason: str | None, output: str) -> None:
    """Withdraw your request for approval of MODEL's VERSION, or with --answer your answer."""
    api = client()
    asked = _asked(api, model, version, stage)
    take = api.withdraw_answer if answer else api.withdraw_approval
    take(model, asked["version"], asked, reason)
    what = "answer about" if answer else "request for approval of"
    done(f"Your {what} {model} {asked['version']} is withdrawn.", output)
