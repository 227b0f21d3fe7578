"""Filters that leave little of a crowded list: read from an index, as the plans say."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Event, Model, ModelVersion
from registry.selectors import catalog_lists, lists
from registry.selectors.approvals import REQUESTS, all_requests
from registry.selectors.catalog import alive_versions, versions_of
from registry.selectors.events import EVENTS, all_events
from registry.services import approvals, versions
from registry.services.actors import Actor
from tests.support.plans import plan_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def one_person_made_all() -> Iterator[None]:
    """SQLite is told that the table of versions is long, and that they are all of one person."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registry_modelversion")
        cursor.execute("UPDATE sqlite_stat1 SET stat = '1000000 1'")
        theirs = "UPDATE sqlite_stat1 SET stat = '1000000 1000000' WHERE idx LIKE '%created_by_id%'"
        cursor.execute(theirs)
        cursor.execute("ANALYZE sqlite_schema")
        yield
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.execute("ANALYZE sqlite_schema")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="others know how much each person made")
@pytest.mark.usefixtures("one_person_made_all")
def test_whoever_made_little_is_found_by_an_index(admin: Actor) -> None:
    User.objects.create_user("idle")
    with CaptureQueriesContext(connection) as queries:
        page = lists.page(catalog_lists.VERSIONS, alive_versions(), {"by": ["in:idle,nobody-such"]})
    assert not page.rows
    counted = next(each["sql"] for each in queries if "COUNT(*)" in each["sql"])
    assert any("created_by_id>? AND created_by_id<?" in step for step in plan_of(counted))
    assert not any(f"SCAN {ModelVersion._meta.db_table}" in step for step in plan_of(queries[-1]["sql"]))


@pytest.mark.parametrize("few", [0, 2000])
def test_events_of_other_types_are_what_stands_around_one(
    admin: Actor, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(lists, "FEW", few)
    with CaptureQueriesContext(connection) as queries:
        found = lists.page(EVENTS, all_events(), {"type": ["not:version"], "limit": ["500"]}).rows
    others = [each.id for each in Event.objects.order_by("-at", "-id") if each.target_type != "version"]
    assert [row["id"] for row in found] == others
    assert len(others) > 5
    counted = next(each["sql"] for each in queries if "COUNT(*)" in each["sql"])
    if connection.vendor == "sqlite":
        assert sum("INDEX event_type (target_type" in step for step in plan_of(counted)) == 2


def test_the_approvals_of_a_stage_are_in_an_index(admin: Actor) -> None:
    for version, stage in ((1, "staging"), (2, "production"), (3, "production")):
        approvals.ask_approval(actor=admin, model="fraud", version=version, stage=stage)

    def found(stage: str) -> list[int]:
        page = lists.page(REQUESTS, all_requests(), {"stage": [stage]})
        return [row["version"] for row in page.rows]

    assert found("staging") == found("not:production") == [1]
    assert found("production") == found("not:staging") == [3, 2]
    assert found("in:production,staging") == [3, 2, 1]
    if connection.vendor == "sqlite":
        rows = lists.filtered(REQUESTS, all_requests(), REQUESTS.read({"stage": ["staging"]}).tests)
        assert "INDEX approval_stage (stage>? AND stage<?)" in rows.order_by("-valid_from", "-pk").explain()


@pytest.mark.parametrize(
    ("name", "wanted"), [("contains:GHT 4", [4]), ("contains:nowhere", []), ("contains:n", [5, 4, 3, 2, 1])]
)
@pytest.mark.parametrize("few", [0, 2, 2000])
def test_what_a_name_contains_is_read_from_the_index_of_names(
    admin: Actor, monkeypatch: pytest.MonkeyPatch, name: str, wanted: list[int], few: int
) -> None:
    monkeypatch.setattr(lists, "FEW", few)
    model = Model.objects.get(name="fraud")
    versions.create_version(actor=admin, model="fraud", name="Night 4 too")
    versions.delete_version(actor=admin, model="fraud", version=6)
    with CaptureQueriesContext(connection) as queries:
        page = lists.page(catalog_lists.VERSIONS_OF_MODEL, versions_of(model), {"name": [name]})
    assert [row["number"] for row in page.rows] == wanted
    if connection.vendor == "sqlite":
        steps = plan_of(queries[0]["sql"])
        assert any("INDEX version_name_alive (model_id=? AND name>?)" in step for step in steps)


def test_versions_of_all_models_are_counted_without_their_models(admin: Actor) -> None:
    versions.create_version(actor=admin, model="fraud", name="Day")
    versions.delete_version(actor=admin, model="fraud", version=6)
    with CaptureQueriesContext(connection) as queries:
        asked = {"stage": ["none"], "name": ["startswith:Da"]}
        page = lists.page(catalog_lists.VERSIONS, alive_versions(), asked)
    assert not page.rows
    counts = [each["sql"] for each in queries if "COUNT(*)" in each["sql"]]
    assert len(counts) == 2
    assert not any(f'"{Model._meta.db_table}"' in sql for sql in counts)
