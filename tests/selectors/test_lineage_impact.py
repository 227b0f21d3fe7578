"""Impact on generated graphs, by pages, against a walk by brute force."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import ArtifactLink, StepInput, StepOutput, StepRun
from registry.rules.cursors import make_cursor
from registry.selectors import lineage_impact
from registry.selectors.lineage_edges import artifact_node
from registry.selectors.lineage_impact import _edges, impact_of
from registry.services import stages
from tests.selectors.test_lineage import brute, generate
from tests.support import environment, postgres
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


def pages_of_impact(artifact: Any) -> Iterator[dict[str, Any]]:
    """The pages of an artifact version's impact; each takes three queries."""
    cursor = None
    while True:
        with CaptureQueriesContext(connection) as queries:
            page = impact_of(artifact, limit=400, cursor=cursor)
        assert len(queries) == 3
        yield page
        cursor = page["next"]
        if cursor is None:
            return


def test_impact_equals_a_walk_by_brute_force_over_ten_thousand_nodes() -> None:
    world = generate(1, artifacts=4500, steps=4000, versions=1500)
    sizes = []
    for artifact in world.artifacts[:: 4500 // 9]:
        reached = brute(world.down, artifact_node(artifact.id))
        expected = {node.id: far for node, far in reached.items() if node.type == "model_version"}
        pages = list(pages_of_impact(artifact.id))
        rows = [row for page in pages for row in page["versions"]]
        assert len(rows) == len(expected)
        assert {row["id"]: row["distance"] for row in rows} == expected
        assert [row["distance"] for row in rows] == sorted(row["distance"] for row in rows)
        assert {(page["total"], page["truncated"]) for page in pages} == {(len(expected), False)}
        assert [len(page["versions"]) for page in pages[:-1]] == [400] * (len(pages) - 1)
        sizes.append(len(reached))
    assert max(sizes) > 5000
    assert min(sizes) < 1000


@pytest.mark.skipif(not environment.on_postgres(), reason="about PostgreSQL")
def test_impact_stays_bounded_while_the_planner_takes_the_tables_for_empty() -> None:
    """As when autovacuum counts them in the midst of the transaction that fills them."""
    world = generate(3, artifacts=450, steps=400, versions=150)
    name = connection.settings_dict["NAME"]
    with psycopg.connect(postgres.with_database(environment.DATABASE_URL, name), autocommit=True) as other:
        other.execute("ANALYZE")
    (plan,) = json.loads(_edges(world.artifacts[0].id, None).explain(analyze=True, format="json"))
    assert compared(plan["Plan"]) < 10 * 1000**2  # a thousand rows in each table


def compared(node: dict[str, Any]) -> int:
    """How many pairs of rows a plan and those below it compared in vain."""
    own = node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"]
    return int(own + sum(compared(below) for below in node.get("Plans", ())))


def test_impact_follows_a_long_chain_and_says_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    world = generate(2, artifacts=700, steps=0, versions=1)
    StepRun.objects.bulk_create(
        steps := [
            StepRun(run=world.run, name=f"append{n}", position=n, status="completed") for n in range(699)
        ]
    )
    for rows, shift in ((StepInput, 0), (StepOutput, 1)):
        rows.objects.bulk_create(
            [rows(step=s, name="t", artifact_version=world.artifacts[n + shift]) for n, s in enumerate(steps)]
        )
    ArtifactLink.objects.all().delete()
    ArtifactLink.objects.create(
        of_model_id=world.versions[0].model_id,
        version=world.versions[0],
        artifact_version=world.artifacts[-1],
        name="t",
        kind="data",
        valid_from=timezone.now(),
    )
    (row,) = impact_of(world.artifacts[0].id)["versions"]
    assert row["distance"] == 2 * 699 + 1
    monkeypatch.setattr(lineage_impact, "MAX_EDGES", 300)
    cut = impact_of(world.artifacts[0].id)
    assert cut["truncated"]
    assert not cut["versions"]


def test_impact_says_stages_now_and_before() -> None:
    api = Api()
    api.post("models/", {"name": "churn"})
    for _ in range(3):
        api.post("models/churn/versions/", {})
    api.post("artifacts/raw/versions/", {"uri": "s3://raw"})
    for number in (1, 2, 3):
        api.post(f"models/churn/versions/{number}/artifacts/", {"artifact": "raw"})
    for number, to in ((1, "production"), (2, "staging"), (2, "production")):
        stages.promote(actor=api.actor, model="churn", version=number, to=to)
    answer = api.get("artifacts/raw/versions/1/impact/")
    told = [(row["number"], row["stage"], row["stages_before"]) for row in answer["versions"]]
    assert told == [(2, "production", ["staging"]), (1, "archived", ["production"]), (3, None, [])]
    assert answer["stages"] == {"production": 1, "staging": 0, "archived": 1}
    assert (answer["models"], answer["total"], answer["next"]) == (1, 3, None)
    path = "artifacts/raw/versions/1/impact/"
    pages = [api.get(f"{path}?limit=1")]
    while pages[-1]["next"]:
        pages.append(api.get(f"{path}?limit=1&cursor={pages[-1]['next']}"))
    assert [row for page in pages for row in page["versions"]] == answer["versions"]
    assert all(page["stages"] == answer["stages"] and page["total"] == 3 for page in pages)
    for wrong in ("limit=0", "limit=x", "cursor=x", f"cursor={make_cursor('impact', '1:2', 'x')}"):
        api.refused("GET", f"{path}?{wrong}", None, 400)
