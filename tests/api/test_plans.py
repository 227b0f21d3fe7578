"""Promotion plans over HTTP, and their confirmation."""

import json
from typing import Any

import jsonschema
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Event
from registry.selectors.plans import plan_promotion
from tests.api.test_answers import closed, described
from tests.support.chains import assert_chains_whole
from tests.support.doors import Api, database, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db
STAGE = "models/churn/versions/{}/stage/"


@pytest.fixture
def api() -> Api:
    """A model whose first version is in production, the second in staging, each made by a run."""
    api = Api()
    for depth, auc in ((2, 0.91), (3, 0.92)):
        train(api, depth, auc)
    promote(api, 1, "production")
    promote(api, 2, "staging")
    return api


def train(api: Api, depth: int, auc: float) -> None:
    body = started(wanted(), parameters={"depth": depth, "seed": 1}, code={"commit": f"c{depth}"})
    api.post("runs/", body)
    load = step(
        "load",
        outputs=[output(new_version("rows", sha256=str(depth) * 64), resolution=body["versions"][0]["id"])],
    )
    api.post(
        f"runs/{body['id']}/", {"steps": [load], "status": "completed", "ended_at": "2026-01-31T13:00:00Z"}
    )
    number = depth - 1
    api.call(
        "PATCH", f"models/churn/versions/{number}/metadata/", {"metadata": {"metrics": {"auc": auc, "n": 5}}}
    )


