"""Approvals over HTTP: asked for, given, declined, taken back, stale; and the gate that waits for them."""

import pytest

from registry.models import ApprovalAnswer
from tests.api.approval_world import APPROVED, DECLINED, OF_2, answer, asked, gate, gated_model
from tests.api.test_gates import gated
from tests.api.test_plans import STAGE, plan, promote
from tests.pages.catalog_world import person
from tests.support.chains import assert_chains_whole
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    return gated_model()


def test_a_promotion_waits_for_as_many_as_its_gate_asks(api: Api, jo: Api, ann: Api) -> None:
    request = asked(api, reason="holds on q3")
    assert gate(api) == ("waiting", "0 of 2 approvals are given.")
    row = answer(jo, request, {**APPROVED, "comment": "fine"})
    assert (row["given"], row["needed"], row["answers"][0]["comment"]) == (1, 2, "fine")
    error = api.refused("POST", STAGE.format(2), {"stage": "production"}, 422, "gates_failed")
    assert error["message"] == "1 of 1 gate doesn't pass. 1 of 2 approvals are given."
    made = plan(api)
    answer(ann, request, APPROVED)
    api.refused("POST", STAGE.format(2), {"stage": "production", "plan": made["hash"]}, 409, "stale_plan")
    assert gate(api) == ("passed", "jo, ann")
    assert promote(api, 2, "production", plan=plan(api)["hash"])["changed"]
    assert api.get(request)["state"] == "promoted"
    assert_chains_whole()


def test_a_decline_stands_in_the_way_until_it_is_taken_back(api: Api, jo: Api, ann: Api) -> None:
    request, bea = asked(api), Api("admin", actor=person("bea"))
    for who in (jo, ann, bea):
        answer(who, request, APPROVED)
    answer(jo, request, DECLINED)
    assert gate(api) == ("failed", "jo declined: “too few rows”. 2 of 2 approvals are given.")
    api.refused("POST", STAGE.format(2), {"stage": "production"}, 422, "gates_failed")
    assert jo.call("DELETE", f"{request}answer/")[0] == 204
    jo.refused("DELETE", f"{request}answer/", None, 404, "no_such_answer")
    assert gate(api) == ("passed", "ann, bea")


CHANGES = {
    "metadata": ("PATCH", "models/churn/versions/2/metadata/", {"metadata": {"note": "x"}}),
    "artifacts": ("POST", "models/churn/versions/2/artifacts/", {"uri": "s3://x", "artifact": "weights"}),
    "holder": ("POST", "models/churn/versions/1/stage/", {"stage": "archived"}),
}


@pytest.mark.parametrize("part", CHANGES)
def test_an_approval_is_stale_once_what_was_approved_is_another(
    api: Api, jo: Api, ann: Api, part: str
) -> None:
    request = asked(api)
    for who in (jo, ann):
        answer(who, request, APPROVED)
    status, _ = api.call(*CHANGES[part])
    assert status in (200, 201)
    said = f"stale: {part} changed since, just now"
    assert gate(api) == (
        "waiting",
        f"0 of 2 approvals are given. jo's answer is {said}. ann's answer is {said}.",
    )
    assert [given["stale"] for given in api.get(request)["answers"]] == [said, said]
    answer(jo, request, APPROVED)
    assert api.get(request)["given"] == 1


def test_what_is_as_it_was_again_is_approved_again(api: Api, jo: Api, ann: Api) -> None:
    request = asked(api)
    for who in (jo, ann):
        answer(who, request, APPROVED)
    for auc in (0.93, 0.92):
        api.call("PATCH", CHANGES["metadata"][1], {"metadata": {"metrics": {"auc": auc}}})
        assert gate(api)[0] == ("waiting" if auc == 0.93 else "passed")
    api.post("models/churn/stages/undo/", {})  # nothing is in production any more
    assert gate(api)[0] == "waiting"
    assert [row["stale"] for row in api.get(request)["answers"]] == [
        "stale: holder changed since, just now"
    ] * 2


def test_an_answer_about_what_has_changed_since_one_looked_is_refused(api: Api, jo: Api) -> None:
    request = asked(api)
    seen = api.get(request)["digest"]
    api.call(*CHANGES["metadata"])
    jo.refused("PUT", f"{request}answer/", {**APPROVED, "digest": seen}, 409, "stale_answer")
    answer(jo, request, {**APPROVED, "digest": api.get(request)["digest"]})
    assert ApprovalAnswer.objects.get().valid_to is None


def test_a_version_that_went_in_needs_new_approvals_to_go_in_again(api: Api, jo: Api, ann: Api) -> None:
    request = asked(api)
    for who in (jo, ann):
        answer(who, request, APPROVED)
    promote(api, 2, "production")
    jo.refused("PUT", f"{request}answer/", DECLINED, 409, "approval_closed")
    jo.refused("DELETE", f"{request}answer/", None, 409, "approval_closed")
    api.refused("DELETE", request, None, 409, "approval_closed")
    api.refused("POST", OF_2, {"stage": "production"}, 422, "there_already")
    api.post("models/churn/stages/undo/", {})
    assert gate(api)[0] == "waiting"
    api.call("DELETE", asked(api))
    another = asked(api)
    gated(api)
    promote(api, 2, "production")
    assert api.get(another)["state"] == "promoted"


def test_a_back_test_counts_the_approvals_that_stood_then(api: Api, jo: Api, ann: Api) -> None:
    gated(api)
    promote(api, 2, "staging")
    request = asked(api)
    for who in (jo, ann):
        answer(who, request, APPROVED)
    promote(api, 2, "production")  # approved by two
    promote(api, 1, "production")  # by none
    request = asked(api)
    for who in (jo, ann):
        answer(who, request, APPROVED)
    api.call(*CHANGES["metadata"])
    answer(ann, request, APPROVED)
    promote(api, 2, "production")  # by one, the other's is stale
    promote(api, 1, "production")
    request = asked(api)
    answer(jo, request, APPROVED)
    answer(ann, request, DECLINED)
    promote(api, 2, "production")  # by one, declined by another
    api.call("PATCH", CHANGES["metadata"][1], {"metadata": {"note": "y"}})
    tested = api.post(
        "models/churn/gates/back-test/",
        {"stage": "production", "gates": ["approvals >= 1", "approvals >= 2"]},
    )
    why = [(row["version"], [(g["rule"][-1], g["state"]) for g in row["gates"]]) for row in tested["blocked"]]
    assert why == [
        (2, [("1", "failed"), ("2", "failed")]),
        (1, [("1", "waiting"), ("2", "waiting")]),
        (2, [("2", "waiting")]),
        (1, [("1", "waiting"), ("2", "waiting")]),
        (1, [("1", "waiting"), ("2", "waiting")]),
    ]
    assert "jo's answer is stale: metadata changed since" in tested["blocked"][2]["gates"][0]["why"]
