"""Reads of lineage: what was consumed and produced, across models; one query a depth."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from registry.models import StepRun
from registry.rules.lineage import BOTH, DEFAULT_DEPTH, DEFAULT_NODES, DOWNSTREAM, UPSTREAM
from registry.selectors.lineage_edges import Beside, Edge, Node, edges_beside, step_node


@dataclass
class Graph:
    """The part of the lineage that was walked; `folded` counts the neighbours left out, by node."""

    nodes: dict[Node, int] = field(default_factory=dict)  # the distance from where the walk began
    edges: set[Edge] = field(default_factory=set)
    folded: dict[Node, int] = field(default_factory=dict)
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
) -> Graph:
    """The graph around `start`: upstream, downstream, or both; the nearest first.

    Args:
        depth: how many edges away at most.
        limit: how many nodes at most; neighbours beyond it are counted in `folded`.
        at: as it was at this moment: what had been read, written and linked by then.
        wide: how many new neighbours of one node at most, each way; those beyond it are counted in `folded`.
        most: how many edges of one kind are read of one node, each way; what is beyond isn't counted.
        look_beyond: whether to find out if there is `more`, which takes one query.
    """
    origin = list(dict.fromkeys(start))
    graph = Graph(dict.fromkeys(origin[:limit], 0), more=len(origin) > limit, at=at)
    directions = (UPSTREAM, DOWNSTREAM) if direction == BOTH else (direction,)
    ways = [_Way(graph, way, origin[:limit], wide) for way in directions]
    for distance in range(1, depth + 1):
        beside = _beside(ways, at, most)
        for way in ways:
            way.step(beside, distance, limit)
    beside = _beside(ways, at, most) if look_beyond else Beside()
    graph.more |= any(far not in graph.nodes for way in ways for _, far, _ in way.hops(beside))
    return graph


def _beside(ways: Iterable[_Way], at: datetime | None, most: int | None) -> Beside:
    up = {node for way in ways if way.direction == UPSTREAM for node in way.frontier}
    down = {node for way in ways if way.direction == DOWNSTREAM for node in way.frontier}
    return edges_beside(up, down, at, most) if up or down else Beside()


class _Way:
    """One direction of a walk, and how far it is."""

    def __init__(self, graph: Graph, direction: str, origin: list[Node], wide: int | None) -> None:
        self.graph, self.direction, self.frontier, self.wide = graph, direction, origin, wide
        self.seen = set(origin)

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
        nodes, reached, beside_it = self.graph.nodes, dict[Node, None](), Counter[Node]()
        for near, far, edge in self.hops(beside):
            if far not in nodes:
                if len(nodes) >= limit or (self.wide is not None and beside_it[near] >= self.wide):
                    self.graph.folded[near] = self.graph.folded.get(near, 0) + 1
                    continue
                beside_it[near] += 1
            nodes.setdefault(far, distance)
            self.graph.edges.add(edge)
            if far not in self.seen and far.type != "model_version":  # versions give nothing on
                reached[far] = None
            self.seen.add(far)
        self.frontier = list(reached)


def around_run(run: uuid.UUID) -> list[Node]:
    """Where the lineage of a run begins: its steps."""
    steps = StepRun.objects.filter(run=run).order_by("position", "id").values_list("id", flat=True)
    return [step_node(step) for step in steps]
