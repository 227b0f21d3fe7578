"""Gates over HTTP: edited by administrators, passed, refused, forced, and tried on history."""

import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest

from registry.models import Event, Gate, ModelVersion, Tenure
from tests.api.test_answers import closed, described
from tests.api.test_plans import STAGE, plan, promote, train
from tests.support.chains import assert_chains_whole
from tests.support.doors import Api, database, ident, started, wanted

pytestmark = pytest.mark.django_db
GATES = "models/churn/gates/"


@pytest.fixture
def api() -> Api:
    """A model of two trained versions, the first in production."""
    api = Api()
    for depth, auc in ((2, 0.91), (3, 0.90)):
        train(api, depth, auc)
    promote(api, 1, "production")
    return api


def gated(api: Api, *rules: str, stage: str = "production") -> dict[str, Any]:
    status, answer = api.call("PUT", GATES, {"gates": {stage: list(rules)}})
    assert status == 200, answer
    return dict(answer)


def test_gates_are_set_read_changed_and_ended(api: Api) -> None:
    set_ = gated(api, "metrics.auc>=holder", "run succeeded", "run  succeeded")
    assert set_["gates"] == {"staging": [], "production": ["metrics.auc >= holder", "run succeeded"]}
    before = database()
    gated(api, "metrics.auc >= holder", "run succeeded")
    assert database() == before
    gated(api, "artifact(model)", stage="staging")
    gated(api, "run succeeded", "metrics.auc >= holder")
    assert api.get(GATES)["gates"] == {
        "staging": ["artifact(model)"],
        "production": ["run succeeded", "metrics.auc >= holder"],
    }
    gated(api)
    assert api.get(GATES)["gates"]["production"] == []
    assert Gate.objects.filter(valid_to__isnull=True).count() == 1
    event = Event.objects.filter(action="gates.changed").order_by("-id")[0]
    assert json.loads(event.payload)["before"] == {"production": ["run succeeded", "metrics.auc >= holder"]}
    assert_chains_whole()


def test_a_direction_is_declared_and_judges(api: Api) -> None:
    api.call("PATCH", "models/churn/versions/2/metadata/", {"metadata": {"metrics": {"n": 6}}})
    row = {row["name"]: row for row in plan(api)["metrics"]}["n"]
    assert (row["direction"], row["verdict"]) == (None, "not_judged")
    hashed = plan(api)["hash"]
    assert api.call("PUT", GATES, {"directions": {"n": "lower"}})[0] == 200
    assert api.get(GATES)["directions"] == {"n": "lower"}
    row = {row["name"]: row for row in plan(api)["metrics"]}["n"]
    assert (row["direction"], row["verdict"], plan(api)["hash"] == hashed) == ("lower", "worse", False)
    assert api.call("PUT", GATES, {"directions": {}})[1]["directions"] == {}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"gates": {"production": ["f1 > 1"]}}, 400, "bad_gate"),
        ({"gates": {"archived": ["run succeeded"]}}, 422, "no_gates_there"),
        ({"gates": {"production": "run succeeded"}}, 400, None),
        ({"gates": ["run succeeded"]}, 400, None),
        ({"gates": {"production": [f"metrics.m{n} > 1" for n in range(51)]}}, 400, "too_many_gates"),
        ({"directions": {"auc": "up"}}, 400, "bad_direction"),
        ({"directions": {"": "lower"}}, 400, "bad_direction"),
        ({"rules": []}, 400, None),
    ],
)
def test_what_are_no_gates_is_refused(api: Api, body: Any, status: int, code: str | None) -> None:
    before = database()
    api.refused("PUT", GATES, body, status, code)
    assert database() == before


@pytest.mark.parametrize("role", ["viewer", "contributor", "promoter"])
def test_only_administrators_edit_gates(api: Api, role: str) -> None:
    someone = Api(role)
    assert someone.get(GATES)["model"] == "churn"
    someone.refused("PUT", GATES, {"gates": {"production": []}}, 403, "role_too_low")


