"""Reads beside a lineage graph: the facts of one node and its nearest neighbours."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q

from registry.models import ArtifactVersion, ModelVersion, RunVersion, StepRun
from registry.rules.errors import NotFound
from registry.rules.lineage import DOWNSTREAM, UPSTREAM
from registry.selectors.catalog import find_version
from registry.selectors.late import metrics_of
from registry.selectors.lineage import Graph, walk
from registry.selectors.lineage_edges import Node
from registry.selectors.lineage_rows import graph_answers
from registry.selectors.lists import Counted
from registry.selectors.moments import begun_by, existing_at, held

TYPES = ("artifact_version", "step_run", "model_version")
NEAR = 40  # neighbours that are listed


def node_facts(kind: str, ident: uuid.UUID, at: datetime | None = None) -> dict[str, Any]:
    """A node's facts with its nearest neighbours, now or at a moment, in about ten queries.

    Returns:
        the facts of its type; `type`; `upstream` and `downstream`: `nodes`, at most 40, `total`, and whether
        that is `at_least` how many there are.

    Raises:
        NotFound: there is no such node.
    """
    row = {"artifact_version": _artifact, "step_run": _step, "model_version": _version}[kind](ident, at)
    if row is None:
        raise NotFound("This is no longer there.", code="no_such_node", hint="Reload the page.")
    of_version = kind == "model_version"
    above = _near(kind, ident, UPSTREAM, at)
    below = _users(ident, at) if of_version else _near(kind, ident, DOWNSTREAM, at)
    upstream, downstream = (_beside(answer, ident) for answer in graph_answers([above, below], at))
    if of_version:
        users = [node for node in downstream["nodes"] if _uses(node, row["run_id"])]
        downstream = {"nodes": users[:NEAR], "total": len(users), "at_least": bool(below.folded)}
    return {**row, "type": kind, "upstream": upstream, "downstream": downstream}


def _beside(answer: dict[str, Any], ident: uuid.UUID) -> dict[str, Any]:
    """The neighbours in a graph of one step around a node, and how many it has."""
    (here,) = (node for node in answer["nodes"] if node["id"] == ident)
    nodes = [node for node in answer["nodes"] if node["id"] != ident]
    folded, at_least = here.get("folded", 0), here.get("at_least", False)
    return {"nodes": nodes, "total": folded if at_least else len(nodes) + folded, "at_least": at_least}


def earlier_version(version: uuid.UUID, since: str, at: datetime | None = None) -> uuid.UUID:
    """The version that `since` names, of the same model as `version`; NotFound lists what exists."""
    found = ModelVersion.objects.select_related("model").filter(existing_at(at), id=version).first()
    if found is None:
        raise NotFound("This is no longer there.", code="no_such_node", hint="Reload the page.")
    return find_version(found.model, since, at).id


def _near(kind: str, ident: uuid.UUID, way: str, at: datetime | None) -> Graph:
    return walk([Node(kind, ident)], direction=way, depth=1, limit=NEAR + 1, at=at, look_beyond=False)


def _users(version: uuid.UUID, at: datetime | None) -> Graph:
    start = [Node("model_version", version)]
    return walk(start, direction=DOWNSTREAM, depth=2, limit=3 * NEAR, at=at, look_beyond=False)


def _uses(node: dict[str, Any], run: uuid.UUID | None) -> bool:
    """Whether a node below a version reads or links what it links, apart from the run that made it."""
    return bool(node["distance"] == 2 and (node["type"] == "model_version" or node["run"]["id"] != run))


def _artifact(ident: uuid.UUID, at: datetime | None) -> Any:
    by_then = Q() if at is None else Q(created_at__lte=at)
    return (
        ArtifactVersion.objects.filter(by_then, id=ident)
        .values(
            "id",
            "number",
            "size",
            "sha256",
            "data_type",
            "media_type",
            "created_at",
            "uri",
            name=F("artifact__name"),
            by=F("created_by__username"),
            gone=F("deleted_at"),
            step_name=F("step__name"),
            run_id=F("step__run_id"),
            pipeline=F("step__run__pipeline__name"),
        )
        .first()
    )


def _step(ident: uuid.UUID, at: datetime | None) -> Any:
    row: Any = (
        StepRun.objects.filter(begun_by(at), id=ident)
        .values(
            "id",
            "name",
            "status",
            "started_at",
            "ended_at",
            "parameters",
            "run_id",
            "error",
            pipeline=F("run__pipeline__name"),
            by=F("run__actor__username"),
            run_code=F("run__code"),
        )
        .first()
    )
    if row is not None:
        took = row["ended_at"] - row["started_at"] if row["ended_at"] and row["started_at"] else None
        row["seconds"] = took.total_seconds() if took else None
    return row


def _version(ident: uuid.UUID, at: datetime | None) -> Any:
    asked = RunVersion.objects.filter(version=OuterRef("pk"), created=False)
    row: Any = (
        ModelVersion.objects.filter(existing_at(at), id=ident)
        .values(
            "id",
            "number",
            "name",
            "created_at",
            held=held(at),
            model_name=F("model__name"),
            by=F("created_by__username"),
            run_id=F("created_by_run_id"),
            pipeline=F("created_by_run__pipeline__name"),
            status=F("created_by_run__status"),
            run_code=F("created_by_run__code"),
            asked=Counted((asked if at is None else asked.filter(at__lte=at)).values("pk")),
        )
        .first()
    )
    if row is not None:
        row["stage"] = row["held"]
        row["metrics"], row["late"] = metrics_of([ident], at).get(ident, ({}, []))
    return row
