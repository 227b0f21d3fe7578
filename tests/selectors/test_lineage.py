"""Lineage on generated graphs, against a walk by brute force."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import (
    Artifact,
    ArtifactLink,
    ArtifactVersion,
    Chain,
    Model,
    ModelVersion,
    Pipeline,
    Run,
    StepInput,
    StepOutput,
    StepRun,
)
from registry.rules.ids import new_id
from registry.selectors.lineage import around_run, walk
from registry.selectors.lineage_edges import Node, artifact_node, step_node, version_node
from registry.selectors.lineage_rows import graph_answer
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


@dataclass
class World:
    """A generated registry and its edges as plain sets."""

    artifacts: list[Any] = field(default_factory=list)
    steps: list[Any] = field(default_factory=list)
    versions: list[Any] = field(default_factory=list)
    run: Any = None
    down: dict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))
    up: dict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))

    def edge(self, source: Node, target: Node, *, upstream: bool = True) -> None:
        self.down[source].add(target)
        if upstream:
            self.up[target].add(source)


def generate(seed: int, artifacts: int, steps: int, versions: int) -> World:
    """A world in which each step reads older artifact versions and writes newer ones."""
    chance, now, world = random.Random(seed), timezone.now(), World()
    model_id = new_id()
    model = Model(id=model_id, chain=Chain.objects.create(id=model_id), name=f"m{seed}", created_at=now)
    model.save()
    world.versions = [
        ModelVersion(model=model, number=n + 1, name=str(n + 1), created_at=now) for n in range(versions)
    ]
    ModelVersion.objects.bulk_create(world.versions)
    artifact = Artifact.objects.create(name=f"a{seed}", created_at=now)
    world.artifacts = [
        ArtifactVersion(artifact=artifact, number=n + 1, uri=f"s3://{n}", created_at=now)
        for n in range(artifacts)
    ]
    ArtifactVersion.objects.bulk_create(world.artifacts)
    pipeline = Pipeline.objects.create(name=f"p{seed}", created_at=now)
    world.run = Run.objects.create(pipeline=pipeline, name="r", status="completed", started_at=now)
    world.steps = [
        StepRun(run=world.run, name=f"s{n}", position=n, status=chance.choice(["completed"] * 4 + ["cached"]))
        for n in range(steps)
    ]
    StepRun.objects.bulk_create(world.steps)
    _connect(world, chance)
    return world


def _connect(world: World, chance: random.Random) -> None:
    inputs, outputs, links = [], [], []
    count = len(world.artifacts)
    for place, step in enumerate(world.steps):
        cut = max(1, place * count // len(world.steps))
        for n in {chance.randrange(max(0, cut - 50), cut) for _ in range(2)}:
            inputs.append(StepInput(step=step, name=f"i{n}", artifact_version=world.artifacts[n]))
            world.edge(artifact_node(world.artifacts[n].id), step_node(step.id))
        for n in {
            chance.randrange(cut, min(count, cut + 20)) if cut < count else count - 1 for _ in range(2)
        }:
            outputs.append(StepOutput(step=step, name=f"o{n}", artifact_version=world.artifacts[n]))
            cached = step.status == "cached"
            world.edge(step_node(step.id), artifact_node(world.artifacts[n].id), upstream=not cached)
    for version in world.versions:
        for n in {chance.randrange(count) for _ in range(2)}:
            links.append(
                ArtifactLink(
                    of_model_id=version.model_id,
                    version=version,
                    artifact_version=world.artifacts[n],
                    name=f"l{n}",
                    kind="data",
                    valid_from=timezone.now(),
                )
            )
            world.edge(artifact_node(world.artifacts[n].id), version_node(version.id))
    StepInput.objects.bulk_create(inputs)
    StepOutput.objects.bulk_create(outputs)
    ArtifactLink.objects.bulk_create(links)


def brute(edges: dict[Node, set[Node]], start: Node, depth: int = 10**6) -> dict[Node, int]:
    """Every node that can be reached, with its distance."""
    distances, frontier, far = {start: 0}, {start}, 0
    while frontier and far < depth:
        far += 1
        frontier = {n for node in frontier for n in edges[node]} - set(distances)
        distances |= dict.fromkeys(frontier, far)
    return distances


@pytest.mark.parametrize("depth", [0, 1, 2, 5, 100])
def test_a_walk_equals_brute_force_in_each_direction(depth: int) -> None:
    world = generate(7, artifacts=400, steps=300, versions=60)
    starts = [*map(artifact_node, (a.id for a in world.artifacts[::100])), step_node(world.steps[150].id)]
    for start in starts:
        for direction, edges in (("upstream", world.up), ("downstream", world.down)):
            graph = walk([start], direction=direction, depth=depth, limit=10**6)
            assert graph.nodes == brute(edges, start, depth)
            assert not graph.folded
            assert graph.more == (len(brute(edges, start, depth + 1)) > len(graph.nodes))
    version = version_node(world.versions[0].id)
    assert walk([version], direction="upstream", depth=depth, limit=10**6).nodes == brute(
        world.up, version, depth
    )


def test_the_way_down_from_a_version_begins_at_what_it_links() -> None:
    world = generate(3, artifacts=200, steps=150, versions=20)
    version = version_node(world.versions[0].id)
    expected = {version}
    for linked in world.up[version]:
        expected |= set(brute(world.down, linked))
    graph = walk([version], direction="downstream", depth=100, limit=10**6)
    assert set(graph.nodes) == expected
    assert all(edge.target in graph.nodes and edge.source in graph.nodes for edge in graph.edges)


def test_a_limit_folds_and_tells() -> None:
    world = generate(5, artifacts=400, steps=300, versions=60)
    start = artifact_node(world.artifacts[0].id)
    whole = walk([start], depth=100, limit=10**6)
    graph = walk([start], depth=100, limit=20)
    assert len(graph.nodes) == 20 < len(whole.nodes)
    answer = graph_answer(graph)
    assert answer["truncated"]["folded"] == sum(node.get("folded", 0) for node in answer["nodes"]) > 0
    shown = {node["id"] for node in answer["nodes"]}
    assert all(edge["from"] in shown and edge["to"] in shown for edge in answer["edges"])
    assert "truncated" not in graph_answer(whole)
    assert len(walk(around_run(world.run.id), depth=1, limit=50).nodes) == 50


def test_queries_grow_with_the_depth_alone() -> None:
    small, large = generate(1, 100, 80, 10), generate(2, 2000, 1600, 200)
    for world, nodes in ((small, 50), (large, 1000)):
        start = [artifact_node(artifact.id) for artifact in world.artifacts[::10]]
        with CaptureQueriesContext(connection) as queries:
            graph = walk(start, depth=6, limit=5000)
        assert len(graph.nodes) > nodes
        assert len(queries) <= 6 + 1  # one a depth for both directions, and one to see if there is more
        with CaptureQueriesContext(connection) as queries:
            graph_answer(graph)
        assert len(queries) <= 3  # one a kind of node


def test_lineage_over_http() -> None:
    api = Api()
    api.post("models/", {"name": "churn"})
    api.post("models/churn/versions/", {})
    api.post("models/churn/versions/1/artifacts/", {"uri": "s3://w", "artifact": "weights", "kind": "model"})
    graph = api.get("models/churn/versions/1/lineage/")
    assert [(n["type"], n["kind"], n["name"]) for n in graph["nodes"]] == [
        ("model_version", "model", "churn 1"),
        ("artifact_version", "model", "weights"),
    ]
    assert graph["edges"] == [
        {"from": graph["nodes"][1]["id"], "to": graph["nodes"][0]["id"], "kind": "link"}
    ]
    assert (
        api.get("artifacts/weights/versions/1/lineage/?direction=down&depth=1")["nodes"][1]["name"]
        == "churn 1"
    )
    for query in (
        "direction=sideways",
        "depth=-1",
        "depth=x",
        "depth=1000",
        "limit=0",
        "limit=99999999",
        "z=1",
    ):
        api.refused("GET", f"models/churn/versions/1/lineage/?{query}", None, 400)
    api.refused("GET", "runs/nothing/lineage/", None, 404, "no_such_run")


def test_data_that_a_version_was_made_from_does_not_lead_down_from_it() -> None:
    """Two versions trained on the same table: the one isn't downstream of the other, its predictions are."""
    world = generate(5, artifacts=4, steps=0, versions=2)
    now, (table, weights, predictions, other) = timezone.now(), world.artifacts
    first, second = world.versions
    train, predict = (
        StepRun.objects.create(run=world.run, name=n, position=0, status="completed") for n in "tp"
    )
    StepInput.objects.create(step=train, name="table", artifact_version=table)
    StepOutput.objects.create(step=train, name="weights", artifact_version=weights)
    StepInput.objects.create(step=predict, name="weights", artifact_version=weights)
    StepOutput.objects.create(step=predict, name="predictions", artifact_version=predictions)
    ArtifactLink.objects.all().delete()
    for version, artifact, kind in (
        (first, table, "data"),
        (first, weights, "model"),
        (second, table, "data"),
    ):
        ArtifactLink.objects.create(
            of_model_id=version.model_id,
            version=version,
            artifact_version=artifact,
            name=kind,
            kind=kind,
            valid_from=now,
        )
    down = set(walk([version_node(first.id)], direction="downstream").nodes)
    assert {artifact_node(predictions.id), step_node(predict.id)} <= down
    assert not down & {version_node(second.id), step_node(train.id), artifact_node(other.id)}
    assert step_node(train.id) in set(walk([version_node(first.id)], direction="upstream").nodes)