def test_a_promotion_whose_gates_fail_is_refused_with_the_list(api: Api) -> None:
    gated(api, "metrics.auc >= holder", "run succeeded", "approvals >= 1")
    before = database()
    error = api.refused("POST", STAGE.format(2), {"stage": "production"}, 422, "gates_failed")
    assert database() == before
    assert [(gate["rule"], gate["state"]) for gate in error["gates"]] == [
        ("metrics.auc >= holder", "failed"),
        ("approvals >= 1", "waiting"),
    ]
    assert "short by 0.01" in error["message"]
    assert error["message"].startswith("2 of 3 gates don't pass. ")
    made = plan(api)
    assert [gate["state"] for gate in made["gates"]] == ["failed", "passed", "waiting"]
    api.refused("POST", STAGE.format(2), {"stage": "production", "plan": made["hash"]}, 422, "gates_failed")
    assert promote(api, 2, "staging")["changed"]
    assert promote(api, 2, "archived")["changed"]


def test_force_passes_failing_gates_needs_the_right_and_stays_known(api: Api) -> None:
    gated(api, "metrics.auc >= holder")
    promoter = Api("promoter")
    promoter.refused("POST", STAGE.format(2), {"stage": "production", "force": True}, 403, "role_too_low")
    assert promote(api, 2, "production", force=True)["changed"] is True
    tenure = Tenure.objects.get(stage="production", valid_to__isnull=True)
    assert tenure.forced is True
    told = json.loads(Event.objects.get(action="version.promoted", target_name="churn 2").payload)
    assert (told["forced"], told["gates"][0]["rule"]) == (True, "metrics.auc >= holder")
    assert api.get("models/churn/stages/history/?stage=production")["results"][0]["forced"] is True


def test_force_without_a_failing_gate_needs_no_right_and_leaves_no_trace(api: Api) -> None:
    gated(api, "run succeeded")
    promote(Api("promoter"), 2, "production", force=True)
    assert not Tenure.objects.filter(forced=True).exists()
    assert "forced" not in Event.objects.get(action="version.promoted", target_name="churn 2").payload


def test_a_gate_added_or_come_out_otherwise_makes_a_plan_stale(api: Api) -> None:
    made = plan(api)
    gated(api, "age < 30d")
    api.refused("POST", STAGE.format(2), {"stage": "production", "plan": made["hash"]}, 409, "stale_plan")
    made = plan(api)
    ModelVersion.objects.filter(number=2).update(created_at="2020-01-01T00:00:00Z")
    error = api.refused(
        "POST", STAGE.format(2), {"stage": "production", "plan": made["hash"]}, 409, "stale_plan"
    )
    assert error["plan"]["gates"][0]["state"] == "failed"


def test_each_kind_of_gate_reads_the_registry(api: Api) -> None:
    rules = [
        "metrics.auc > 0.89", "metrics.auc >= holder - 0.01", "artifact(data)", "artifact(model)",
        "card(license)", "run succeeded", "age < 1h", "staging >= 1h", "approvals >= 1",
    ]  # fmt: skip
    gated(api, *rules)
    states = {gate["rule"]: gate["state"] for gate in plan(api)["gates"]}
    assert states == dict(
        zip(rules, ["passed"] * 3 + ["failed"] * 2 + ["passed"] * 2 + ["waiting"] * 2, strict=True)
    )
    api.call("PATCH", "models/churn/", {"license": "MIT"})
    link = {"id": ident(), "artifact": "weights", "uri": "s3://x", "kind": "model"}
    api.post("models/churn/versions/2/artifacts/", link)
    promote(api, 2, "staging")
    tenure = Tenure.objects.get(stage="staging")
    Tenure.objects.filter(id=tenure.id).update(valid_from=tenure.valid_from - timedelta(hours=2))
    states = {gate["rule"]: gate["state"] for gate in plan(api)["gates"]}
    assert [rule for rule, state in states.items() if state != "passed"] == ["approvals >= 1"]


