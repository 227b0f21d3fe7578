"""What is bounded, so that a page of a crowded registry costs what one of a small one does."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import Model, ModelVersion, RunVersion
from registry.selectors import artifact_page, catalog_lists, lists, model_page, overview, search
from registry.selectors.artifacts import artifact_row
from registry.selectors.catalog import alive_models, alive_versions, versions_of
from registry.selectors.model_tabs import runs_leaf
from registry.selectors.undo import find_point, restored
from registry.services import artifacts, catalog, links, metadata, stages, versions
from registry.services.actors import Actor
from registry.templatetags.formats import capped
from tests.support.doors import Api
from tests.support.plans import plan_of

pytestmark = pytest.mark.django_db


def test_runs_and_artifacts_are_counted_up_to_a_bound(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = model_page.model_head("fraud")["counts"]
    assert (counts["runs"], counts["artifacts"]) == (5, 5)
    monkeypatch.setattr(model_page, "MANY", 3)
    counts = model_page.model_head("fraud")["counts"]
    assert (counts["runs"], counts["artifacts"], counts["most"]) == (4, 4, 3)
    assert [capped(counts["runs"], 3), capped(3, 3), capped(1001, 1000)] == ["3+", "3", "1,000+"]


def test_artifacts_are_counted_without_what_went(admin: Actor) -> None:
    def counted() -> int:
        return int(model_page.model_head("fraud")["counts"]["artifacts"])

    table = artifact_page.version_page("table", 2)
    link_known(admin, 5, table["id"])
    assert counted() == 5
    versions.delete_version(actor=admin, model="fraud", version=2)
    assert counted() == 5  # version 5 has it too
    versions.delete_version(actor=admin, model="fraud", version=1)
    assert counted() == 4
    artifacts.delete_artifact_version(actor=admin, artifact="table", number=3, end_links=True)
    assert counted() == 3
    at = timezone.now()
    versions.delete_version(actor=admin, model="fraud", version=5)
    assert counted() == 1
    assert model_page.model_head("fraud", at)["counts"]["artifacts"] == 3


def test_links_and_readers_are_counted_up_to_a_bound(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    first = artifact_page.version_page("table", 1)
    for number in range(2, 5):
        link_known(admin, number, first["id"])
    monkeypatch.setattr(artifact_page, "SHOWN", 2)
    monkeypatch.setattr(artifact_page, "MANY", 3)
    page = artifact_page.version_page("table", 1)
    assert [each["number"] for each in page["links"]] == [4, 3]  # the last linked first
    assert (page["link_count"], page["more_links"]) == (4, True)
    leaf = artifact_page.versions_leaf(page["artifact_id"], {})
    assert {row["number"]: row["links"] for row in leaf.rows} == {1: 4, 2: 1, 3: 1, 4: 1}
    assert page["around"] == {"older": None, "newer": 2}


def link_known(actor: Actor, version: int, artifact_version: uuid.UUID) -> None:
    """Links an artifact version that is there."""
    links.link_artifact(actor=actor, model="fraud", version=version, artifact_version=artifact_version)


def test_an_artifacts_versions_are_counted_by_what_went(admin: Actor) -> None:
    ident = artifact_page.artifact_head("table")["id"]
    assert (artifact_row(ident)["versions"], artifact_row(ident)["latest"]) == (4, 4)
    for number in (2, 4):
        page = artifact_page.version_page("table", number)
        for each in page["links"]:
            links.unlink_artifact(actor=admin, model="fraud", version=each["number"], link=each["id"])
        artifacts.delete_artifact_version(actor=admin, artifact="table", number=number)
    assert (artifact_row(ident)["versions"], artifact_row(ident)["latest"]) == (2, 3)


@pytest.mark.parametrize("few", [0, 2000])
def test_a_models_runs_are_the_same_by_either_way(
    admin: Actor, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(lists, "FEW", few)
    model = model_page.model_head("fraud")["id"]
    with CaptureQueriesContext(connection) as queries:
        names = [row["name"] for row in runs_leaf(model, {}).rows]
    assert names == [f"training-{number}" for number in range(5, 0, -1)]
    assert len(queries) == 4
    assert not RunVersion.objects.exclude(of_model=model).exists()


def test_old_versions_and_runs_are_found_by_their_beginning(
    admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: Callable[[str], list[int]] = lambda words: [  # noqa: E731 - said twice
        row["number"] for row in search.search(words).get("versions", [])
    ]
    assert found("ight") == [5, 4, 3, 2, 1]
    monkeypatch.setattr(search, "RECENT", 2)
    assert found("ight") == [5, 4]
    assert found("night") == found("Night") == [5, 4, 3, 2, 1]
    assert found("fraud 2") == [2]
    assert {row["name"] for row in search.search("training-1")["runs"]} == {"training-1"}


def test_an_undo_reads_only_what_moves(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 6):
        stages.promote(actor=admin, model="fraud", version=number, to="production")
    model = Model.objects.get(name="fraud")
    start = find_point(model, None, None).start
    read, load = [], ModelVersion.from_db.__func__  # type: ignore[attr-defined]

    def noted(cls: type, *values: object) -> object:
        read.append(values)
        return load(cls, *values)

    monkeypatch.setattr(ModelVersion, "from_db", classmethod(noted))
    with CaptureQueriesContext(connection) as queries:
        moves = restored(model, start)
    assert [(version.number, stage) for version, stage in moves] == [(4, "production"), (5, None)]
    assert (len(read), len(queries)) == (2, 2)


def test_the_past_holder_is_looked_up_in_one_model(admin: Actor) -> None:
    for number in (2, 4):
        stages.promote(actor=admin, model="fraud", version=number, to="production")
    model, at = Model.objects.get(name="fraud"), timezone.now()
    stages.promote(actor=admin, model="fraud", version=5, to="production")
    listing = catalog_lists.model_versions_listing(at)

    def found(stage: str) -> tuple[list[int], str]:
        with CaptureQueriesContext(connection) as queries:
            page = lists.page(listing, versions_of(model, at), {"stage": [stage]})
        walk = next(
            (each["sql"] for each in queries if "LIMIT 51" in each["sql"]), ""
        )  # none: nobody held it
        return [row["number"] for row in page.rows], walk

    for stage, numbers in (("production", [4]), ("staging", []), ("in:staging,production", [4])):
        assert found(stage)[0] == numbers
        assert "registry_tenure" not in found(stage)[1]
    assert found("archived")[0] == [2]
    assert found("in:production,archived")[0] == [4, 2]
    assert found("not:production")[0] == [5, 3, 2, 1]


@pytest.mark.parametrize("few", [0, 2000])
def test_one_models_versions_are_counted_within_it(
    admin: Actor, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    Api().post("models/", {"name": "other"})
    for number in range(1, 4):
        versions.create_version(actor=admin, model="other", name=f"Night {number}")
    stages.promote(actor=admin, model="fraud", version=3, to="production")
    monkeypatch.setattr(lists, "FEW", few)
    asked = {"model": ["fraud"], "stage": ["none"], "name": ["startswith:Night"]}
    with CaptureQueriesContext(connection) as queries:
        page = lists.page(catalog_lists.VERSIONS, alive_versions(), asked)
    assert [(row["model"], row["number"]) for row in page.rows] == [("fraud", n) for n in (5, 4, 2, 1)]
    counts = [each["sql"] for each in queries if "COUNT(*)" in each["sql"]]
    assert len(counts) == 2
    assert all('"model_id" IN' in sql for sql in counts)
    if connection.vendor == "sqlite":
        used = {word for sql in counts for step in plan_of(sql) for word in step.split()}
        assert not used & {"version_model_created", "version_created"}


@pytest.mark.parametrize("few", [0, 2000])
def test_few_rows_of_the_past_are_walked_and_not_counted(
    admin: Actor, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    for number in range(1, 6):
        auc = {"metrics": {"auc": number / 10}}
        metadata.log_version_metadata(actor=admin, model="fraud", version=number, metadata=auc)
    monkeypatch.setattr(lists, "FEW", few)
    at = timezone.now()
    with CaptureQueriesContext(connection) as queries:
        page = lists.page(catalog_lists.versions_listing(at), alive_versions(at), {"metric.auc": ["gt:0.3"]})
    assert [row["number"] for row in page.rows] == [5, 4]
    counts = [each["sql"] for each in queries if "COUNT(*)" in each["sql"]]
    assert any("registry_metadatavalue" in each for each in counts) == (few == 0)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a small table is read whole elsewhere")
def test_the_last_promoted_are_read_from_the_open_tenures(admin: Actor) -> None:
    stages.promote(actor=admin, model="fraud", version=3, to="production")
    stages.promote(actor=admin, model="fraud", version=4, to="staging")
    with CaptureQueriesContext(connection) as queries:
        held, candidates = overview.holders()
    assert [row["number"] for row in held + candidates] == [3, 4]
    assert any("INDEX tenure_open_stage" in step for step in plan_of(queries[0]["sql"]))


@pytest.mark.parametrize(
    ("stage", "named"), [("staging", ["fraud"]), ("none", ["idle"]), ("not:staging", ["idle"])]
)
def test_models_by_holders_are_found_by_the_index_of_the_holders(
    admin: Actor, stage: str, named: list[str]
) -> None:
    catalog.create_model(actor=admin, name="idle")
    for name, version in (("fraud", 3), ("idle", 1)):
        versions.create_version(actor=admin, model=name)
        stages.promote(actor=admin, model=name, version=version, to="staging")
    versions.delete_version(actor=admin, model="idle", version=1)
    tests = catalog_lists.MODELS.read({"stage": [stage]}).tests
    found = lists.filtered(catalog_lists.MODELS, alive_models(), tests)
    assert [model.name for model in found] == named
    if connection.vendor == "sqlite":  # with its parameters apart, as it is asked
        assert "COVERING INDEX version_stage_one (model_id=? AND stage=?)" in found.explain()