def promote(api: Api, version: object, stage: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.post(STAGE.format(version), {"stage": stage, **more})
    return answer


def plan(api: Api, version: object = 2, to: str = "production") -> dict[str, Any]:
    answer: dict[str, Any] = api.get(f"{STAGE.format(version)}?to={to}")
    return answer


def test_a_plan_puts_the_candidate_beside_the_holder(api: Api) -> None:
    api.call("PUT", "models/churn/aliases/best/", {"version": 1})
    made = plan(api)
    assert (made["candidate"]["number"], made["holder"]["number"], made["changes"]) == (2, 1, True)
    assert made["metrics"][0] == {
        "name": "auc",
        "direction": "higher",
        "candidate": 0.92,
        "holder": 0.91,
        "change": 0.01,
        "verdict": "better",
        "candidate_changed_after_promotion": False,
        "holder_changed_after_promotion": False,
    }
    assert made["metrics"][1]["verdict"] == "same"
    assert {row["path"]: row["same"] for row in made["parameters"]} == {"depth": False, "seed": True}
    assert [(row["path"], row["candidate"], row["holder"]) for row in made["code"]] == [
        ("commit", "c3", "c2")
    ]
    (rows,) = made["artifacts"]
    assert (rows["kind"], rows["same"], rows["candidate"]["number"], rows["holder"]["number"]) == (
        "data",
        False,
        2,
        1,
    )
    assert made["missing"] == [
        "license", "description", "audience", "use_cases", "limitations", "trade_offs", "ethics",
    ]  # fmt: skip
    assert made["aliases"] == [{"name": "best", "version": 1, "moves_to": None}]
    assert made["users"] == []
    assert made["candidate"]["run"]["status"] == "completed"


def test_the_aliases_of_both_are_told_by_name(api: Api) -> None:
    for name, version in (("next", 2), ("best", 1), ("also", 2), ("gone", 1)):
        api.call("PUT", f"models/churn/aliases/{name}/", {"version": version})
    api.call("DELETE", "models/churn/aliases/gone/")
    made = plan(api)
    assert [(alias["name"], alias["version"]) for alias in made["aliases"]] == [
        ("also", 2),
        ("best", 1),
        ("next", 2),
    ]
    assert (made["candidate"]["number"], made["holder"]["number"]) == (2, 1)


def test_the_effects_are_the_events_that_the_confirmation_writes(api: Api) -> None:
    made = plan(api)
    before = Event.objects.count()
    promote(api, 2, "production", plan=made["hash"], reason="better")
    told = [
        (event.action, int(event.target_name.split()[-1]), json.loads(event.payload))
        for event in Event.objects.order_by("id")[before:]
    ]
    assert [
        {
            "action": action,
            "version": number,
            "before": said["before"]["stage"],
            "after": said["after"]["stage"],
        }
        for action, number, said in told
    ] == made["effects"]
    assert {said["reason"] for _, _, said in told} == {"better"}
    assert told[-1][2]["plan"] == made["hash"]
    assert_chains_whole()


def test_who_read_the_holder_by_its_stage_lately_is_told(api: Api) -> None:
    for asked in ("production", "production", 1, "latest"):
        api.post("runs/", started(wanted(version=asked, create_new=False), pipeline=f"by {asked}"))
    (user,) = plan(api)["users"]
    assert (user["pipeline"], user["runs"]) == ("by production", 2)


def test_inputs_made_elsewhere_count_as_data(api: Api) -> None:
    source = new_version("warehouse", sha256="f" * 64)
    first = started(pipeline="ingest")
    api.post("runs/", first)
    api.post(
        f"runs/{first['id']}/", {"steps": [step("fetch", outputs=[output(source)])], "status": "completed"}
    )
    body = started(wanted())
    api.post("runs/", body)
    use = step("fit", inputs=[{"name": "x", "artifact_version": source["id"]}])
    api.post(f"runs/{body['id']}/", {"steps": [use], "status": "completed"})
    rows = {row["name"]: row for row in plan(api, 3)["artifacts"]}
    assert rows["warehouse"]["candidate"]["sha256"] == "f" * 64
    assert rows["warehouse"]["holder"] is None


def test_what_was_made_from_a_version_since_is_none_of_its_data(api: Api) -> None:
    wish, table, scores = wanted(), new_version("rows"), new_version("predictions")
    body = started(wish)
    api.post("runs/", body)
    fit = step("fit", outputs=[output(table, resolution=wish["id"])])
    api.post(f"runs/{body['id']}/", {"steps": [fit], "status": "completed"})
    batch = started(pipeline="batch")
    api.post("runs/", batch)
    api.post(
        f"runs/{batch['id']}/", {"steps": [step("score", outputs=[output(scores)])], "status": "completed"}
    )
    by_hand = {"artifact": "hours", "uri": "s3://hours", "kind": "data"}
    for body in ({"artifact_version": scores["id"], "kind": "data"}, by_hand):
        api.post("models/churn/versions/3/artifacts/", body)
    told = {row["name"] for row in plan(api, 3)["artifacts"] if row["candidate"]}
    assert {"output", "hours"} <= told
    assert "predictions" not in told


CHANGES: dict[str, tuple[str, str, Any]] = {
    "a metric": ("PATCH", "models/churn/versions/2/metadata/", {"metadata": {"metrics": {"auc": 0.5}}}),
    "the holder's metric": (
        "PATCH",
        "models/churn/versions/1/metadata/",
        {"metadata": {"metrics": {"auc": 0.5}}},
    ),
    "the card": ("PATCH", "models/churn/", {"ethics": "none harmed"}),
    "the holder": ("POST", STAGE.format(1), {"stage": "archived"}),
    "the candidate's stage": ("POST", STAGE.format(2), {"stage": "archived"}),
    "an alias": ("PUT", "models/churn/aliases/best/", {"version": 2}),
    "an artifact": (
        "POST",
        "models/churn/versions/2/artifacts/",
        {"artifact": "weights", "uri": "s3://x", "kind": "model"},
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_plan_of_what_has_changed_is_refused_with_a_fresh_one(api: Api, what: str) -> None:
    made = plan(api)
    method, path, body = CHANGES[what]
    status, answer = api.call(method, path, body)
    assert status < 300, answer
    before = database()
    error = api.refused(
        "POST", STAGE.format(2), {"stage": "production", "plan": made["hash"]}, 409, "stale_plan"
    )
    assert database() == before
    fresh = error["plan"]
    assert fresh["hash"] != made["hash"]
    assert set(fresh) == set(made)
    assert promote(api, 2, "production", plan=fresh["hash"])["changed"] is True


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "models/churn/versions/2/metadata/", {"metadata": {"note": "nothing that a plan shows"}}),
        ("PATCH", "models/churn/", {"add_tags": ["x"]}),
        ("POST", "models/churn/versions/", {}),
    ],
)
def test_what_a_plan_does_not_rest_on_leaves_it_fresh(api: Api, method: str, path: str, body: Any) -> None:
    made = plan(api)
    assert api.call(method, path, body)[0] < 300
    assert plan(api)["hash"] == made["hash"]
    assert promote(api, 2, "production", plan=made["hash"])["changed"] is True