def test_a_back_test_replays_history_as_it_was_then(api: Api) -> None:
    rules = ["metrics.auc >= holder", "card(license)"]
    by_hand: list[int] = []
    for depth, auc in ((4, 0.92), (5, 0.91), (6, 0.95), (7, 0.94)):
        train(api, depth, auc)
        number = depth - 1
        if number == 5:
            api.call("PATCH", "models/churn/", {"license": "MIT"})
        gated(api, *rules)
        if any(gate["state"] != "passed" for gate in plan(api, number)["gates"]):
            by_hand.insert(0, number)
        gated(api)
        promote(api, number, "production")
    for number in (1, 3, 4, 5, 6):  # what is logged afterwards changes nothing
        body = {"metadata": {"metrics": {"auc": number / 100}}}
        api.call("PATCH", f"models/churn/versions/{number}/metadata/", body)
    api.post("models/churn/stages/undo/", {})  # and what an undo restores is no promotion
    before = database()
    tested = api.post(f"{GATES}back-test/", {"stage": "production", "gates": rules})
    assert database() == before
    assert [row["version"] for row in tested["blocked"] if row["version"] != 1] == by_hand == [6, 4, 3]
    assert tested["promotions"] == 5
    why = {row["version"]: [gate["rule"] for gate in row["gates"]] for row in tested["blocked"]}
    assert why == {
        6: ["metrics.auc >= holder"],
        4: ["metrics.auc >= holder", "card(license)"],
        3: ["card(license)"],
        1: ["card(license)"],
    }
    assert {gate["rule"]: gate["blocked"] for gate in tested["gates"]} == {rules[0]: 2, rules[1]: 3}


def test_a_back_test_looks_at_the_last_twenty(api: Api) -> None:
    for _ in range(11):
        promote(api, 2, "production")
        promote(api, 1, "production")
    tested = api.post(f"{GATES}back-test/", {"stage": "production", "gates": ["metrics.auc > 0.905"]})
    assert (tested["promotions"], len(tested["blocked"])) == (20, 10)
    assert api.post(f"{GATES}back-test/", {"stage": "staging", "gates": ["run succeeded"]})["promotions"] == 0
    api.refused("POST", f"{GATES}back-test/", {"stage": "production", "gates": ["x"]}, 400, "bad_gate")
    api.refused("POST", f"{GATES}back-test/", {"stage": "latest", "gates": []}, 422)


def test_a_back_test_finds_a_rare_stage_among_many_promotions(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.selectors.gates.READ", 2)
    for _ in range(3):
        promote(api, 2, "staging")
        promote(api, 2, "archived")
    tested = api.post(f"{GATES}back-test/", {"stage": "production", "gates": ["metrics.auc > 2"]})
    assert [blocked["version"] for blocked in tested["blocked"]] == [1]


def test_a_version_whose_run_still_ran_waited_back_then(api: Api) -> None:
    body = started(wanted())
    api.post("runs/", body)
    promote(api, 3, "production")
    gated(api, "run succeeded")
    assert plan(api, 3, "staging")["gates"] == []
    done = {"status": "completed", "ended_at": "2099-01-01T00:00:00Z"}
    api.post(f"runs/{body['id']}/", done)
    tested = api.post(f"{GATES}back-test/", {"stage": "production", "gates": ["run succeeded"]})
    assert [(row["version"], row["gates"][0]["state"]) for row in tested["blocked"]] == [(3, "waiting")]


def test_answers_are_as_described(api: Api) -> None:
    jsonschema.validate(gated(api, "run succeeded", "approvals >= 1"), closed(described("set_gates", 200)))
    jsonschema.validate(api.get(GATES), closed(described("get_gates", 200)))
    tested = api.post(f"{GATES}back-test/", {"stage": "production", "gates": ["approvals >= 1"]})
    jsonschema.validate(tested, closed(described("back_test_gates", 200)))
    jsonschema.validate(plan(api), closed(described("plan_promotion", 200)))
