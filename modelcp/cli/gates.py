"""`modelcp model gates`: what a promotion must pass."""

from __future__ import annotations

from typing import Any

import click

from modelcp.cli.output import Row, done, output_option, print_json, print_rows, when
from modelcp.cli.session import client

stage_option = click.option(
    "--stage",
    "-s",
    type=click.Choice(["staging", "production"]),
    default="production",
    show_default=True,
    help="The stage that they stand before.",
)
gate_option = click.option(
    "--gate",
    "-g",
    "gates",
    multiple=True,
    metavar="RULE",
    help="Such as `metrics.auc >= holder`; repeatable.",
)


@click.group()
def gates() -> None:
    """Show, set and back-test what a promotion must pass."""


@gates.command()
@click.argument("model")
@output_option
def show(model: str, output: str) -> None:
    """Show a MODEL's gates and the directions declared for its metrics."""
    found = client().get_gates(model)
    if output == "json":
        print_json(found)
        return
    rows = [{"stage": stage, "rule": rule} for stage, rules in found["gates"].items() for rule in rules]
    print_rows(rows, [("Stage", "stage"), ("Gate", "rule")], output, empty=f"{model} has no gates.")
    for metric, way in found["directions"].items():
        click.echo(f"{metric} is better {way}.")


@gates.command("set")
@click.argument("model")
@stage_option
@gate_option
@click.option("--none", "none", is_flag=True, help="End all gates of the stage.")
@click.option(
    "--direction",
    "directions",
    multiple=True,
    metavar="METRIC=higher|lower",
    help="Which way is better; repeatable.",
)
@output_option
def set_(
    *,
    model: str,
    stage: str,
    gates: tuple[str, ...],
    none: bool,
    directions: tuple[str, ...],
    output: str,
) -> None:
    """Set the gates of a MODEL's stage in place of those it has (administrators)."""
    if none == bool(gates) and not (directions and not none):
        raise click.UsageError("Give --gate, --direction, or --none to end all gates of the stage.")
    wanted: dict[str, Any] = {}
    if gates or none:
        wanted["gates"] = {stage: list(gates)}
    if directions:
        wanted["directions"] = dict(_direction(text) for text in directions)
    found = client().set_gates(model, **wanted)
    count = len(found.get("gates", {}).get(stage, gates))
    done(f"{model} has {count} gate{'' if count == 1 else 's'} before {stage}.", output, found)


def _direction(text: str) -> tuple[str, str]:
    metric, sign, way = text.rpartition("=")
    if not sign:
        raise click.UsageError("--direction is METRIC=higher or METRIC=lower.")
    return metric, way


@gates.command()
@click.argument("model")
@stage_option
@gate_option
@output_option
def test(model: str, stage: str, gates: tuple[str, ...], output: str) -> None:
    """Show which of the last promotions of a MODEL these gates would have blocked."""
    if not gates:
        raise click.UsageError("Give the gates to try by --gate.")
    tried = client().back_test_gates(model, stage, list(gates))
    if output == "json":
        print_json(tried)
        return
    click.echo(
        f"{len(tried['blocked'])} of the last {tried['promotions']} promotions would have been blocked."
    )
    columns: Any = [("Version", "version"), ("At", when("at")), ("By", "by"), ("Why", _why)]
    if tried["blocked"]:
        print_rows(tried["blocked"], columns, output, empty="")


def _why(row: Row) -> str:
    return " ".join(gate["why"] for gate in row["gates"])
