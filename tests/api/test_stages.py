"""Stages and aliases over HTTP."""

from typing import Any

import pytest

from registry.models import Event, Tenure
from tests.support.chains import assert_chains_whole
from tests.support.doors import Api, database

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    """An administrator, and a model with four versions."""
    api = Api()
    api.post("models/", {"name": "churn"})
    for _ in range(4):
        api.post("models/churn/versions/", {})
    return api


def promote(api: Api, version: object, stage: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.post(f"models/churn/versions/{version}/stage/", {"stage": stage, **more})
    return answer


def held(api: Api) -> dict[int, str | None]:
    return {row["number"]: row["stage"] for row in api.get("models/churn/versions/")["results"]}


def test_the_holder_is_archived_with_the_promotion(api: Api) -> None:
    assert promote(api, 1, "production")["displaced"] is None
    answer = promote(api, 2, "production", reason="better")
    assert (answer["changed"], answer["displaced"], answer["version"]["stage"]) == (True, 1, "production")
    assert held(api) == {1: "archived", 2: "production", 3: None, 4: None}
    newest, displaced, first = api.get("models/churn/stages/history/")["results"][:3]
    assert (newest["version"], newest["stage"], newest["reason"], newest["displaced"]) == (
        2,
        "production",
        "better",
        1,
    )
    assert (displaced["stage"], displaced["valid_from"]) == ("archived", newest["valid_from"])
    assert first["valid_to"] == newest["valid_from"]  # at no moment were there two or none
    assert_chains_whole()


def test_promoting_to_the_stage_held_writes_nothing(api: Api) -> None:
    promote(api, 1, "staging")
    before = database()
    assert promote(api, 1, "staging", reason="again", force=True)["changed"] is False
    assert database() == before


def test_force_without_a_failing_gate_needs_no_right_and_leaves_no_trace(api: Api) -> None:
    promote(Api("contributor"), 1, "staging", force=True)
    assert not Tenure.objects.filter(forced=True).exists()
    assert "forced" not in Event.objects.order_by("-at")[0].payload


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ("latest", "latest_is_virtual"),
        ("live", "unknown_stage"),
        ("Production", "unknown_stage"),
        ("none", "unknown_stage"),
    ],
)
def test_what_is_no_stage_is_refused_with_the_reason(api: Api, stage: str, code: str) -> None:
    before = database()
    api.refused("POST", "models/churn/versions/1/stage/", {"stage": stage}, 422, code)
    assert database() == before


def test_archived_is_the_one_archived_last(api: Api) -> None:
    for number in (3, 1, 2):
        promote(api, number, "archived")
    assert api.get("models/churn/versions/archived/")["number"] == 2
    promote(api, 2, "staging")
    assert api.get("models/churn/versions/archived/")["number"] == 1
    assert api.get("models/churn/stages/")["archived"]["number"] == 1


def test_an_undo_restores_and_is_itself_undone(api: Api) -> None:
    promote(api, 1, "production")
    promote(api, 2, "production")
    changed = api.post("models/churn/stages/undo/", {"reason": "worse"})["changed"]
    assert {row["number"]: row["stage"] for row in changed} == {1: "production", 2: None}
    api.post("models/churn/stages/undo/", {})
    assert held(api) == {1: "archived", 2: "production", 3: None, 4: None}
    assert_chains_whole()


def test_an_undo_names_the_promotion_and_not_whom_it_displaced(api: Api) -> None:
    for number in (1, 2, 3, 1, 3, 2):
        promote(api, number, "production")
        last = api.get("models/churn/stages/history/?stage=production")["results"][0]
        assert api.get("models/churn/stages/undo/")["tenure"] == last["id"]
    assert_chains_whole()


def test_an_undo_lets_two_holders_change_places(api: Api) -> None:
    promote(api, 1, "production")
    promote(api, 2, "staging")
    before = held(api)
    promote(api, 2, "production")
    tenure = api.get("models/churn/stages/history/?stage=production")["results"][0]
    promote(api, 1, "staging")
    api.post("models/churn/stages/undo/", {"tenure": tenure["id"]})
    assert held(api) == before
    assert_chains_whole()


def test_an_undo_of_what_displaced_a_version_that_is_gone_leaves_the_stage_empty(api: Api) -> None:
    promote(api, 1, "staging")
    promote(api, 2, "staging")
    api.call("DELETE", "models/churn/versions/1/")
    last = api.get("models/churn/stages/history/?stage=staging")["results"][0]
    told = api.get(f"models/churn/stages/undo/?tenure={last['id']}")
    assert told["deleted"] == [{"version": 1, "stage": "staging"}]
    api.post("models/churn/stages/undo/", {"tenure": last["id"]})
    assert held(api) == {2: None, 3: None, 4: None}


