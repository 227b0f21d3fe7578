"""Requests for approval and their answers as such: repeated, listed, told in events, at once."""

import json
import threading
from typing import Any

import jsonschema
import pytest
from django.db import connection

from registry.models import ApprovalAnswer, ApprovalRequest, Event
from registry.rules.errors import Refusal
from registry.rules.ids import new_id
from registry.services import approvals, stages
from registry.services.actors import Actor
from tests.api.approval_world import APPROVED, DECLINED, OF_2, answer, asked, gate, gated_model
from tests.api.test_answers import closed, described
from tests.api.test_gates import gated
from tests.api.test_plans import plan, promote, train
from tests.pages.catalog_world import person
from tests.support.chains import assert_chains_whole
from tests.support.doors import Api, database, ident

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    return gated_model()


def test_repeating_changes_nothing(api: Api, jo: Api) -> None:
    body = {"id": ident(), "stage": "production", "reason": "once"}
    assert api.call("POST", OF_2, body)[0] == 201
    request = f"{OF_2}{body['id']}/"
    answer(jo, request, APPROVED)
    before = database()
    assert api.call("POST", OF_2, body)[0] == 200
    answer(jo, request, APPROVED)
    api.refused("POST", OF_2, {**body, "reason": "twice"}, 409, "id_taken")
    api.refused("POST", OF_2, {**body, "id": ident()}, 409, "asked_already")
    assert database() == before
    for _ in range(2):
        assert api.call("DELETE", request)[0] == 204
    assert Event.objects.filter(action="approval.withdrawn").count() == 1
    assert gate(api) == ("waiting", "0 of 2 approvals are given.")


def test_only_others_approve_only_promoters_answer_and_only_who_asked_withdraws(api: Api, jo: Api) -> None:
    ivy, vera = (
        Api(role, actor=person(name, role)) for name, role in (("ivy", "contributor"), ("vera", "viewer"))
    )
    vera.refused("POST", OF_2, {"stage": "production"}, 403, "role_too_low")
    request = asked(ivy)
    before = database()
    ivy.refused("PUT", f"{request}answer/", APPROVED, 403, "role_too_low")
    for own in (APPROVED, DECLINED):
        api.refused("PUT", f"{request}answer/", own, 422, "own_version")
    jo.refused("DELETE", request, None, 403, "not_yours")
    jo.refused("PUT", f"{request}answer/", {"decision": "declined", "comment": " "}, 400, "comment_missing")
    jo.refused("PUT", f"{request}answer/", {"decision": "maybe"}, 400, "bad_decision")
    jo.refused("PUT", request.replace("/2/", "/1/") + "answer/", APPROVED, 404, "no_such_approval")
    api.refused("POST", OF_2, {"stage": "archived"}, 422, "no_approvals_there")
    assert database() == before
    answer(jo, request, DECLINED)
    assert vera.get(request)["answers"][0]["decision"] == "declined"


def test_requests_are_listed_filtered_and_not_those_of_what_is_deleted(api: Api, jo: Api) -> None:
    request = asked(api)
    api.post("models/churn/versions/1/approvals/", {"stage": "staging"})
    assert [row["version"] for row in api.get("approvals/")["results"]] == [1, 2]
    for query, versions in {
        "state=waiting&stage=staging": [1],
        "model=churn&version=2": [2],
        "by=jo": [],
        "sort=asked": [2, 1],
        "asked=gte:2100-01-01": [],
    }.items():
        assert [row["version"] for row in api.get(f"approvals/?{query}")["results"]] == versions, query
    api.refused("GET", "approvals/?state=open", None, 400)
    api.call("DELETE", request)
    assert [row["state"] for row in api.get(f"{OF_2}?state=withdrawn")["results"]] == ["withdrawn"]
    assert api.get("approvals/?state=waiting")["results"][0]["version"] == 1
    api.call("DELETE", "models/churn/versions/2/")
    assert [row["version"] for row in api.get("approvals/")["results"]] == [1]


