"""The nodes and edges of the lineage, as the tables hold them: what is beside many nodes, in one query.

Nodes are artifact versions, step runs and model versions. Data flows along the edges: an artifact
version into the step that read it and into the model version that links it, a step into what it
wrote. A step that was reused from the cache shows what it gave, but isn't where that came from: so
upstream it is passed by.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import CharField, F, QuerySet, Value, Window
from django.db.models.functions import RowNumber

from registry.models import ArtifactLink, StepInput, StepOutput
from registry.rules.runs import CACHED
from registry.selectors.moments import begun_by, existing_at, open_at

BATCH, PARTS = 5000, 6  # ids in a condition, conditions in a query: below the databases' limit of parameters


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


def edges_beside(
    up: Iterable[Node], down: Iterable[Node], at: datetime | None = None, most: int | None = None
) -> Beside:
    """The edges one step upstream of some nodes and one step downstream of others; all in one query.

    At a moment: those of what had been read, written and linked by then. More than 5,000 nodes of one type
    take more queries. `most` is how many edges of one kind are read of one node, the oldest first.
    """
    above, below = _by_type(up), _by_type(down)
    rows = _rows(
        [
            (_outputs(at).exclude(step__status=CACHED), "artifact_version", above["artifact_version"]),
            (_inputs(at), "step", above["step_run"]),
            (_links(at), "version", above["model_version"] | below["model_version"]),
            (_inputs(at), "artifact_version", below["artifact_version"]),
            (_links(at), "artifact_version", below["artifact_version"]),
            (_outputs(at), "step", below["step_run"]),
        ],
        most,
    )
    beside, kinds = Beside(), dict[Edge, str]()
    for table, source, target, what in sorted(rows):
        edge = _edge(table, source, target, what)
        if edge.kind != "reused":
            beside.into[edge.target].append(edge)
        beside.out[edge.source].append(edge)
        kinds[edge] = what
    for ident in below["model_version"]:
        links = beside.into[version_node(ident)]
        products = [edge for edge in links if kinds[edge] != "data"]
        beside.given_on[version_node(ident)] = products or links
    return beside


def _by_type(nodes: Iterable[Node]) -> dict[str, set[uuid.UUID]]:
    ids: dict[str, set[uuid.UUID]] = defaultdict(set)
    for node in nodes:
        ids[node.type].add(node.id)
    return ids


def _edge(table: str, source: uuid.UUID, target: uuid.UUID, what: str) -> Edge:
    if table == "input":
        return Edge(artifact_node(source), step_node(target), table)
    if table == "link":
        return Edge(artifact_node(source), version_node(target), table)
    return Edge(step_node(source), artifact_node(target), "reused" if what == CACHED else table)


Row = tuple[str, uuid.UUID, uuid.UUID, str]


def _rows(parts: Iterable[tuple[QuerySet[Any], str, set[uuid.UUID]]], most: int | None) -> set[Row]:
    """The rows of these tables whose column is one of these ids; of each id `most` at most."""
    conditions = [
        _first(rows.filter(**{f"{column}__in": ids}), column, most)
        for rows, column, all_ids in parts
        for ids in split(all_ids)
    ]
    found: set[Row] = set()
    for start in range(0, len(conditions), PARTS):
        first, *others = conditions[start : start + PARTS]
        rows = first.union(*others, all=True) if others else first
        found.update((table, source, target, what) for table, source, target, what, *_ in rows)
    return found


def _first(rows: QuerySet[Any], column: str, most: int | None) -> QuerySet[Any]:
    """The first rows of each value of a column; the database drops the others."""
    if most is None:
        return rows
    place = Window(RowNumber(), partition_by=F(column), order_by="id")
    found: QuerySet[Any] = rows.annotate(place=place).filter(place__lte=most)
    return found


def split(ids: Iterable[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    """Ids in parts that one condition takes."""
    whole = list(ids)
    for start in range(0, len(whole), BATCH):
        yield whole[start : start + BATCH]


def _inputs(at: datetime | None) -> QuerySet[Any]:
    return _edge_rows(consumed(at), "input", "artifact_version_id", "step_id", Value("", CharField()))


def _outputs(at: datetime | None) -> QuerySet[Any]:
    return _edge_rows(written(at), "output", "step_id", "artifact_version_id", F("step__status"))


def _links(at: datetime | None) -> QuerySet[Any]:
    return _edge_rows(open_links(at), "link", "artifact_version_id", "version_id", F("kind"))


def _edge_rows(rows: Any, table: str, source: str, target: str, what: Any) -> QuerySet[Any]:
    label = Value(table, CharField())
    found: QuerySet[Any] = rows.annotate(table=label, what=what).values_list("table", source, target, "what")
    return found


def consumed(at: datetime | None) -> QuerySet[StepInput]:
    """What steps read: all, or those that had begun at a moment."""
    return StepInput.objects.filter(begun_by(at, "step__"))


def written(at: datetime | None) -> QuerySet[StepOutput]:
    """What steps wrote: all, or those that had begun at a moment."""
    return StepOutput.objects.filter(begun_by(at, "step__"))


def open_links(at: datetime | None) -> QuerySet[ArtifactLink]:
    """The links that are there now or were at a moment, of versions and models that were."""
    return ArtifactLink.objects.filter(
        open_at(at), existing_at(at, "version__"), existing_at(at, "version__model__")
    )
