"""Lineage: in which direction and how far it is followed, what a graph shows of many, what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple

from registry.rules.errors import InvalidInput

UPSTREAM, DOWNSTREAM, BOTH = "upstream", "downstream", "both"
DIRECTIONS = (UPSTREAM, DOWNSTREAM, BOTH)
DEFAULT_DEPTH, MAX_DEPTH = 6, 100
DEFAULT_NODES, MAX_NODES = 500, 5000
MAX_FOLDED = 10_000  # neighbours left out that are counted; of more it is told: so many at least
LEAST_READ, MOST_READ = 20, 40_000  # edges of one table that are read: of one node, of all of a depth
KINDS = ("data", "step", "model", "deployment")
SAME, CHANGED, NEW = STATES = ("same", "changed", "new")
_STRENGTH = {"data": 0, "model": 1, "deployment": 2}


def check_direction(value: str) -> str:
    """One of the directions (`up` and `down` for short), or InvalidInput."""
    value = {"up": UPSTREAM, "down": DOWNSTREAM}.get(value, value)
    if value not in DIRECTIONS:
        raise InvalidInput(
            f"{value[:40]!r} is no direction.",
            fields={"direction": "Not a direction."},
            hint="It is upstream, downstream or both.",
        )
    return value


def to_read(limit: int, nodes: int) -> int:
    """How many edges of one table are read of each of so many nodes, in a graph of `limit` nodes.

    As many as can be shown; of a crowd of nodes fewer, so that all together stay bounded.
    """
    return min(limit, max(LEAST_READ, MOST_READ // max(nodes, 1)))


def strongest(kinds: list[str]) -> str:
    """The kind that an artifact version is shown as: what any of its links says beyond data."""
    return max(kinds, key=_STRENGTH.__getitem__, default="data")


class Change(NamedTuple):
    """What a node is beside an earlier graph: `state` is same, changed or new; `differs` says in what."""

    state: str
    differs: tuple[str, ...] = ()


class Earlier:
    """What the nodes of one name were in an earlier graph.

    Args:
        nodes: the facts of each that count: the bytes of an artifact version; code and parameters of a step.
    """

    def __init__(self, nodes: Iterable[Mapping[str, Hashable]]) -> None:
        self._nodes: set[frozenset[tuple[str, Hashable]]] = set()
        self._values: dict[str, set[Hashable]] = defaultdict(set)
        for facts in nodes:
            self._nodes.add(frozenset(facts.items()))
            for name, value in facts.items():
                self._values[name].add(value)

    def change(self, facts: Mapping[str, Hashable]) -> Change:
        """What became of a node with these facts: it differs in those that none of the earlier had."""
        if not self._nodes:
            return Change(NEW)
        if frozenset(facts.items()) in self._nodes:
            return Change(SAME)
        unseen = tuple(name for name, value in facts.items() if value not in self._values[name])
        return Change(CHANGED, unseen or tuple(facts))
