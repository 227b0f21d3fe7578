"""What changed in a lineage since an earlier version of the model: bytes, code, parameters."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import orjson
from django.db.models import F

from registry.models import ArtifactVersion, StepRun
from registry.rules.lineage import MAX_NODES, Change, Earlier
from registry.selectors.lineage import Graph, walk
from registry.selectors.lineage_edges import Node, version_node
from registry.selectors.lineage_reads import split

LEAST_DEPTH = 8
Facts = tuple[Hashable, Mapping[str, Hashable]]  # what a node is found again by, and what may have changed


def changes_since(graph: Graph, version: uuid.UUID, *, depth: int) -> dict[uuid.UUID, Change]:
    """What each artifact version and step of a graph is beside those of the same name around a version.

    Args:
        depth: how many edges away the graph was walked; around the version it is walked further, so that
            what has only moved is found again.
    """
    earlier = walk(
        [version_node(version)],
        depth=max(depth + 2, LEAST_DEPTH),
        limit=MAX_NODES,
        at=graph.at,
        look_beyond=False,
    )
    facts = dict(_facts({*graph.nodes, *earlier.nodes}))
    named: dict[Hashable, list[Mapping[str, Hashable]]] = defaultdict(list)
    for node in earlier.nodes:
        if node.id in facts:
            name, what = facts[node.id]
            named[name].append(what)
    before: dict[Hashable, Earlier] = defaultdict(lambda: Earlier([]))
    before.update({name: Earlier(nodes) for name, nodes in named.items()})
    found = ((node.id, facts[node.id]) for node in graph.nodes if node.id in facts)
    return {ident: before[name].change(what) for ident, (name, what) in found}


def _facts(nodes: set[Node]) -> Iterator[tuple[uuid.UUID, Facts]]:
    for part in split(node.id for node in nodes if node.type == "artifact_version"):
        versions: Any = ArtifactVersion.objects.filter(id__in=part)
        for ident, name, sha256, uri in versions.values_list("id", "artifact__name", "sha256", "uri"):
            yield ident, (name, {"bytes": sha256 or uri})
    for part in split(node.id for node in nodes if node.type == "step_run"):
        rows: Any = StepRun.objects.filter(id__in=part)
        for row in rows.values("id", "name", "code", "parameters", pipeline=F("run__pipeline__name")):
            code = row["code"].get("digest") or row["code"].get("source")
            given = orjson.dumps(row["parameters"], option=orjson.OPT_SORT_KEYS)
            yield row["id"], ((row["pipeline"], row["name"]), {"code": code, "parameters": given})