def test_an_undo_is_planned_and_confirmed_by_its_hash(api: Api) -> None:
    where = "models/churn/stages/undo/"
    api.call("PUT", "models/churn/gates/", {"gates": {"production": ["run succeeded"]}})
    for version in (1, 2):
        api.post(f"models/churn/versions/{version}/stage/", {"stage": "production", "force": True})
    plan = api.get(where)
    assert [(move["version"], move["before"], move["after"]) for move in plan["effects"]] == [
        (1, "archived", "production"),
        (2, "production", None),
    ]
    (gate,) = plan["gates"]
    assert (gate["version"], gate["stage"], gate["state"]) == (1, "production", "failed"), "an opinion only"
    assert api.get(f"{where}?tenure={plan['tenure']}")["hash"] == plan["hash"]
    api.post("models/churn/versions/1/stage/", {"stage": "staging"})
    stale = api.refused("POST", where, {"tenure": plan["tenure"], "plan": plan["hash"]}, 409, "stale_plan")
    fresh = stale["plan"]
    assert fresh["hash"] != plan["hash"]
    assert api.refused("POST", where, {"plan": ""}, 409, "stale_plan")["plan"]["effects"]
    changed = api.post(where, {"tenure": plan["tenure"], "plan": fresh["hash"], "reason": "worse"})["changed"]
    told = api.get("events/?action=version.stage_restored&limit=2")["results"]
    moves = [
        {"action": row["action"], "version": int(row["target"]["name"].rpartition(" ")[2])}
        | {"before": row["before"]["stage"], "after": row["after"]["stage"]}
        for row in reversed(told)
    ]
    assert moves == fresh["effects"], "the events are what the plan said"
    assert {row["extra"]["plan"] for row in told} == {fresh["hash"]}
    assert {row["number"]: row["stage"] for row in changed} == {1: "production", 2: None}
    event = told[-1]["id"]
    by_event = api.get(f"{where}?event={event}")
    assert (by_event["event"], by_event["tenure"]) == (event, None)
    assert [move["version"] for move in by_event["effects"]] == [1, 2]
    api.refused("GET", f"{where}?event=999999999", None, 404, "no_such_event")
    api.refused("GET", f"{where}?event={event}&tenure={plan['tenure']}", None, 400, "bad_undo")
    api.refused("GET", f"{where}?event=x", None, 400)


def test_there_is_nothing_to_undo_without_a_promotion(api: Api) -> None:
    api.refused("POST", "models/churn/stages/undo/", {}, 404, "no_such_promotion")
    api.post("models/", {"name": "fraud"})
    promote(api, 1, "staging")
    other = api.get("models/churn/stages/history/")["results"][0]["id"]
    api.refused("POST", "models/fraud/stages/undo/", {"tenure": other}, 404, "no_such_promotion")


def test_an_alias_moves_and_ends(api: Api) -> None:
    for number in (1, 2):
        status, row = api.call("PUT", "models/churn/aliases/best/", {"version": number})
        assert (status, row["version"]) == (200, number)
    before = database()
    api.call("PUT", "models/churn/aliases/best/", {"version": "2"})
    assert database() == before
    api.call("PUT", "models/churn/aliases/worst/", {"version": "latest"})
    assert [row["name"] for row in api.get("models/churn/aliases/")["results"]] == ["best", "worst"]
    assert api.get("models/churn/versions/@worst/")["number"] == 4
    assert api.call("DELETE", "models/churn/aliases/best/")[0] == 204
    assert "worst" in api.refused("GET", "models/churn/aliases/best/", None, 404, "no_such_alias")["hint"]
    api.refused("DELETE", "models/churn/aliases/best/", None, 404, "no_such_alias")


@pytest.mark.parametrize(
    ("alias", "body", "status"),
    [
        ("best", {}, 400),
        ("best", {"version": True}, 400),
        ("best", {"version": None}, 400),
        ("best", {"version": 1.5}, 400),
        ("best", {"version": "1\0"}, 400),
        ("best", {"version": 99}, 404),
        ("best", {"version": "@@7"}, 400),
        ("@best", {"version": 1}, 422),
        ("x" * 256, {"version": 1}, 422),
    ],
)
def test_an_alias_needs_a_name_and_a_version(api: Api, alias: str, body: Any, status: int) -> None:
    api.refused("PUT", f"models/churn/aliases/{alias}/", body, status)


ROLES = ("viewer", "contributor", "promoter", "admin")
ACTS: list[tuple[str, str, str, Any]] = [
    ("viewer", "GET", "models/churn/", None),
    ("viewer", "GET", "models/churn/stages/", None),
    ("viewer", "GET", "events/", None),
    ("contributor", "POST", "models/", {"name": "other"}),
    ("contributor", "PATCH", "models/churn/", {"license": "MIT"}),
    ("contributor", "POST", "models/churn/versions/", {}),
    ("contributor", "PATCH", "models/churn/versions/1/", {"description": "x"}),
    ("contributor", "DELETE", "models/churn/versions/1/", None),
    ("contributor", "PATCH", "models/churn/versions/1/metadata/", {"metadata": {"a": 1}}),
    ("contributor", "POST", "models/churn/versions/1/stage/", {"stage": "staging"}),
    ("contributor", "POST", "models/churn/versions/1/stage/", {"stage": "archived"}),
    ("contributor", "PUT", "models/churn/aliases/best/", {"version": 1}),
    ("contributor", "POST", "tags/", {"name": "new"}),
    ("contributor", "DELETE", "models/churn/?confirm=churn", None),
    ("promoter", "POST", "models/churn/versions/1/stage/", {"stage": "production"}),
    ("promoter", "POST", "models/churn/stages/undo/", {}),
    ("admin", "POST", "models/churn/purge/", {"dry_run": True}),
    ("admin", "GET", "people/", None),
    ("admin", "POST", "people/", {"name": "bob"}),
]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("needed", "method", "path", "body"), ACTS)
def test_each_role_may_what_its_own_and_lower_ones_may(
    api: Api, role: str, needed: str, method: str, path: str, body: Any
) -> None:
    promote(api, 3, "staging")
    someone = Api(role)
    before = database()
    status, answer = someone.call(method, path, body)
    if ROLES.index(role) >= ROLES.index(needed):
        assert status < 300, answer
    else:
        assert (status, answer["error"]["code"]) == (403, "role_too_low")
        assert needed in answer["error"]["message"]
        assert database() == before
