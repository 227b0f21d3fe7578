"""Reads of lineage: what was consumed and produced, across models; one query a depth.

Of a node with more neighbours than can be shown only so many edges are read; of those left out at the end it
is asked which lead to nodes that are shown, and how many the others are: some queries more.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from registry.models import StepRun
from registry.rules.lineage import (
    BOTH,
    DEFAULT_DEPTH,
    DEFAULT_NODES,
    DOWNSTREAM,
    MAX_FOLDED,
    UPSTREAM,
    to_read,
)
from registry.selectors.lineage_edges import (
    Beside,
    Edge,
    Node,
    edges_beside,
    edges_between,
    neighbours_of,
    step_node,
)


@dataclass
class Graph:
    """The part of the lineage that was walked.

    `folded` counts the neighbours left out, by node; of those in `at_least` there are as many or more.
    """

    nodes: dict[Node, int] = field(default_factory=dict)  # the distance from where the walk began
    edges: set[Edge] = field(default_factory=set)
    folded: dict[Node, int] = field(default_factory=dict)
    at_least: set[Node] = field(default_factory=set)
    more: bool = False  # the walk ended by its depth, and there is more
    at: datetime | None = None  # the moment that is shown; None is now


def walk(
    start: Iterable[Node],
    *,
    direction: str = BOTH,
    depth: int = DEFAULT_DEPTH,
    limit: int = DEFAULT_NODES,
    at: datetime | None = None,
    look_beyond: bool = True,
    wide: int | None = None,
    most: int | None = None,
    skip: int = 0,
) -> Graph:
    """The graph around `start`: upstream, downstream, or both; the nearest first.

    Args:
        depth: how many edges away at most.
        limit: how many nodes at most; neighbours beyond it are counted in `folded`.
        at: as it was at this moment: what had been read, written and linked by then.
        wide: how many new neighbours of one node at most, each way and by each kind of edges; those beyond it
            are counted in `folded`.
        most: how many edges of one table are read of a node; by default as many as can be shown.
        skip: how many of those beside `start` are passed by: they are known already.
        look_beyond: whether to find out if there is `more`, which takes one query.
    """
    origin = list(dict.fromkeys(start))
    graph = Graph(dict.fromkeys(origin[:limit], 0), more=len(origin) > limit, at=at)
    directions = (UPSTREAM, DOWNSTREAM) if direction == BOTH else (direction,)
    ways = [_Way(graph, way, origin[:limit], wide) for way in directions]
    for distance in range(1, depth + 1):
        beside = _beside(ways, at, most or limit, skip if distance == 1 else 0)
        for way in ways:
            way.step(beside, distance, limit)
    beside = _beside(ways, at, most or limit) if look_beyond else Beside()
    beyond = any(far not in graph.nodes for way in ways for _, far, _ in way.hops(beside))
    graph.more |= bool(beside.cut) or beyond
    _fold(graph, ways)
    return graph


def _beside(ways: Iterable[_Way], at: datetime | None, limit: int, skip: int = 0) -> Beside:
    up = {node for way in ways if way.direction == UPSTREAM for node in way.frontier}
    down = {node for way in ways if way.direction == DOWNSTREAM for node in way.frontier}
    if not up and not down:
        return Beside()
    return edges_beside(up, down, at, most=to_read(limit, max(len(up), len(down))), skip=skip)


class _Way:
    """One direction of a walk, and how far it is."""

    def __init__(self, graph: Graph, direction: str, origin: list[Node], wide: int | None) -> None:
        self.graph, self.direction, self.frontier, self.wide = graph, direction, origin, wide
        self.seen = set(origin)
        self.folded, self.cut = Counter[Node](), set[Node]()

    def hops(self, beside: Beside) -> Iterator[tuple[Node, Node, Edge]]:
        """The edges one step further, each with its end that is near and the one that is far."""
        for near in self.frontier:
            if self.direction == UPSTREAM:
                edges = beside.into
            else:
                edges = beside.given_on if near.type == "model_version" else beside.out
            for edge in edges.get(near, ()):
                yield near, edge.target if edge.source == near else edge.source, edge

    def step(self, beside: Beside, distance: int, limit: int) -> None:
        """One step further."""
        nodes, reached, beside_it = self.graph.nodes, dict[Node, None](), Counter[tuple[Node, str]]()
        self.cut |= {near for way, near in beside.cut if way == self.direction}
        for near, far, edge in self.hops(beside):
            if far not in nodes:
                if len(nodes) >= limit or (self.wide is not None and beside_it[near, edge.kind] >= self.wide):
                    self.folded[near] += 1
                    continue
                beside_it[near, edge.kind] += 1
            nodes.setdefault(far, distance)
            self.graph.edges.add(edge)
            if far not in self.seen and far.type != "model_version":  # versions give nothing on
                reached[far] = None
            self.seen.add(far)
        self.frontier = list(reached)


def _fold(graph: Graph, ways: list[_Way]) -> None:
    """Counts what is left out; of the nodes of which not all was read, what leads to shown ones is drawn."""
    cut = {(way.direction, near) for way in ways for near in way.cut}
    counts: Mapping[tuple[str, Node], tuple[int, bool]] = {}
    if cut:
        graph.edges |= edges_between(cut, graph.nodes, graph.at)
        counts = neighbours_of(cut, graph.at, MAX_FOLDED + len(graph.nodes))
    shown = Counter(near for near, _ in {end for edge in graph.edges for end in _ends(edge)})
    folded = Counter[Node]()
    for way in ways:
        folded.update({near: count for near, count in way.folded.items() if near not in way.cut})
        for near in way.cut:
            count, over = counts.get((way.direction, near), (0, False))
            folded[near] += min(count - shown[way.direction, near], MAX_FOLDED)
            if over:
                graph.at_least.add(near)
    graph.folded = {near: count for near, count in folded.items() if count > 0}


def _ends(edge: Edge) -> Iterator[tuple[tuple[str, Node], Node]]:
    """An edge as it is seen from each end: the direction with the node, and its neighbour."""
    yield (DOWNSTREAM, edge.source), edge.target
    if edge.kind != "reused":
        yield (UPSTREAM, edge.target), edge.source


def around_run(run: uuid.UUID) -> list[Node]:
    """Where the lineage of a run begins: its steps."""
    steps = StepRun.objects.filter(run=run).order_by("position", "id").values_list("id", flat=True)
    return [step_node(step) for step in steps]