def test_a_plan_is_confirmed_once(api: Api) -> None:
    made = plan(api)
    promote(api, 2, "production", plan=made["hash"])
    api.refused("POST", STAGE.format(2), {"stage": "production", "plan": made["hash"]}, 409, "stale_plan")


def test_a_plan_for_one_stage_confirms_no_other(api: Api) -> None:
    hashed = plan(api, 2, "archived")["hash"]
    api.refused("POST", STAGE.format(2), {"stage": "production", "plan": hashed}, 409, "stale_plan")
    api.refused("POST", STAGE.format(2), {"stage": "production", "plan": "nonsense"}, 409, "stale_plan")
    api.refused("POST", STAGE.format(2), {"stage": "production", "plan": ""}, 409, "stale_plan")
    assert promote(api, 2, "production", plan=None)["changed"] is True


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("", 400, None), ("?to=latest", 422, "latest_is_virtual"), ("?to=live", 422, "unknown_stage"),
     ("?to=staging&x=1", 400, None)],
)  # fmt: skip
def test_a_plan_needs_a_stage(api: Api, query: str, status: int, code: str | None) -> None:
    api.refused("GET", STAGE.format(2) + query, None, status, code)


def test_a_viewer_reads_plans_and_confirms_none(api: Api) -> None:
    viewer = Api("viewer")
    made = plan(viewer)
    viewer.refused("POST", STAGE.format(2), {"stage": "production", "plan": made["hash"]}, 403)


def test_without_a_holder_all_is_missing_and_nobody_is_archived(api: Api) -> None:
    promote(api, 1, "archived")
    made = plan(api)
    assert made["holder"] is None
    assert {row["verdict"] for row in made["metrics"]} == {"missing"}
    assert [move["version"] for move in made["effects"]] == [2]


def test_a_plan_for_the_stage_held_changes_nothing(api: Api) -> None:
    made = plan(api, 2, "staging")
    assert (made["changes"], made["effects"], made["holder"]) == (False, [], None)


def test_a_plan_takes_as_many_queries_whatever_there_is(api: Api) -> None:
    with CaptureQueriesContext(connection) as few:
        plan_promotion("churn", 2, "production")
    metrics = {f"m{number}": number for number in range(200)}
    api.call("PATCH", "models/churn/versions/2/metadata/", {"metadata": {"metrics": metrics}})
    for _ in range(5):
        api.post("runs/", started(wanted(version="production", create_new=False)))
    with CaptureQueriesContext(connection) as many:
        plan_promotion("churn", 2, "production")
    assert len(many) == len(few) <= 11


def test_a_plan_is_as_described(api: Api) -> None:
    jsonschema.validate(plan(api), closed(described("plan_promotion", 200)))


def test_a_run_with_parameters_of_any_shape_stops_no_plan() -> None:
    api = Api()
    for rate in (1, 2):
        wish = wanted("odd")
        deep: dict[str, Any] = {"": rate, "k" * 3000: 1}
        for _ in range(30):
            deep = {"x": deep}
        api.post("runs/", started(wish, parameters={"": rate, "deep": deep}))
    api.post("models/odd/versions/1/stage/", {"stage": "production"})
    plan = api.get("models/odd/versions/2/stage/?to=production")
    assert sorted(row["same"] for row in plan["parameters"]) == [False, False, True]
    told = api.post("models/odd/versions/2/stage/", {"stage": "production", "plan": plan["hash"]})
    assert told["changed"]
    assert api.get("models/odd/compare/?versions=1,2")["parameters"]
