"""A lineage graph as the pages show it: signed distances, names of neighbours, many alike folded. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from registry.rules.direction import isolated
from registry.templatetags import formats

MANY_ALIKE = 4  # of one name, beside the same neighbours: more are folded
MANY = 8  # of one kind, beside the same neighbours
CROWD = 1000  # nodes above which no edge is left out
EDGES_A_HOP = 2  # a step and what it read or wrote
Row = dict[str, Any]


def signed(
    nodes: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]], focus: Iterable[Any]
) -> dict[Any, int]:
    """How far each node is from the focus: negative upstream, 0 the focus itself, positive downstream.

    What a focused version links is upstream of it; what was made from those is downstream.
    """
    focus = list(focus)
    into, out = _neighbours(edges)
    up = _distances(focus, into)
    down = _distances(focus, out)
    beside = {ident: -far for ident, far in up.items()} | {ident: far for ident, far in down.items() if far}
    if len(beside) < len(nodes):  # what was made from the things that lead to the focus
        starts = [ident for ident, far in beside.items() if far in (0, -1)]
        for ident, far in _distances(starts, out).items():
            beside.setdefault(ident, far)
    return {node["id"]: beside.get(node["id"], node["distance"]) for node in nodes}


def _neighbours(edges: Sequence[Mapping[str, Any]]) -> tuple[dict[Any, list[Any]], dict[Any, list[Any]]]:
    """Where each node's data comes from, and where it goes."""
    into: dict[Any, list[Any]] = defaultdict(list)
    out: dict[Any, list[Any]] = defaultdict(list)
    for edge in edges:
        into[edge["to"]].append(edge["from"])
        out[edge["from"]].append(edge["to"])
    return into, out


def _distances(starts: Iterable[Any], ways: Mapping[Any, list[Any]]) -> dict[Any, int]:
    far = dict.fromkeys(starts, 0)
    frontier = list(far)
    while frontier:
        reached = []
        for ident in frontier:
            for other in ways.get(ident, ()):
                if other not in far:
                    far[other] = far[ident] + 1
                    reached.append(other)
        frontier = reached
    return far


def table(answer: Mapping[str, Any], focus: Iterable[Any]) -> list[Row]:
    """The graph's nodes as rows, from the farthest upstream to the farthest downstream.

    Each: the node's facts, `hop` (signed), `label`, `sources` and `targets` (labels of neighbours).
    """
    focus = set(focus)
    far = signed(answer["nodes"], answer["edges"], focus)
    into, out = _neighbours(answer["edges"])
    labels = {node["id"]: label(node) for node in answer["nodes"]}
    rows = [
        {
            **node,
            "hop": far[node["id"]],
            "here": node["id"] in focus,
            "label": labels[node["id"]],
            "seconds": _seconds(node),
            "sources": _few(into[node["id"]], labels),
            "targets": _few(out[node["id"]], labels),
            "change": change(node),
        }
        for node in answer["nodes"]
    ]
    kinds = {"artifact_version": 0, "step_run": 1, "model_version": 2}
    return sorted(rows, key=lambda row: (row["hop"], kinds[row["type"]], row["label"]))


def label(node: Mapping[str, Any]) -> str:
    """What a node is called: an artifact or model with its number, a step by its name."""
    if node["type"] == "step_run":
        return isolated(str(node["name"]))
    return f"{isolated(node['model' if node['type'] == 'model_version' else 'name'])} {node['number']}"


def change(node: Mapping[str, Any]) -> str:
    """What became of a node since an earlier version, in words; empty where nothing is compared."""
    match node.get("since"), node["type"]:
        case None, _:
            return ""
        case "same", kind:
            return "same bytes" if kind == "artifact_version" else "same"
        case "changed", "step_run":
            return " and ".join(node["differs"]) + " changed"
        case state, _:
            return str(state)


def _seconds(node: Mapping[str, Any]) -> float | None:
    start, end = node.get("started_at"), node.get("ended_at")
    return (end - start).total_seconds() if start and end else None


def _few(idents: Sequence[Any], labels: Mapping[Any, str], most: int = 3) -> str:
    names = [labels[ident] for ident in idents if ident in labels]
    shown = ", ".join(formats.middle(name, 32) for name in names[:most])
    return f"{shown} + {len(names) - most:,}" if len(names) > most else shown


