"""`modelcp model gates`: what a promotion must pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from modelcp.cli.output import Row, done, output_option, print_json, print_rows, when
from modelcp.cli.session import client

NONE = "none"  # the way of a metric whose direction ends
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
    metavar="METRIC=higher|lower|none",
    help="Which way is better, `none` to end what was declared; others stay as they are; repeatable.",
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
    """Set the gates of a MODEL's stage in place of those it has (administrators).

    A direction is added to those declared for the model, or takes the place of the same metric's.
    """
    if none == bool(gates) and not (directions and not none):
        raise click.UsageError("Give --gate, --direction, or --none to end all gates of the stage.")
    asked = dict(_direction(text) for text in directions)
    api = client()
    wanted: dict[str, Any] = {}
    if gates or none:
        wanted["gates"] = {stage: list(gates)}
    if asked:
        wanted["directions"] = _merged(model, api.get_gates(model)["directions"], asked)
    found = api.set_gates(model, **wanted)
    count = len(found.get("gates", {}).get(stage, gates))
    done(f"{model} has {count} gate{'' if count == 1 else 's'} before {stage}.", output, found)


def _direction(text: str) -> tuple[str, str]:
    metric, sign, way = text.rpartition("=")
    if not sign:
        raise click.UsageError("--direction is METRIC=higher, METRIC=lower, or METRIC=none to end it.")
    return metric, way


def _merged(model: str, declared: Row, asked: Mapping[str, str]) -> dict[str, str]:
    """The directions declared now with those that are asked for: the API replaces all of them."""
    for metric, way in asked.items():
        if way == NONE and metric not in declared:
            there = f"It has: {', '.join(sorted(declared))}." if declared else "It has none."
            raise click.ClickException(f"{model} has no direction of {metric!r} to end. {there}")
    return {metric: way for metric, way in {**declared, **asked}.items() if way != NONE}


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
