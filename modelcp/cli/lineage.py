"""`modelcp lineage`: what a version was made from, and what was made from it."""

from __future__ import annotations

from typing import Any

import click

from modelcp.cli.output import Column, Row, output_option, print_json, print_rows
from modelcp.cli.session import as_of_option, client

DIRECTIONS = {"up": "upstream", "down": "downstream", "both": "both"}
COLUMNS: list[Column] = [
    ("From", lambda row: named(row["from"])),
    ("", "arrow"),
    ("To", lambda row: named(row["to"])),
    ("As", "kind"),
]


@click.command()
@click.argument("model")
@click.argument("version", required=False)
@click.option(
    "--direction",
    "-d",
    type=click.Choice([*DIRECTIONS, "upstream", "downstream"]),
    default="up",
    show_default=True,
    help="What it was made from, what was made from it, or both.",
)
@click.option("--depth", type=click.IntRange(0, 100), help="How many edges away; 6 by default.")
@click.option("--since", metavar="VERSION", help="Say what changed since this earlier version.")
@as_of_option
@output_option
def lineage(
    *,
    model: str,
    version: str | None,
    direction: str,
    depth: int | None,
    since: str | None,
    as_of: str | None,
    output: str,
) -> None:
    """Show what MODEL's VERSION (the latest if none is given) was made from."""
    way = DIRECTIONS.get(direction, direction)
    graph = client().version_lineage(model, version, direction=way, depth=depth, since=since, as_of=as_of)
    if output == "json":
        print_json(graph)
        return
    changed: list[Column] = [(f"Since {graph['since']}", lambda row: change(row["from"]))] if since else []
    print_rows(edges(graph), [*COLUMNS, *changed], output, empty="Nothing is known of where it came from.")
    if graph.get("truncated"):
        click.echo(left_out(graph["truncated"]), err=True)


def edges(graph: Row) -> list[dict[str, Any]]:
    """The graph's edges with their nodes, nearest to the version first."""
    nodes = {node["id"]: node for node in graph["nodes"]}
    rows = [
        {
            "from": nodes.get(edge["from"], {}),
            "arrow": "→",
            "to": nodes.get(edge["to"], {}),
            "kind": edge["kind"],
        }
        for edge in graph["edges"]
    ]
    return sorted(rows, key=lambda row: (row["to"].get("distance", 0), row["from"].get("distance", 0)))


def left_out(truncated: Row) -> str:
    """What to do about what a graph leaves out."""
    if not truncated["folded"]:
        return "There is more: ask with a greater --depth, or for the JSON."
    count = f"{'at least ' if truncated.get('at_least') else ''}{truncated['folded']:,}"
    return f"{count} neighbours are left out: the JSON tells beside which node."


def named(node: Row) -> str:
    """A node of the graph in words."""
    kind = str(node.get("type", "something")).replace("_", " ")
    if kind == "artifact version":
        return f"{node.get('name')} {node.get('number')}"
    if kind == "step run":
        return f"step {node.get('name')} of {(node.get('run') or {}).get('name')}"
    return f"{kind} {node.get('name', '')}"


def change(node: Row) -> str:
    """What became of a node since the earlier version: "changed: code and parameters"."""
    differs = " and ".join(node.get("differs", ()))
    return f"{node.get('since', '')}: {differs}" if differs else str(node.get("since", ""))
