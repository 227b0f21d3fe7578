"""Lineage pages: the table without JavaScript, what the browser draws, folds, facts."""

import json
import re
import uuid
from typing import Any

import pytest
from django.test import Client

from registry.pages import graphs
from registry.selectors import lineage, lineage_page
from registry.selectors.catalog import find_model, find_version
from registry.services.actors import Actor
from tests.pages.catalog_world import HOSTILE, link, make_model, person
from tests.pages.facts_world import Trained, text
from tests.support.doors import Api, ident, new_version, output, started, step

pytestmark = pytest.mark.django_db


def nodes_of(client: Client, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(text(client, path))
    return answer


def test_the_table_holds_steps_artifacts_and_versions_without_javascript(client: Client) -> None:
    run = Trained(Api())
    for path in (
        "/models/churn/versions/1/lineage/",
        "/artifacts/train/1/lineage/",
        f"/runs/{run.run}/lineage/",
    ):
        page = text(client, path)
        for shown in (
            "load",
            "fit",
            "/artifacts/train/1/",
            "/artifacts/classifier/1/",
            "/models/churn/versions/1/",
        ):
            assert shown in page, (path, shown)
        assert '<meta name="graph-library" content="/static/vendor/cytoscape' in page
        assert 'src="/static/vendor/cytoscape' not in page  # it would be read before the first paint
        table = text(client, f"{path}?view=table")
        assert "vendor/cytoscape" not in table
        assert "here" in table


def test_directions_and_hops(client: Client) -> None:
    Trained(Api())
    down = text(client, "/artifacts/train/1/lineage/?direction=downstream&view=table")
    assert "/models/churn/versions/1/" in down
    up = text(client, "/artifacts/train/1/lineage/?direction=upstream&view=table")
    assert "/models/churn/versions/1/" not in up
    assert "load" in up
    for odd in ("direction=sideways", "hops=-1", "hops=x", "hops=99999"):
        text(client, f"/artifacts/train/1/lineage/?{odd}")


def test_the_browser_gets_the_graph_of_a_version(client: Client) -> None:
    Trained(Api())
    version = find_version(find_model("churn"), 1)
    drawn = nodes_of(client, f"/lineage/model_version/{version.id}/?hops=2")
    kinds = {node["name"]: node["hop"] for node in drawn["nodes"]}
    assert kinds["churn"] == 0
    assert kinds["train"] < 0
    assert kinds["load"] < kinds["train"]
    assert [node["name"] for node in drawn["nodes"] if node["focus"]] == ["churn"]
    known = {node["id"] for node in drawn["nodes"]}
    assert all(edge["from"] in known and edge["to"] in known for edge in drawn["edges"])
    for kind in ("artifact_version", "step_run", "model_version", "run"):
        text(client, f"/lineage/{kind}/{uuid.uuid4()}/")
    text(client, f"/lineage/other/{uuid.uuid4()}/", 404)


def test_the_table_and_the_graph_tell_what_changed_since_a_version(client: Client) -> None:
    api = Api()
    Trained(api)
    again = Trained(api)
    path = "/models/churn/versions/2/lineage/"
    assert "?since=1" in text(client, path)
    assert "Since 1" not in text(client, path)
    for words in ("1", "%31"):
        table = text(client, f"{path}?view=table&since={words}")
        assert "Changed since" in table
        assert "Since 1" in table
        assert "same bytes" in table
    text(client, f"{path}?since=9", 404)
    version = find_version(find_model("churn"), 2)
    drawn = nodes_of(client, f"/lineage/model_version/{version.id}/?since=1")
    words = {node["name"]: node["change"] for node in drawn["nodes"]}
    assert words["train"] == "same bytes"
    assert words["fit"] == "same"
    assert words["churn"] == ""
    # A node that is expanded is told of beside the version whose lineage the page shows.
    around = f"/lineage/artifact_version/{again.weights['id']}/?hops=1&since=1&of={version.id}"
    assert {"fit": "same", "classifier": "same bytes"}.items() <= {
        node["name"]: node["change"] for node in nodes_of(client, around)["nodes"]
    }.items()
    text(client, f"/lineage/model_version/{uuid.uuid4()}/?since=1", 404)


@pytest.mark.parametrize("query", ["", "&view=table&rows=all", "&since=1", "&hops=4"])
def test_queries_grow_with_the_hops_alone(
    client: Client, django_assert_max_num_queries: Any, query: str
) -> None:
    api = Api()
    for _ in range(3):
        run = Trained(api, steps=12)
    hops = 4 if "hops" in query else 2
    walks = (2 * hops + 2) + (2 * hops + 4 if "since" in query else 0)
    for path in (
        "/models/churn/versions/2/lineage/",
        "/artifacts/train/1/lineage/",
        f"/runs/{run.run}/lineage/",
    ):
        if "since" in query and "models" not in path:
            continue
        with django_assert_max_num_queries(walks + 12):
            text(client, f"{path}?{query}")
    with django_assert_max_num_queries(12):
        text(client, "/artifacts/train/1/impact/")


def test_facts_of_each_kind_of_node(client: Client) -> None:
    run = Trained(Api())
    version = find_version(find_model("churn"), 1)
    assert "Expand one hop" in text(client, f"/lineage/model_version/{version.id}/facts/")
    assert "load" in text(client, f"/lineage/artifact_version/{run.data['id']}/facts/")
    assert "e41c7a9" in text(client, f"/lineage/step_run/{run.steps['fit']}/facts/")
    text(client, f"/lineage/step_run/{uuid.uuid4()}/facts/", 404)
    text(client, f"/lineage/run/{run.run}/facts/", 404)


def test_many_alike_are_folded(client: Client) -> None:
    api = Api()
    run = Trained(api)
    for number in range(9):
        body = started(pipeline="nightly", started_at=f"2026-02-0{number + 1}T01:00:00Z")
        api.post("runs/", body)
        read = [{"name": "classifier", "artifact_version": run.weights["id"]}]
        score = step("score", inputs=read, outputs=[output(new_version("predictions"))], id=ident())
        api.post(f"runs/{body['id']}/", {"status": "completed", "steps": [score]})
    drawn = nodes_of(client, f"/lineage/artifact_version/{run.weights['id']}/?hops=2")
    folds = {group["note"]: len(group["members"]) for group in drawn["groups"]}
    assert folds == {"score": 9, "predictions": 9}


def test_of_very_many_readers_some_are_drawn_and_the_others_counted(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api()
    run = Trained(api)
    read = [{"name": "classifier", "artifact_version": run.weights["id"]}]
    steps = [step(f"score {n}", inputs=read, id=ident()) for n in range(20)]
    body = started(pipeline="nightly")
    api.post("runs/", body)
    api.post(f"runs/{body['id']}/", {"status": "completed", "steps": steps})
    weights = run.weights["id"]
    drawn = nodes_of(client, f"/lineage/artifact_version/{weights}/?nodes=90&direction=downstream&hops=1")
    (focus,) = (node for node in drawn["nodes"] if node["focus"])
    assert focus["folded"] == 20 - 10
    assert len(drawn["nodes"]) == 1 + 10 + 1  # the version that links it, too
    assert drawn["more"]
    facts = text(client, f"/lineage/artifact_version/{weights}/facts/")
    assert "Downstream, 21" in facts
    assert "13 more" in facts
    monkeypatch.setattr(lineage_page, "NEAR", 4)
    monkeypatch.setattr(lineage, "MAX_FOLDED", 10)
    assert "Downstream, 10+" in text(client, f"/lineage/artifact_version/{weights}/facts/")
    table = text(client, "/artifacts/classifier/1/lineage/?nodes=9&direction=downstream&hops=1&view=table")
    assert "at least 10 more beside it" in table
    assert "at least 10 neighbours left out" in table
    assert re.search(r"\d+ nodes drawn; there are more · 1 hop around", table)


def test_lineage_of_nothing_is_a_page(client: Client) -> None:
    api = Api()
    body = started(pipeline="empty")
    api.post("runs/", body)
    text(client, f"/runs/{body['id']}/lineage/")
    make_model(person("bob"), "bare", many=1)
    assert "bare 1" in text(client, "/models/bare/versions/1/lineage/")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(client: Client, admin: Actor, name: str) -> None:
    make_model(admin, "m", many=1)
    link(admin, "m", 1, name)
    version = find_version(find_model("m"), 1)
    assert "<script>alert" not in text(client, "/models/m/versions/1/lineage/")
    assert "<script>alert" not in text(client, f"/lineage/model_version/{version.id}/facts/")
    answer = client.get(f"/lineage/model_version/{version.id}/")
    assert answer["Content-Type"] == "application/json"
    assert name in {node["name"] for node in json.loads(answer.content)["nodes"]}


def node(ident: str, shape: str = "artifact_version", **facts: Any) -> dict[str, Any]:
    basic = {"id": ident, "type": shape, "kind": "step" if shape == "step_run" else "data", "distance": 1}
    return {**basic, "name": ident, "number": 1, "size": 5, **facts}


def edge(start: str, end: str, kind: str = "input") -> dict[str, Any]:
    return {"from": start, "to": end, "kind": kind}


def test_a_link_that_a_longer_way_says_isnt_drawn() -> None:
    nodes = [
        node("d"),
        node("s", "step_run"),
        node("w", kind="model"),
        node("v", "model_version", kind="model"),
    ]
    edges = [edge("d", "s"), edge("s", "w", "output"), edge("w", "v", "link"), edge("d", "v", "link")]
    kept = {(one["from"], one["to"]) for one in graphs.needed({"nodes": nodes, "edges": edges})}
    assert kept == {("d", "s"), ("s", "w"), ("w", "v")}


def test_distances_are_negative_upstream_and_positive_downstream() -> None:
    nodes = [node(name) for name in "abcx"]
    edges = [edge("a", "b"), edge("b", "c"), edge("a", "x")]
    assert graphs.signed(nodes, edges, ["b"]) == {"a": -1, "b": 0, "c": 1, "x": 1}


def test_a_fold_counts_as_one_for_what_lies_behind_it() -> None:
    nodes = [
        node("hub"),
        *(node(f"s{n}", "step_run", name="score") for n in range(6)),
        *(node(f"o{n}", name="out") for n in range(6)),
    ]
    edges = [*(edge("hub", f"s{n}") for n in range(6)), *(edge(f"s{n}", f"o{n}") for n in range(6))]
    far = graphs.signed(nodes, edges, ["hub"])
    groups = graphs.fold(nodes, edges, far, {"hub"})
    assert [len(group["members"]) for group in groups] == [6, 6]
    few = graphs.fold(nodes[:4], edges[:3], far, {"hub"})
    assert few == []


def test_what_is_beside_a_node_comes_page_by_page(client: Client) -> None:
    api = Api()
    run = Trained(api)
    read = [{"name": "classifier", "artifact_version": run.weights["id"]}]
    body = started(pipeline="nightly")
    api.post("runs/", body)
    steps = [step(f"score {n}", inputs=read, id=ident()) for n in range(100)]
    api.post(f"runs/{body['id']}/", {"status": "completed", "steps": steps})
    weights, found = run.weights["id"], []
    for page in range(3):
        drawn = nodes_of(client, f"/lineage/artifact_version/{weights}/?hops=1&page={page}")
        (focus,) = (node for node in drawn["nodes"] if node["focus"])
        shown = [node["name"] for node in drawn["nodes"] if node["name"].startswith("score ")]
        pairs = [{edge["from"], edge["to"]} for edge in drawn["edges"]]
        beside = {one for pair in pairs if weights in pair for one in pair - {weights}}
        found += shown
        assert len(shown) <= 40
        assert focus["folded"] + len(beside) == 100 + 2  # the step that wrote it, the version that links it
    assert len(found) == len(set(found)) == 100
    text(client, f"/lineage/artifact_version/{weights}/?hops=1&page=x")
    behind = nodes_of(client, f"/lineage/artifact_version/{weights}/?hops=1&page=9")
    assert not any(node["name"].startswith("score ") for node in behind["nodes"])