def test_events_tell_who_asked_and_answered_what(api: Api, jo: Api) -> None:
    request = asked(api, reason="q3")
    answer(jo, request, {**APPROVED, "comment": "fine"})
    answer(jo, request, DECLINED)
    jo.call("DELETE", f"{request}answer/?reason=misread")
    told = [
        (e.action, e.actor_name, json.loads(e.payload))
        for e in Event.objects.filter(action__startswith="approval.").order_by("id")
    ]
    owner = api.actor.name
    assert [(action, who) for action, who, _ in told] == [
        ("approval.asked", owner),
        ("approval.given", "jo"),
        ("approval.declined", "jo"),
        ("approval.withdrawn", "jo"),
    ]
    first, second, third, last = (payload for _, _, payload in told)
    assert (first["name"], first["after"], first["reason"]) == ("churn 2", {"stage": "production"}, "q3")
    assert second["after"] == {"stage": "production", "decision": "approved", "comment": "fine"}
    assert third["before"] == second["after"]
    assert (last["before"], last["reason"]) == (third["after"], "misread")
    assert first["approval"] == ApprovalRequest.objects.get().id.__str__()
    assert_chains_whole()


def test_answers_are_as_described(api: Api, jo: Api) -> None:
    request = asked(api)
    row = answer(jo, request, APPROVED)
    jsonschema.validate(row, closed(described("answer_approval", 200)))
    jsonschema.validate(api.get("approvals/"), closed(described("list_approvals", 200)))
    jsonschema.validate(api.get(OF_2), closed(described("list_version_approvals", 200)))
    jsonschema.validate(plan(api), closed(described("plan_promotion", 200)))
    assert plan(api)["approvals"] == [api.get(request)]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_at_once_each_thing_is_done_once_and_nothing_by_halves() -> None:
    api = Api()
    for depth, auc in ((2, 0.91), (3, 0.92)):
        train(api, depth, auc)
    promote(api, 1, "production")
    gated(api, "approvals >= 2")
    people = [person(name, "promoter") for name in ("jo", "ann", "bea")]

    def ask(actor: Actor, ident: Any) -> Any:
        return lambda: approvals.ask_approval(
            actor=actor, model="churn", version=2, stage="production", id=ident
        )

    same = new_id()
    assert at_once(*[ask(api.actor, same)] * 3, ask(people[0], new_id())) in (
        ["asked_already", "done", "done", "done"],
        ["asked_already", "asked_already", "asked_already", "done"],
    )
    request = ApprovalRequest.objects.get()

    def give(actor: Actor, decision: str = "approved") -> Any:
        return lambda: approvals.answer_approval(
            actor=actor, model="churn", version=2, request=request.id, decision=decision, comment="x"
        )

    assert at_once(*map(give, people), *map(give, people)) == ["done"] * 6
    assert ApprovalAnswer.objects.filter(valid_to=None).count() == ApprovalAnswer.objects.count() == 3
    made = plan(api)["hash"]

    def confirm() -> None:
        stages.promote(actor=api.actor, model="churn", version=2, to="production", plan=made)

    said = at_once(confirm, give(people[0], "declined"), confirm)
    assert said in (["approval_closed", "done", "stale_plan"], ["done", "stale_plan", "stale_plan"])
    request.refresh_from_db()
    promoted = Event.objects.filter(action="version.promoted", target_name="churn 2").count()
    assert (request.state, promoted) == (("promoted", 1) if "approval_closed" in said else ("waiting", 0))
    assert_chains_whole()


def at_once(*acts: Any) -> list[str]:
    """What came of each, all begun together: done, or why it was refused."""
    told: list[str] = []
    start = threading.Barrier(len(acts))

    def run(act: Any) -> None:
        try:
            start.wait()
            act()
            told.append("done")
        except Refusal as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)
