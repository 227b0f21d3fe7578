"""Planning and confirming a promotion on the command line and in the SDK."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.programs import Place, served

UPDATE = ("model", "version", "update", "churn", "2", "--stage", "production")


@pytest.fixture(params=["embedded", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A home with a model of two versions, the first in production; also with a server named."""
    if request.param == "embedded":
        yield filled(Place(tmp_path))
        return
    with served(tmp_path / "served") as server:
        yield filled(Place(tmp_path / "client", MODELCP_URL=server.url, MODELCP_TOKEN=server.token()))


def filled(place: Place) -> Place:
    place.python(
        """
        from modelcp import Client
        client = Client()
        client.create_model("churn")
        for auc in (0.91, 0.92):
            row = client.create_model_version("churn")
            client.log_metadata("churn", row["number"], {"metrics": {"auc": auc}})
        client.promote("churn", 1, "production")
        """
    )
    return place


def test_a_plan_is_shown_confirmed_and_then_stale(place: Place) -> None:
    text = place.cli(*UPDATE, "--plan")
    assert "Promote churn 2 to production" in text
    assert "+0.01 better" in text
    assert "1 is archived." in text
    made = json.loads(place.cli(*UPDATE, "--plan", "--output", "json"))
    assert f"Plan {made['hash']}" in text
    assert place.cli(*UPDATE, "--confirm", made["hash"], "--reason", "better").startswith(
        "churn 2 is in production"
    )
    done = place.run("-m", "modelcp", *UPDATE, "--confirm", made["hash"], "--reason", "still better")
    assert done.returncode == 1
    assert "Nothing was promoted" in done.stderr
    fresh = place.json(*UPDATE, "--plan")["hash"]
    again = f"modelcp {' '.join(UPDATE)} --reason 'still better' --confirm {fresh}"
    assert done.stdout == place.cli(*UPDATE, "--plan") + f"Confirm it: {again}\n"
    assert place.cli(*shlex.split(again)[1:]).startswith("churn 2 is in production")
    assert place.run("-m", "modelcp", *UPDATE, "--plan", "--reason", "x").returncode == 2
    assert place.run("-m", "modelcp", *UPDATE[:5], "--confirm", "x").returncode == 2


def test_a_plan_without_a_holder_compares_nothing(tmp_path: Path) -> None:
    place = filled(Place(tmp_path))
    place.python(
        """
        from modelcp import Client, pipeline, step, ModelVersion
        @step
        def load(rows: int) -> int: return rows
        @pipeline(model_version=ModelVersion("alone"), enable_cache=False)
        def train(rows: int): load(rows)
        train(7)
        """
    )
    text = place.cli("model", "version", "update", "alone", "1", "--stage", "staging", "--plan")
    assert "\nNothing holds staging to compare with.\n1 goes into staging.\n" in text
    assert not [line for line in text.splitlines() if line.startswith(("PARAMETERS", "CODE", "ENVIRONMENT"))]
    assert "Nothing holds" not in place.cli(*UPDATE[:5], "--stage", "archived", "--plan")
    assert "Nothing holds" not in place.cli(*UPDATE, "--plan")


def test_an_undo_is_planned_confirmed_and_then_stale(place: Place) -> None:
    text = place.cli("model", "undo", "churn", "--plan")
    assert "Restore the stages of churn as they were before the promotion" in text
    assert "1 leaves production for no stage." in text
    made = json.loads(place.cli("model", "undo", "churn", "--plan", "--output", "json"))
    assert f"Plan {made['hash']}" in text
    assert place.run("-m", "modelcp", "model", "undo", "churn", "--plan", "--reason", "x").returncode == 2
    place.cli(*UPDATE)
    stale = place.run("-m", "modelcp", "model", "undo", "churn", "--confirm", made["hash"])
    assert stale.returncode == 1
    assert "Nothing was restored" in stale.stderr
    shown = place.cli("model", "undo", "churn", "--plan")
    fresh = shown.split()[-1]
    assert stale.stdout == shown + f"Confirm it: modelcp model undo churn --confirm {fresh}\n"
    said = ("model", "undo", "churn", "--confirm", made["hash"], "--output", "json")
    done = place.run("-m", "modelcp", *said)
    assert (done.returncode, done.stderr) == (1, stale.stderr)
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["plan"]["hash"]) == ("stale_plan", fresh)
    told = place.python(
        """
        from modelcp import Client
        client = Client()
        plan = client.plan_undo("churn")
        row = client.undo_promotion("churn", plan.tenure, "worse", plan=plan.hash)
        print([(one["number"], one["stage"]) for one in row["changed"]], plan.effects[0]["action"])
        """
    )
    assert told.strip() == "[(1, 'production'), (2, None)] version.stage_restored"


def test_the_sdk_plans_confirms_and_is_told_the_fresh_plan(place: Place) -> None:
    told = place.python(
        """
        import json
        from modelcp import Client, ModelStages
        from modelcp.errors import Conflict
        client = Client()
        plan = client.plan_promotion("churn", 2, ModelStages.PRODUCTION)
        client.log_metadata("churn", 2, {"metrics": {"auc": 0.5}})
        try:
            client.promote("churn", 2, "production", plan=plan.hash)
        except Conflict as refusal:
            fresh = refusal.more["plan"]
            print(json.dumps([refusal.code, fresh["metrics"][0]["verdict"]]))
        client.promote("churn", 2, "production", plan=fresh["hash"])
        print(json.dumps(client.get_model_version("churn", 2)["stage"]))
        """
    )
    assert [json.loads(line) for line in told.splitlines()] == [["stale_plan", "worse"], "production"]
