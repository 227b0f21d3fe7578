"""A metric changed after its version was promoted is marked wherever it is shown, and only there."""

import re

import pytest
from django.test import Client

from registry.models import Event
from registry.services import metadata, stages
from registry.services.actors import Actor
from tests.pages.catalog_world import log, make_model, promote
from tests.pages.facts_world import text
from tests.support.doors import Api

pytestmark = pytest.mark.django_db
SAID = "changed after promotion"
HERE = "/models/churn/"
PLACES = [
    HERE,
    HERE + "?as=table",
    HERE + "versions/",
    HERE + "versions/1/",
    HERE + "versions/2/",  # beside production
    HERE + "versions/1/metadata/",
    HERE + "board/",
    HERE + "compare/?versions=1,2",
    HERE + "versions/2/plan/?to=production",
    "/board/",
    "/models/",
    "/",
]


def marks(client: Client, path: str) -> int:
    return text(client, path).count(SAID)


def test_it_is_marked_wherever_it_is_shown_and_not_before(client: Client, admin: Actor) -> None:
    make_model(admin, many=2)
    log(admin, "churn", 1, {"metrics": {"f1": 0.5}, "note": "x"})
    promote(admin, "churn", 1)
    log(admin, "churn", 1, {"note": "said later"})  # no metric
    log(admin, "churn", 2, {"metrics": {"auc": 0.99}})  # never promoted
    before = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    assert {path: marks(client, path) for path in PLACES} == dict.fromkeys(PLACES, 0)
    log(admin, "churn", 1, {"metrics": {"auc": 0.5}})
    found = {path: marks(client, path) for path in PLACES}
    assert all(found.values()), found
    page = text(client, HERE + "versions/1/")
    row = re.search(r"<tr><td>(?:(?!</tr>).)*auc.*?</tr>", page, re.DOTALL)
    other = re.search(r"<tr><td>(?:(?!</tr>).)*f1.*?</tr>", page, re.DOTALL)
    assert row
    assert other
    assert SAID in row[0]
    assert SAID not in other[0]
    for path in PLACES:
        if "plan" not in path:  # a plan is of now
            joint = "&" if "?" in path else "?"
            assert marks(client, f"{path}{joint}as_of=event:{before}") == 0, path


def test_the_rule_is_of_the_first_time_in_staging_or_production(client: Client, admin: Actor) -> None:
    """Written later than that: also when the version has left the stage, also after an undo."""
    api = Api()

    def late(version: int) -> list[str]:
        found: list[str] = api.get(f"models/churn/versions/{version}/")["changed_after_promotion"]
        return found

    make_model(admin, many=3)
    promote(admin, "churn", 1, "archived")
    log(admin, "churn", 1, {"metrics": {"auc": 0.1}})
    assert late(1) == [], "archiving is no promotion"
    promote(admin, "churn", 2, "staging")
    log(admin, "churn", 2, {"metrics": {"auc": 0.2}})
    assert late(2) == ["auc"]
    promote(admin, "churn", 2)
    assert late(2) == ["auc"], "its next promotion doesn't make it good"
    stages.undo(actor=admin, model="churn")
    stages.undo(actor=admin, model="churn")
    assert late(2) == ["auc"]
    log(admin, "churn", 2, {"metrics": {"new": {"deep": 1}}})
    assert late(2) == ["auc", "new.deep"]
    metadata.log_version_metadata(actor=admin, model="churn", version=2, metadata={}, remove=("metrics.auc",))
    assert late(2) == ["new.deep"]
    rows = api.get("models/churn/versions/")["results"]
    assert {row["number"]: row["changed_after_promotion"] for row in rows} == {1: [], 2: ["new.deep"], 3: []}
    promote(admin, "churn", 2, "staging")
    plan = api.get("models/churn/versions/3/stage/?to=staging")
    told = {row["name"]: row["holder_changed_after_promotion"] for row in plan["metrics"]}
    assert told == {"auc": False, "new.deep": True}


def test_each_value_tells_who_wrote_it_and_what_it_was_before(admin: Actor) -> None:
    make_model(admin, many=1)
    promote(admin, "churn", 1)
    for value in (0.5, 0.6):
        log(admin, "churn", 1, {"metrics": {"auc": value}})
    then = Event.objects.order_by("-id").values_list("id", flat=True)[1]
    api = Api()
    (told,) = api.get("models/churn/versions/1/metadata/?detail=true")["values"]
    assert (told["value"], told["by"], told["door"], told["step"]) == (0.6, "mira", "page", None)
    assert told["changed_after_promotion"] is True
    assert [(row["value"], row["by"]) for row in told["older"]] == [(0.5, "mira"), (0.901, "mira")]
    assert told["older"][0]["until"] == told["at"]
    (told,) = api.get(f"models/churn/versions/1/metadata/?detail=true&as_of=event:{then}")["values"]
    assert (told["value"], [row["value"] for row in told["older"]]) == (0.5, [0.901])
