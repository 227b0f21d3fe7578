"""Lineage around what very many read: what is shown, what is counted, and that no more is read."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import ArtifactLink, ModelVersion, Run, StepInput, StepOutput, StepRun
from registry.selectors import lineage, lineage_reads
from registry.selectors.lineage import Graph, walk
from registry.selectors.lineage_edges import Node, artifact_node, step_node, version_node
from registry.selectors.lineage_rows import graph_answer
from tests.selectors.test_lineage import World, brute, generate

pytestmark = pytest.mark.django_db
READERS, LINKS = 300, 120


@pytest.fixture
def world() -> World:
    """A world whose first artifact version, the hub, 300 steps read besides, and 120 versions link."""
    made = generate(4, artifacts=60, steps=40, versions=LINKS)
    hub, now = made.artifacts[0], timezone.now()
    steps = [
        StepRun(run=made.run, name=f"r{n}", position=n, status="completed", started_at=now)
        for n in range(READERS)
    ]
    StepRun.objects.bulk_create(steps)
    StepInput.objects.bulk_create([StepInput(step=s, name="hub", artifact_version=hub) for s in steps])
    again = steps[: READERS // 2]  # by a second name: the same neighbour
    StepInput.objects.bulk_create([StepInput(step=s, name="too", artifact_version=hub) for s in again])
    made.steps += steps
    linked = set(ArtifactLink.objects.filter(artifact_version=hub).values_list("version", flat=True))
    ArtifactLink.objects.bulk_create(
        ArtifactLink(
            of_model_id=version.model_id,
            version=version,
            artifact_version=hub,
            name="hub",
            kind="data",
            valid_from=now + timedelta(milliseconds=n),
        )
        for n, version in enumerate(made.versions)
        if version.id not in linked
    )
    for step in steps:
        made.edge(artifact_node(hub.id), step_node(step.id))
    for version in made.versions:
        made.edge(artifact_node(hub.id), version_node(version.id))
    return made


def assert_true(graph: Graph, world: World, whole: dict[Node, set[Node]]) -> None:
    """Each node that leaves something out says how much; no edge between two that are shown is missing."""
    out = defaultdict(set)
    for edge in graph.edges:
        out[edge.source].add(edge.target)
    hub = artifact_node(world.artifacts[0].id)
    assert graph.folded[hub] == len(whole[hub]) - len(out[hub]) > 0
    assert out[hub] == whole[hub] & set(graph.nodes)


@pytest.mark.parametrize("limit", [1, 2, 30, 100, 250])
def test_what_is_left_out_of_a_hub_is_counted(world: World, limit: int) -> None:
    start = artifact_node(world.artifacts[0].id)
    graph = walk([start], direction="downstream", depth=6, limit=limit)
    assert len(graph.nodes) == limit
    assert not graph.at_least
    assert_true(graph, world, world.down)
    answer = graph_answer(graph)
    assert answer["truncated"]["folded"] == sum(node.get("folded", 0) for node in answer["nodes"])
    assert answer["truncated"]["at_least"] is False


def test_a_hub_that_is_reached_from_elsewhere_is_joined_to_all_that_is_shown(world: World) -> None:
    """From an early reader: the newest of the hub's readers are read, and this one isn't among them."""
    reader = next(s for s in world.steps[40:] if s.name == "r0")
    writer = StepRun.objects.create(run=world.run, name="w", position=0, status="completed")
    StepOutput.objects.create(step=writer, name="hub", artifact_version=world.artifacts[0])
    start = [step_node(reader.id), step_node(writer.id)]
    graph = walk(start, depth=4, limit=40)
    assert (artifact_node(world.artifacts[0].id), step_node(reader.id)) in {
        (edge.source, edge.target) for edge in graph.edges
    }
    assert_true(graph, world, world.down)


def test_of_more_than_are_counted_there_are_so_many_at_least(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "MAX_FOLDED", 50)
    start = artifact_node(world.artifacts[0].id)
    graph = walk([start], direction="downstream", depth=1, limit=20)
    assert graph.at_least == {start}
    assert 50 <= graph.folded[start] <= 100  # by each of its two tables
    answer = graph_answer(graph)
    assert answer["nodes"][0]["at_least"] is True
    assert answer["truncated"]["at_least"] is True


def test_what_is_read_of_a_hub_doesnt_grow_with_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    asked = lineage_reads._asked
    monkeypatch.setattr(lineage_reads, "_asked", lambda queries: [*map(seen, asked(queries))])

    def seen(row: Any) -> Any:
        read.append(row)
        return row

    start = artifact_node(world.artifacts[0].id)
    for direction in ("downstream", "both"):
        read.clear()
        with CaptureQueriesContext(connection) as queries:
            walk([start], direction=direction, depth=2, limit=20)
        hub = [row for row in read if world.artifacts[0].id in row[1:3]]
        assert len(hub) <= 3 * (20 + 1) + 2 * 20  # both tables, and the edges to what is shown
        assert len(queries) <= 2 + 1 + 1 + 6  # a depth, what is beyond, the edges, the counts of each table


def test_small_graphs_are_whole_whatever_is_read(world: World) -> None:
    start = artifact_node(world.artifacts[0].id)
    graph = walk([start], direction="downstream", depth=100, limit=1000)
    assert graph.nodes == brute(world.down, start)
    assert not graph.folded
    assert not graph.more


def test_a_hub_is_gone_through_page_by_page(world: World) -> None:
    start, found = artifact_node(world.artifacts[0].id), set[Node]()
    for page in range(1000):
        graph = walk([start], direction="downstream", depth=1, limit=100, most=25, skip=25 * page)
        assert graph.folded.get(start, 0) == len(world.down[start]) - (len(graph.nodes) - 1)
        if len(graph.nodes) == 1:
            break
        found |= set(graph.nodes)
    assert found - {start} == world.down[start]
    assert page > 12


def test_of_a_hub_at_a_moment_only_what_was_there_counts(world: World) -> None:
    then = timezone.now() - timedelta(days=1)
    early = [s.id for s in world.steps[40 : 40 + 90]]
    StepRun.objects.filter(id__in=early).update(started_at=then - timedelta(hours=1))
    Run.objects.update(started_at=timezone.now())
    ArtifactLink.objects.filter(version__in=world.versions[:30]).update(valid_from=then - timedelta(hours=2))
    ModelVersion.objects.update(created_at=then - timedelta(days=2))
    type(world.versions[0].model).objects.update(created_at=then - timedelta(days=2))
    start = artifact_node(world.artifacts[0].id)
    graph = walk([start], direction="downstream", depth=1, limit=40, at=then)
    assert len(graph.nodes) == 40
    assert graph.folded[start] == 90 + 30 - 39
    assert all(node.id in early for node in graph.nodes if node.type == "step_run")
