"""The facts of a lineage graph's nodes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef

from registry.models import ArtifactLink, ArtifactVersion, ModelVersion, StepRun
from registry.rules.lineage import Change, strongest
from registry.selectors.lineage import Graph
from registry.selectors.lineage_edges import Node
from registry.selectors.lineage_reads import split
from registry.selectors.moments import held, open_at


def graph_answer(graph: Graph, changed: Mapping[uuid.UUID, Change] | None = None) -> dict[str, Any]:
    """A graph as every door shows it: nodes with their facts, nearest first, edges, and what was left out.

    Args:
        changed: what became of nodes since an earlier version.
    """
    return _answer(graph, _facts([graph], graph.at), changed or {})


def graph_answers(graphs: Sequence[Graph], at: datetime | None) -> list[dict[str, Any]]:
    """Graphs of one moment as every door shows them; the facts of the nodes of all are read at once."""
    facts = _facts(graphs, at)
    return [_answer(graph, facts, {}) for graph in graphs]


def _facts(graphs: Sequence[Graph], at: datetime | None) -> dict[uuid.UUID, dict[str, Any]]:
    """The facts of the nodes; a query for each kind of them."""
    nodes = {node for graph in graphs for node in graph.nodes}
    return {
        **_artifacts(_ids(nodes, "artifact_version"), at),
        **_steps(_ids(nodes, "step_run")),
        **_versions(_ids(nodes, "model_version"), at),
    }


def _answer(
    graph: Graph, facts: Mapping[uuid.UUID, dict[str, Any]], changed: Mapping[uuid.UUID, Change]
) -> dict[str, Any]:
    nodes = [
        {
            **facts[node.id],
            "type": node.type,
            "distance": distance,
            **({"folded": graph.folded[node]} if node in graph.folded else {}),
            **({"at_least": True} if node in graph.at_least else {}),
            **_change(changed.get(node.id)),
        }
        for node, distance in sorted(graph.nodes.items(), key=lambda item: (item[1], item[0]))
        if node.id in facts
    ]
    edges = [
        {"from": edge.source.id, "to": edge.target.id, "kind": edge.kind} for edge in sorted(graph.edges)
    ]
    answer: dict[str, Any] = {"nodes": nodes, "edges": edges}
    if graph.folded or graph.more:
        answer["truncated"] = {
            "folded": sum(graph.folded.values()),
            "at_least": bool(graph.at_least),
            "deeper": graph.more,
        }
    return answer


def _change(change: Change | None) -> dict[str, Any]:
    return {"since": change.state, "differs": list(change.differs)} if change else {}


def _ids(nodes: Iterable[Node], kind: str) -> list[uuid.UUID]:
    return [node.id for node in nodes if node.type == kind]


def _artifacts(ids: list[uuid.UUID], at: datetime | None) -> dict[uuid.UUID, dict[str, Any]]:
    links = ArtifactLink.objects.filter(open_at(at), artifact_version=OuterRef("id"))
    found = {}
    for part in split(ids):
        rows: Any = ArtifactVersion.objects.filter(id__in=part).values(
            "id",
            "number",
            "data_type",
            "size",
            "uri",
            "sha256",
            "created_at",
            artifact_name=F("artifact__name"),
            gone=F("deleted_at"),
            model=Exists(links.filter(kind="model")),
            deployment=Exists(links.filter(kind="deployment")),
        )
        for row in rows:
            artifact, gone = row.pop("artifact_name"), row.pop("gone")
            deleted = gone is not None and (at is None or gone <= at)
            kinds = [kind for kind in ("model", "deployment") if row.pop(kind)]
            found[row["id"]] = {**row, "name": artifact, "kind": strongest(kinds), "deleted": deleted}
    return found


def _steps(ids: list[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    found = {}
    for part in split(ids):
        rows: Any = StepRun.objects.filter(id__in=part).values(
            "id",
            "name",
            "status",
            "started_at",
            "ended_at",
            run_name=F("run__name"),
            of_run=F("run_id"),
            pipeline=F("run__pipeline__name"),
        )
        for row in rows:
            run = {"id": row.pop("of_run"), "name": row.pop("run_name")}
            found[row["id"]] = {**row, "kind": "step", "run": run}
    return found


def _versions(ids: list[uuid.UUID], at: datetime | None) -> dict[uuid.UUID, dict[str, Any]]:
    found = {}
    for part in split(ids):
        rows: Any = ModelVersion.objects.filter(id__in=part).values(
            "id", "number", "created_at", held=held(at), model_name=F("model__name"), version_name=F("name")
        )
        for row in rows:
            row["model"], row["stage"] = row.pop("model_name"), row.pop("held")
            found[row["id"]] = {**row, "kind": "model", "name": f"{row['model']} {row['number']}"}
    return found