def drawing(answer: Mapping[str, Any], focus: Iterable[Any]) -> dict[str, Any]:
    """The graph for the browser: nodes with two lines of text, edges, groups of many alike to draw folded."""
    focus = set(focus)
    far = signed(answer["nodes"], answer["edges"], focus)
    groups = fold(answer["nodes"], answer["edges"], far, focus)
    group_of = {ident: group["id"] for group in groups for ident in group["members"]}
    return {
        "nodes": [
            {
                **_drawn(node),
                "hop": far[node["id"]],
                "focus": node["id"] in focus,
                "group": group_of.get(node["id"]),
            }
            for node in answer["nodes"]
        ],
        "edges": [
            {"from": str(edge["from"]), "to": str(edge["to"]), "kind": edge["kind"]}
            for edge in needed(answer)
        ],
        "groups": [{**group, "members": [str(ident) for ident in group["members"]]} for group in groups],
        "more": bool(answer.get("truncated")),
    }


def needed(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The edges without those links that a longer way says already: data that a step read to make it.

    What is linked as a model or a deployment keeps its edge: it is what the version is. Of a crowd nobody
    reads single edges, and looking for longer ways would take longer than all else.
    """
    edges: list[Mapping[str, Any]] = answer["edges"]
    if len(answer["nodes"]) > CROWD:
        return edges
    _, out = _neighbours(edges)
    data = {node["id"] for node in answer["nodes"] if node["kind"] == "data"}

    def led_elsewhere(edge: Mapping[str, Any]) -> bool:
        seen, frontier = {edge["from"]}, [other for other in out[edge["from"]] if other != edge["to"]]
        while frontier:
            ident = frontier.pop()
            if ident == edge["to"]:
                return True
            if ident not in seen:
                seen.add(ident)
                frontier.extend(out.get(ident, ()))
        return False

    return [
        edge
        for edge in edges
        if edge["kind"] != "link" or edge["from"] not in data or not led_elsewhere(edge)
    ]


def _drawn(node: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(node["type"])
    if kind == "artifact_version":
        name = str(node["name"])
        note = (
            f"{node['number']} · {formats.size(node['size'])}"
            if node["size"] is not None
            else str(node["number"])
        )
    elif kind == "step_run":
        seconds = _seconds(node)
        name, note = (
            str(node["name"]),
            formats.duration(seconds) if seconds is not None else str(node["status"]),
        )
    else:
        name, note = str(node["model"]), f"version {node['number']}"
    return {
        "id": str(node["id"]),
        "type": kind,
        "kind": node["kind"],
        "name": name,
        "short": formats.middle(name, 18),
        "note": note,
        "stage": node.get("stage"),
        "status": node.get("status"),
        "folded": node.get("folded", 0),
        "at_least": node.get("at_least", False),
        "data_type": node.get("data_type", ""),
        "since": node.get("since"),
        "change": change(node),
    }


def fold(
    nodes: Sequence[Mapping[str, Any]],
    edges: Sequence[Mapping[str, Any]],
    far: Mapping[Any, int],
    focus: set[Any],
) -> list[Row]:
    """Groups of nodes that are many, alike and beside the same neighbours, nearest to the focus first.

    A fold's members count as one for what lies behind them, so that a hundred nightly runs and their
    hundred outputs become two groups.
    """
    into, out = _neighbours(edges)
    stands_for: dict[Any, Any] = {}
    groups: list[Row] = []
    for distance in sorted({abs(value) for value in far.values()} - {0}):
        ring = [node for node in nodes if abs(far[node["id"]]) == distance and node["id"] not in focus]
        for most, key in ((MANY_ALIKE, _alike), (MANY, _of_a_kind)):
            buckets: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
            for node in ring:
                if node["id"] not in stands_for:
                    ways = out if far[node["id"]] < 0 else into
                    near = frozenset(stands_for.get(other, other) for other in ways[node["id"]])
                    buckets[(key(node), near, far[node["id"]] < 0)].append(node)
            for members in buckets.values():
                if len(members) > most:
                    groups.append(_group(members, len(groups), alike=key is _alike))
                    stands_for |= {node["id"]: groups[-1]["id"] for node in members}
    return groups


def _alike(node: Mapping[str, Any]) -> tuple[Any, ...]:
    return node["type"], node["kind"], node.get("model") or node["name"]


def _of_a_kind(node: Mapping[str, Any]) -> tuple[Any, ...]:
    return node["type"], node["kind"]


_WORDS = {"artifact_version": "artifacts", "step_run": "steps", "model_version": "versions"}


def _group(members: Sequence[Mapping[str, Any]], count: int, *, alike: bool) -> Row:
    first = members[0]
    moved = sum(member.get("since") in ("changed", "new") for member in members)
    name = str(first.get("model") or first["name"]) if alike else _WORDS[first["type"]]
    return {
        "id": f"fold-{count}",
        "type": first["type"],
        "kind": first["kind"],
        "name": f"+ {len(members):,}",
        "note": formats.middle(name, 18),
        "since": "changed" if moved else None,
        "change": f"{moved:,} of {len(members):,} changed or new" if moved else "",
        "members": [node["id"] for node in members],
    }
