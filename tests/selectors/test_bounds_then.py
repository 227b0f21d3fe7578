"""What is bounded of a moment, so that the past of a crowded registry is read like that of a small one."""

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import Event, Model, Tenure
from registry.rules.lasting import CLASSES, class_of
from registry.selectors import catalog_lists, lists, placed, staged, totals
from registry.selectors.board import cards_of_model, lines
from registry.selectors.catalog import alive_models, alive_versions
from registry.selectors.moments import models_at, open_at
from registry.services import catalog, metadata, stages, versions
from registry.services.actors import Actor
from tests.support.doors import Api
from tests.support.plans import plan_of

pytestmark = pytest.mark.django_db
lite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a small table is read whole elsewhere")


@pytest.fixture
def admin() -> Actor:
    """Who made a model `fraud` with five versions, all of which were in production, the first one last."""
    actor = Api().actor
    catalog.create_model(actor=actor, name="fraud")
    for number in range(1, 6):
        versions.create_version(actor=actor, model="fraud")
        metadata.log_version_metadata(
            actor=actor, model="fraud", version=number, metadata={"metrics": {"auc": number / 10}}
        )
    for number in (2, 3, 4, 5, 1):
        stages.promote(actor=actor, model="fraud", version=number, to="production")
    return actor


@pytest.mark.parametrize("few", [0, 2000])
def test_models_by_stage_are_the_same_by_either_way(
    admin: Actor, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    for name in ("idle", "tried"):
        catalog.create_model(actor=admin, name=name)
        versions.create_version(actor=admin, model=name)
    stages.promote(actor=admin, model="tried", version=1, to="staging")
    at = timezone.now()
    stages.promote(actor=admin, model="tried", version=1, to="archived")
    stages.promote(actor=admin, model="idle", version=1, to="production")
    monkeypatch.setattr(staged, "FEW", few)
    found = {}
    for stage in ("production", "staging", "archived", "none", "in:staging,production", "not:production"):
        asked = {"stage": [stage], "total": ["1"]}
        page = lists.page(catalog_lists.models_listing(at), alive_models(at), asked)
        found[stage] = [row["name"] for row in page.rows]
        assert page.total == len(page.rows)
    assert found == {
        "production": ["fraud"],
        "staging": ["tried"],
        "archived": ["fraud"],
        "none": ["idle"],
        "in:staging,production": ["fraud", "tried"],
        "not:production": ["idle", "tried"],
    }


@pytest.mark.parametrize("last", [1, 2, 100])
def test_the_newest_of_a_stage_are_the_same_from_however_few(
    admin: Actor, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    stages.promote(actor=admin, model="fraud", version=2, to="archived")  # nothing: it is archived
    at = timezone.now()
    stages.promote(actor=admin, model="fraud", version=5, to="production")
    monkeypatch.setattr(placed, "LAST_IN", last)
    with CaptureQueriesContext(connection) as queries:
        since = placed.came_since(at, 2)
    assert len(queries) == 1
    newest = {stage: placed.newest_in(stage, at, time, 2) for stage, time in since.items()}
    assert [version.number for version in newest["archived"]] == [5, 4]
    assert [version.number for version in newest["production"]] == [1]
    assert not newest["staging"]
    assert (last >= 2) == (since["archived"] > placed.START)
    assert since["production"] == since["staging"] == placed.START


@pytest.mark.parametrize("ahead", [1, 2, 8])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_versions_by_stage_are_the_same_however_many_are_looked_at_first(
    admin: Actor, monkeypatch: pytest.MonkeyPatch, ahead: int, limit: int
) -> None:
    catalog.create_model(actor=admin, name="late")
    for number in range(1, 7):
        versions.create_version(actor=admin, model="late", tags=["odd"] * (number % 2))
        stages.promote(actor=admin, model="late", version=number, to="archived")
    for stage in ("staging", "archived"):
        stages.promote(actor=admin, model="fraud", version=3, to=stage)  # an old one came last
    at = timezone.now()
    stages.promote(actor=admin, model="late", version=6, to="staging")
    listing, looked = catalog_lists.versions_listing(at), []
    late = [("late", number) for number in range(6, 0, -1)]
    found, newest = alive_versions(at), lists._newest
    monkeypatch.setattr(lists, "AHEAD", ahead)
    monkeypatch.setattr(lists, "_newest", lambda *given: looked.append(newest(*given)) or looked[-1])
    for asked, wanted in (
        ({"stage": ["in:archived,staging"]}, [*late, ("fraud", 5), ("fraud", 4), ("fraud", 3), ("fraud", 2)]),
        ({"stage": ["archived"], "tag": ["odd"]}, late[1::2]),
        ({"stage": ["not:archived"]}, [("fraud", 1)]),
    ):
        rows, cursor = [], {}
        while cursor is not None:
            page = lists.page(listing, found, {**asked, "limit": [str(limit)], **cursor})
            rows += [(row["model"], row["number"]) for row in page.rows]
            cursor = {"cursor": [page.next]} if page.next else None
        assert rows == wanted
    assert any(looked) == (ahead == 2)


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("few", [True, False])
def test_what_went_is_taken_off_the_counts_of_a_moment(
    admin: Actor, monkeypatch: pytest.MonkeyPatch, late: bool, few: bool
) -> None:
    monkeypatch.setattr(totals, "_way", lambda at: (late, few))
    catalog.create_model(actor=admin, name="gone")
    versions.create_version(actor=admin, model="gone")
    stages.promote(actor=admin, model="gone", version=1, to="production")
    versions.delete_version(actor=admin, model="fraud", version=3)
    both = timezone.now()
    catalog.delete_model(actor=admin, model="gone", confirm="gone", force=True)
    one = timezone.now()
    catalog.delete_model(actor=admin, model="fraud", confirm="fraud", force=True)
    none = timezone.now()
    catalog.restore_model(actor=admin, model="gone")
    count = {"staging": 0}
    assert totals.totals(both) == {**count, "models": 2, "versions": 5, "production": 2}
    assert totals.totals(one) == {**count, "models": 1, "versions": 4, "production": 1}
    assert totals.totals(none) == {**count, "models": 0, "versions": 0, "production": 0}
    assert totals.totals(timezone.now()) == {**count, "models": 1, "versions": 1, "production": 1}
    model = Model.objects.get(name="fraud")
    for at in (None, both):
        cards = cards_of_model(model.id, {}, at)
        assert [card["number"] for card in cards["archived"]] == [5, 4, 2]
        assert {(card["archived"], card["news"]) for lane in cards.values() for card in lane} == {(3, 0)}


def test_what_is_less_is_counted(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = (Event.objects.order_by(order).values_list("at", flat=True)[0] for order in ("id", "-id"))
    assert [totals._way(at)[0] for at in (first, last, timezone.now())] == [False, True, True]
    halfway = Event.objects.order_by("id").values_list("at", flat=True)[Event.objects.count() // 2]
    assert totals._way(halfway)[1]
    monkeypatch.setattr(totals, "A_MODEL", 0)
    assert not totals._way(halfway)[1]


@lite
@pytest.mark.parametrize("past", [False, True])
def test_an_index_counts_the_archived_of_a_board(admin: Actor, past: bool) -> None:
    with CaptureQueriesContext(connection) as queries:
        cards_of_model(Model.objects.get().id, {}, timezone.now() if past else None)
    index = "tenure_model_stage" if past else "version_model_stage"
    assert any(f"COVERING INDEX {index}" in step for step in plan_of(queries[-1]["sql"]))


@lite
def test_a_line_of_the_past_is_read_by_its_numbers(admin: Actor) -> None:
    model = Model.objects.get().id
    with CaptureQueriesContext(connection) as queries:
        found = lines({model: 5}, ["auc"], timezone.now())
    assert found == {(model, "auc"): [(number, number / 10) for number in range(1, 6)]}
    assert any("(model_id=? AND number>? AND number<?)" in step for step in plan_of(queries[-1]["sql"]))


@lite
def test_the_models_of_a_tag_are_read_without_its_versions(admin: Actor) -> None:
    catalog.update_model(actor=admin, model="fraud", add_tags=["red"])
    at = timezone.now()
    with CaptureQueriesContext(connection) as queries:
        page = lists.page(catalog_lists.models_listing(at), alive_models(at), {"tag": ["red"]})
    assert [row["name"] for row in page.rows] == ["fraud"]
    count = next(each["sql"] for each in queries if "COUNT(*)" in each["sql"] and "attachment" in each["sql"])
    assert any("COVERING INDEX tagged_model_then" in step for step in plan_of(count))


@lite
@pytest.mark.parametrize("stage", ["none", "not:production"])
def test_models_without_a_holder_are_found_by_what_ended_since(admin: Actor, stage: str) -> None:
    catalog.create_model(actor=admin, name="idle")
    at = timezone.now()
    stages.promote(actor=admin, model="fraud", version=1, to="archived")
    listing = catalog_lists.models_listing(at)
    found = lists.filtered(listing, models_at(at), listing.read({"stage": [stage]}).tests)
    assert [model.name for model in found] == ["idle"]
    steps = found.explain()  # with its parameters apart, as it is asked
    assert "COVERING INDEX tenure_stage_to (stage=? AND valid_to=?)" in steps
    for ended in ("valid_to>? AND valid_to<?", "valid_to>?"):
        assert f"COVERING INDEX tenure_stage_lasted (stage=? AND lasted=? AND {ended})" in steps


@pytest.fixture
def lasting(admin: Actor) -> list[datetime]:
    """The borders of tenures that follow one another: of each class the longest, and nearly the shortest."""
    lengths = [most + near for most in CLASSES for near in (timedelta(), timedelta(microseconds=1))]
    at, borders = timezone.now() - sum(lengths, timedelta(days=1)), []
    tenures = list(Tenure.objects.order_by("valid_from").filter(stage="archived"))
    assert len(tenures) == 4
    tenures += Tenure.objects.filter(stage="production", valid_to__isnull=False)
    for tenure, length in zip(tenures, lengths, strict=True):
        tenure.stage, tenure.valid_from, tenure.valid_to = "production", at, at + length
        tenure.lasted = class_of(length)
        tenure.save()
        borders.append(at)
        at += length
    Model.objects.update(created_at=borders[0] - timedelta(days=1))
    return [*borders, at]


def test_a_moment_lies_in_the_same_tenures_by_how_long_they_lasted(
    admin: Actor, lasting: list[datetime]
) -> None:
    tick, seen = timedelta(microseconds=1), set()
    for at in [border + near for border in lasting for near in (-tick, timedelta(), tick)]:
        parts = [list(part) for part in staged.standing(["production", "staging"], at)]
        assert len(parts) == len(CLASSES) + 2
        found = [each for part in parts for each in part]
        assert sorted(each.id for each in found) == sorted(
            Tenure.objects.filter(open_at(at), stage="production").values_list("id", flat=True)
        )
        seen |= {each.lasted for each in found}
        assert totals.totals(at)["production"] == len(found)
    assert seen == set(range(len(CLASSES) + 1))


@pytest.mark.parametrize("number", range(len(CLASSES) + 1))
def test_a_tenure_that_ends_says_how_long_it_lasted(admin: Actor, number: int) -> None:
    began = timezone.now() - [*CLASSES, CLASSES[-1] * 2][number] + timedelta(minutes=1)
    held = Tenure.objects.filter(stage="production", valid_to__isnull=True)
    held.update(valid_from=began)
    stages.promote(actor=admin, model="fraud", version=3, to="production")
    ended = Tenure.objects.get(valid_from=began)
    assert ended.valid_to
    assert ended.lasted == class_of(ended.valid_to - began) == number
    stages.undo(actor=admin, model="fraud")
    assert set(Tenure.objects.filter(valid_to__isnull=True).values_list("lasted", flat=True)) == {None}
    assert not Tenure.objects.filter(valid_to__isnull=False, lasted__isnull=True).exists()


def test_tenures_of_before_get_how_long_they_lasted(admin: Actor, lasting: list[datetime]) -> None:
    rows = Tenure.objects.order_by("id").values_list("id", "lasted")
    before = list(rows)
    Tenure.objects.update(lasted=None)
    migration = import_module("registry.migrations.0034_how_long_tenures_lasted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migration, "AT_ONCE", 3)
        migration.fill(apps, None)
    assert list(rows) == before
