"""Lineage and impact over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.answers import ImpactAnswer, LineageAnswer
from registry.api.describe import CURSOR, LIMIT, Param, operation
from registry.api.fields import AS_OF, AsOf
from registry.api.http import Endpoint
from registry.rules import lineage as rules
from registry.rules.cursors import MAX_CURSOR
from registry.rules.filters import DEFAULT_LIMIT
from registry.selectors.artifacts import find_artifact_version
from registry.selectors.catalog import find_model, find_version
from registry.selectors.lineage import Graph, around_run, walk
from registry.selectors.lineage_edges import Node, artifact_node, version_node
from registry.selectors.lineage_impact import impact_of
from registry.selectors.lineage_rows import graph_answer
from registry.selectors.lineage_since import changes_since
from registry.selectors.moments import check_begun
from registry.selectors.runs import find_run, run_id

PARAMS = (
    Param(
        "direction", "Which way.", {"type": "string", "enum": list(rules.DIRECTIONS), "default": rules.BOTH}
    ),
    Param(
        "depth",
        "How many edges away.",
        {"type": "integer", "minimum": 0, "maximum": rules.MAX_DEPTH, "default": rules.DEFAULT_DEPTH},
    ),
    Param(
        "limit",
        "How many nodes at most; what is beyond is counted at its neighbour as `folded`.",
        {"type": "integer", "minimum": 1, "maximum": rules.MAX_NODES, "default": rules.DEFAULT_NODES},
    ),
    AS_OF,
)


class Ask(AsOf):
    direction = serializers.CharField(max_length=100, default=rules.BOTH)
    depth = serializers.IntegerField(min_value=0, max_value=rules.MAX_DEPTH, default=rules.DEFAULT_DEPTH)
    limit = serializers.IntegerField(min_value=1, max_value=rules.MAX_NODES, default=rules.DEFAULT_NODES)


class AskSince(Ask):
    since = serializers.CharField(max_length=300, required=False)


SINCE = Param(
    "since",
    "An earlier version of the model (a number, a name, a stage): each node also says what it is beside it.",
    {"type": "string"},
)


class Around(Endpoint):
    """A lineage graph around something."""

    def graph(self, start: list[Node]) -> HttpResponse:
        """The graph that the query string asks for."""
        return self.answer(graph_answer(self.walk(start, self.query(Ask))))

    def walk(self, start: list[Node], asked: Mapping[str, Any]) -> Graph:
        """The graph as far as is asked, now or at a moment."""
        direction = rules.check_direction(asked["direction"])
        return walk(start, direction=direction, depth=asked["depth"], limit=asked["limit"], at=self.moment())


class VersionLineage(Around):
    """The lineage of a model version."""

    @operation("version_lineage", {200: LineageAnswer}, params=(*PARAMS, SINCE))
    def get(self, request: Request, model: str, version: str) -> HttpResponse:
        """What a model version was made from, and what was made from what it links."""
        asked, at = self.query(AskSince), self.moment()
        found = find_model(model, at=at)
        graph = self.walk([version_node(find_version(found, version, at).id)], asked)
        if "since" not in asked:
            return self.answer(graph_answer(graph))
        earlier = find_version(found, asked["since"], at)
        changed = changes_since(graph, earlier.id, depth=asked["depth"])
        return self.answer({**graph_answer(graph, changed), "since": earlier.number})


class ArtifactLineage(Around):
    """The lineage of an artifact version."""

    @operation("artifact_lineage", {200: LineageAnswer}, params=PARAMS)
    def get(self, request: Request, artifact: str, number: str) -> HttpResponse:
        """Where an artifact version came from, and what was made from it."""
        return self.graph([artifact_node(find_artifact_version(artifact, number, self.moment()).id)])


class RunLineage(Around):
    """The lineage of a run."""

    @operation("run_lineage", {200: LineageAnswer}, params=PARAMS)
    def get(self, request: Request, run: str) -> HttpResponse:
        """What a run's steps read and wrote, and further."""
        found = find_run(run_id(run))
        check_begun(found.name, found.started_at, self.moment())
        return self.graph(around_run(found.id))


class AskImpact(AsOf):
    limit = serializers.IntegerField(min_value=1, default=DEFAULT_LIMIT)
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=MAX_CURSOR)


class Impact(Endpoint):
    """The impact of an artifact version."""

    @operation("artifact_impact", {200: ImpactAnswer}, params=(LIMIT, CURSOR, AS_OF))
    def get(self, request: Request, artifact: str, number: str) -> HttpResponse:
        """The model versions downstream of an artifact version, with their stages now and before."""
        asked, at = self.query(AskImpact), self.moment()
        found = find_artifact_version(artifact, number, at)
        return self.answer(impact_of(found.id, at, limit=asked["limit"], cursor=asked.get("cursor")))
