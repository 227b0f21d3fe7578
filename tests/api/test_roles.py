"""Each operation of the API by each role: done for those that the table names, refused to the others."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from registry.rules.roles import ADMIN, CONTRIBUTOR, PROMOTER, ROLES, VIEWER, includes
from registry.services import access
from tests.support.doors import BYTES, DIGEST, Api, ident

pytestmark = pytest.mark.django_db
ADMINS_READ = {"list_people", "list_webhooks", "get_webhook", "list_deliveries", "get_delivery"}
# What each writing operation needs, and a body that its shape allows; what else only reads is a viewer's.
WRITES: dict[str, list[tuple[str, Any]]] = {
    "update_artifact": [(CONTRIBUTOR, {})],
    "create_artifact_version": [(CONTRIBUTOR, {"id": ident(), "uri": "s3://b/x"})],
    "delete_artifact_version": [(CONTRIBUTOR, None)],
    "upload_artifact": [(CONTRIBUTOR, BYTES)],
    "log_artifact_metadata": [(CONTRIBUTOR, {"metadata": {"a": 1}})],
    "batch": [(VIEWER, {"operations": []})],  # each operation in it is answered by itself
    "put_content": [(CONTRIBUTOR, BYTES)],
    "replay_delivery": [(ADMIN, None)],
    "checkpoint_events": [(ADMIN, {})],
    "create_model": [(CONTRIBUTOR, {"name": "another"})],
    "update_model": [(CONTRIBUTOR, {})],
    "delete_model": [(CONTRIBUTOR, None)],
    "set_alias": [(CONTRIBUTOR, {"version": 1})],
    "delete_alias": [(CONTRIBUTOR, None)],
    "set_gates": [(ADMIN, {"gates": {"production": []}})],
    "back_test_gates": [(VIEWER, {"stage": "production", "gates": []})],
    "send_heartbeat": [(CONTRIBUTOR, {"instance": "pod-7", "version": 1})],
    "purge_model": [(ADMIN, {})],
    "restore_model": [(CONTRIBUTOR, None)],
    "undo_promotion": [(PROMOTER, {})],
    "create_model_version": [(CONTRIBUTOR, {})],
    "update_model_version": [(CONTRIBUTOR, {})],
    "delete_model_version": [(CONTRIBUTOR, None)],
    "ask_approval": [(CONTRIBUTOR, {"stage": "production"})],
    "withdraw_approval": [(CONTRIBUTOR, None)],
    "answer_approval": [(PROMOTER, {"decision": "approved"})],
    "withdraw_answer": [(PROMOTER, None)],
    "link_artifact": [(CONTRIBUTOR, {"id": ident(), "artifact": "a", "uri": "s3://b/x"})],
    "unlink_artifact": [(CONTRIBUTOR, None)],
    "log_metadata": [(CONTRIBUTOR, {"metadata": {"a": 1}})],
    "promote": [
        (CONTRIBUTOR, {"stage": "staging"}),
        (CONTRIBUTOR, {"stage": "archived"}),
        (PROMOTER, {"stage": "production"}),
        (ADMIN, {"stage": "production", "force": True, "reason": "r"}),  # past a gate that fails
    ],
    "create_person": [(ADMIN, {"name": "zoe"})],
    "set_role": [(ADMIN, {"role": "viewer"})],
    "start_run": [(CONTRIBUTOR, {"id": ident(), "pipeline": "p"})],
    "report_run": [(CONTRIBUTOR, {})],
    "update_run": [(CONTRIBUTOR, {})],
    "log_run_metadata": [(CONTRIBUTOR, {"metadata": {"a": 1}})],
    "resolve_in_run": [(CONTRIBUTOR, {"id": ident(), "model": "churn", "version": 1})],
    "create_tag": [(CONTRIBUTOR, {"name": "blue"})],
    "update_tag": [(CONTRIBUTOR, {})],
    "delete_tag": [(CONTRIBUTOR, None)],
    "create_token": [(VIEWER, {"name": "mine"})],
    "revoke_token": [(VIEWER, None)],  # one's own
    "create_webhook": [(ADMIN, {"name": "w", "url": "https://example.org/"})],
    "update_webhook": [(ADMIN, {})],
    "delete_webhook": [(ADMIN, None)],
    "test_webhook": [(ADMIN, {})],
}
QUERIES = {
    "delete_model": "?confirm=churn",
    "compare_versions": "?versions=1,2",
    "plan_promotion": "?to=staging",
}
QUERIES |= {"find_cached_step": "?cache_key=k"}


@pytest.fixture
def world() -> dict[str, str]:
    """What stands in the addresses; an id where there is no such thing: who may not isn't told so."""
    api = Api()
    api.post("models/", {"name": "churn", "tags": ["red"]})
    for _ in range(2):
        api.post("models/churn/versions/", {})
    api.call("PUT", "models/churn/gates/", {"gates": {"production": ["metrics.auc >= 0.9"]}})
    api.post("artifacts/a/versions/", {"id": ident(), "uri": "s3://b/x", "sha256": DIGEST})
    api.post("runs/", {"id": (run := ident()), "pipeline": "p"})
    approval = api.post("models/churn/versions/2/approvals/", {"stage": "production", "reason": "r"})["id"]
    token, _ = access.create_token(actor=api.actor, name="one more", role="viewer")
    hook = api.post("webhooks/", {"name": "h", "url": "https://example.org/"})["id"]
    return {
        "model": "churn", "version": "2", "artifact": "a", "number": "1", "run": run, "approval": approval,
        "person": api.actor.name, "tag": "red", "pipeline": "p", "alias": "best", "sha256": DIGEST,
        "webhook": hook, "token": str(token.pk), "delivery": ident(), "link": ident(), "step": ident(),
    }  # fmt: skip


def operations() -> Iterator[tuple[str, str, str]]:
    """The id, method and path of each operation that is registered."""
    for path, methods in Client().get("/api/v1/schema/").json()["paths"].items():
        for method, told in methods.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield told["operationId"], method.upper(), path.removeprefix("/api/v1/")


def asks() -> Iterator[tuple[str, str, str, str, Any]]:
    """Each request of the table: the operation, its method and path, the lowest role, a body."""
    for name, method, path in operations():
        if method != "GET":
            assert name in WRITES, f"say in WRITES which role {name} needs"
        for lowest, body in WRITES.get(name, [(ADMIN if name in ADMINS_READ else VIEWER, None)]):
            yield name, method, path + QUERIES.get(name, ""), lowest, body


def test_each_operation_is_done_for_its_roles_alone(world: dict[str, str]) -> None:
    people, wrong = {role: Api(role) for role in ROLES}, []
    found = list(asks())
    assert {name for name, *_ in found} >= WRITES.keys()
    for name, method, path, lowest, body in found:
        for role in ROLES:
            with transaction.atomic():
                status, answer = people[role].call(method, path.format(**world), body)
                transaction.set_rollback(True)
            code = answer["error"]["code"] if status >= 400 and isinstance(answer, dict) else ""
            right = (
                status not in (401, 403)
                if includes(role, lowest)
                else (status, code) == (403, "role_too_low")
            )
            if not right or status >= 500:
                wrong.append(f"{name} by a {role} ({body}): {status} {code}")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_done_for_who_isnt_signed_in(world: dict[str, str]) -> None:
    for name, method, path, *_ in asks():
        answer = Client().generic(method, "/api/v1/" + path.format(**world), "{}", "application/json")
        assert answer.status_code == 401, name
