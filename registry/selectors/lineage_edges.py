"""The nodes and edges of the lineage, as the tables hold them: what is beside many nodes, in one query.

Nodes are artifact versions, step runs and model versions. Data flows along the edges: an artifact
version into the step that read it and into the model version that links it, a step into what it
wrote. A step that was reused from the cache shows what it gave, but isn't where that came from: so
upstream it is passed by.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from registry.rules.lineage import DOWNSTREAM, UPSTREAM
from registry.rules.runs import CACHED
from registry.selectors import lineage_reads as reads
from registry.selectors.lineage_reads import Part, Row

PARTS = {
    UPSTREAM: (reads.WRITERS, reads.READ, reads.LINKED),
    DOWNSTREAM: (reads.READERS, reads.LINKING, reads.WROTE),
}
TYPES = {"artifact_version": "artifact_version", "step": "step_run", "version": "model_version"}


class Node(NamedTuple):
    """A node: `type` is artifact_version, step_run or model_version."""

    type: str
    id: uuid.UUID


class Edge(NamedTuple):
    """Data flows from `source` to `target`; `kind` is input, output, reused or link."""

    source: Node
    target: Node
    kind: str


def artifact_node(ident: uuid.UUID) -> Node:
    """The node of an artifact version."""
    return Node("artifact_version", ident)


def step_node(ident: uuid.UUID) -> Node:
    """The node of a step run."""
    return Node("step_run", ident)


def version_node(ident: uuid.UUID) -> Node:
    """The node of a model version."""
    return Node("model_version", ident)


@dataclass
class Beside:
    """Edges by the node they were asked for: what leads into it, what leads out of it, in a fixed order.

    A version itself gives nothing on: what it consists of does. `given_on` are the links by which the way
    down from one begins: those of kind model and deployment; its data only if it has nothing else, for
    most of that is what it was made from, and feeds others that have nothing to do with it.
    """

    into: dict[Node, list[Edge]] = field(default_factory=lambda: defaultdict(list))
    out: dict[Node, list[Edge]] = field(default_factory=lambda: defaultdict(list))
    given_on: dict[Node, list[Edge]] = field(default_factory=dict)
    cut: set[tuple[str, Node]] = field(default_factory=set)


def edges_beside(
    up: Iterable[Node], down: Iterable[Node], at: datetime | None, *, most: int, skip: int = 0
) -> Beside:
    """The edges one step upstream of some nodes and one step downstream of others; all in one query.

    At a moment: those of what had been read, written and linked by then. More than 2,500 nodes of one type
    take more queries.

    Args:
        most: how many edges of one table are read of an artifact version or a step.
        skip: how many of them are passed by.
    """
    above, below = _by_type(up), _by_type(down)
    wanted = {part: above[TYPES[part.near]] for part in PARTS[UPSTREAM]}
    wanted |= {part: below[TYPES[part.near]] for part in PARTS[DOWNSTREAM]}
    wanted[reads.LINKED] = above["model_version"] | below["model_version"]
    rows, cut = reads.rows_of({part: ids for part, ids in wanted.items() if ids}, at, most, skip)
    beside, kinds = Beside(), dict[Edge, str]()
    for row in sorted(rows):
        edge = _edge(row)
        if edge.kind != "reused":
            beside.into[edge.target].append(edge)
        beside.out[edge.source].append(edge)
        kinds[edge] = row.what
    for ident in below["model_version"]:
        links = beside.into[version_node(ident)]
        products = [edge for edge in links if kinds[edge] != "data"]
        beside.given_on[version_node(ident)] = products or links
    for part, ids in cut.items():
        way = UPSTREAM if part in PARTS[UPSTREAM] else DOWNSTREAM
        beside.cut |= {(way, Node(TYPES[part.near], ident)) for ident in ids}
    return beside


def edges_between(near: Iterable[tuple[str, Node]], far: Iterable[Node], at: datetime | None) -> set[Edge]:
    """The edges from some nodes, each in a direction, to others."""
    others = _by_type(far)
    keys = {key: others[kind] for key, kind in TYPES.items()}
    return {_edge(row) for row in reads.rows_between(_parts(near), keys, at)}


def neighbours_of(
    near: Iterable[tuple[str, Node]], at: datetime | None, most: int
) -> Mapping[tuple[str, Node], tuple[int, bool]]:
    """How many neighbours nodes have, each in a direction, and whether there are more than were counted.

    Args:
        most: how many edges of one table are looked at.
    """
    counts: dict[tuple[str, Node], tuple[int, bool]] = {}
    for (part, ident), (count, over) in reads.neighbours(_parts(near), at, most).items():
        key = UPSTREAM if part in PARTS[UPSTREAM] else DOWNSTREAM, Node(TYPES[part.near], ident)
        before, over_before = counts.get(key, (0, False))
        counts[key] = before + count, over or over_before
    return counts


def _parts(near: Iterable[tuple[str, Node]]) -> dict[Part, set[uuid.UUID]]:
    """The tables that hold the edges of nodes in a direction, with the nodes' ids."""
    wanted: dict[Part, set[uuid.UUID]] = defaultdict(set)
    for way, node in near:
        for part in PARTS[way]:
            if TYPES[part.near] == node.type:
                wanted[part].add(node.id)
    return wanted


def _by_type(nodes: Iterable[Node]) -> dict[str, set[uuid.UUID]]:
    ids: dict[str, set[uuid.UUID]] = defaultdict(set)
    for node in nodes:
        ids[node.type].add(node.id)
    return ids


def _edge(row: Row) -> Edge:
    if row.table == "input":
        return Edge(artifact_node(row.source), step_node(row.target), row.table)
    if row.table == "link":
        return Edge(artifact_node(row.source), version_node(row.target), row.table)
    kind = "reused" if row.what == CACHED else row.table
    return Edge(step_node(row.source), artifact_node(row.target), kind)
