"""Webhooks over HTTP: made, changed, tested, replayed; administrators only; what a plan says of them."""

import random
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from django.conf import LazySettings

from registry.models import Delivery, Event
from registry.rules.addresses import parse_allowed
from registry.services.dispatcher import run_due
from tests.support.doors import Api, ident, output, started, step
from tests.support.receiver import Receiver, answer, receiving

pytestmark = pytest.mark.django_db
URL = "https://example.org/hooks"


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW = parse_allowed(["127.0.0.1"])
    with receiving() as listening:
        yield listening


def test_one_is_made_changed_rotated_and_deleted(api: Api) -> None:
    api.post("models/", {"name": "churn", "tags": ["eu"]})
    wanted = {"events": ["run.failed", "version.promoted"], "models": ["churn"], "tags": ["eu"]}
    made = api.post("webhooks/", {"name": "ops", "url": "https://EXAMPLE.org/hooks", **wanted})
    assert made["secret"].startswith("whsec_")
    assert (made["url"], made["events"]) == (URL, ["version.promoted", "run.failed"])
    assert (made["models"], made["tags"], made["stages"], made["format"]) == (
        ["churn"],
        ["eu"],
        [],
        "standard",
    )
    address = f"webhooks/{made['id']}/"
    assert api.get(address) == {key: value for key, value in made.items() if key != "secret"}
    assert [row["name"] for row in api.get("webhooks/?active=true")["results"]] == ["ops"]
    status, changed = api.call("PATCH", address, {"name": "on call", "models": [], "stages": ["production"]})
    assert (status, changed["name"], changed["models"], changed["stages"]) == (
        200,
        "on call",
        [],
        ["production"],
    )
    assert changed["tags"] == ["eu"]
    status, paused = api.call("PATCH", address, {"active": False})
    assert (status, paused["active"], "secret" in paused) == (200, False, False)
    api.refused("POST", address + "test/", {}, 422, "webhook_paused")
    status, rotated = api.call("PATCH", address, {"rotate": True, "active": True})
    assert rotated["secret"] not in ("", made["secret"])
    assert rotated["old_secret_until"]
    assert api.call("DELETE", address)[0] == 204
    api.refused("GET", address, None, 404, "no_such_webhook")
    told = Event.objects.filter(target_type="webhook").order_by("id").values_list("action", flat=True)
    assert [action.removeprefix("webhook.") for action in told] == [
        *("created", "changed", "paused", "resumed", "secret_changed", "deleted")
    ]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"url": "ftp://example.org/"}, 400, "url"),
        ({"url": "http://10.0.0.1/"}, 400, "url"),
        ({"url": "http://[::ffff:169.254.169.254]/"}, 400, "url"),
        ({"url": "http://a:b@example.org/"}, 400, "url"),
        ({"name": "a/b"}, 422, "name"),
        ({"name": "taken"}, 409, "name"),
        ({"events": []}, 400, "events"),
        ({"events": ["version.eaten"]}, 400, "events"),
        ({"stages": ["latest"]}, 400, "stages"),
        ({"format": "xml"}, 400, "format"),
        ({"models": ["nope"]}, 404, None),
        ({"tags": ["nope"]}, 404, None),
        ({"secret": "whsec_mine"}, 400, "secret"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(api: Api, body: Any, status: int, field: str | None) -> None:
    api.post("webhooks/", {"name": "taken", "url": URL})
    made = api.post("webhooks/", {"name": "mine", "url": URL})
    for method, path, rest in (
        ("POST", "webhooks/", {"name": "new", "url": URL}),
        ("PATCH", f"webhooks/{made['id']}/", {}),
    ):
        error = api.refused(method, path, {**rest, **body}, status)
        assert field is None or field in error["fields"]
    assert len(api.get("webhooks/")["results"]) == 2
    assert api.get(f"webhooks/{made['id']}/")["name"] == "mine"


def test_others_neither_see_nor_change_them(api: Api) -> None:
    made = api.post("webhooks/", {"name": "ops", "url": URL})
    delivery = api.post(f"webhooks/{made['id']}/test/", {})
    other = Api("promoter")
    one, two = f"webhooks/{made['id']}/", f"deliveries/{delivery['id']}/"
    for method, path, body in (
        *(("GET", "webhooks/", None), ("POST", "webhooks/", {"name": "x", "url": URL}), ("GET", one, None)),
        *(("PATCH", one, {"active": False}), ("DELETE", one, None), ("POST", one + "test/", {})),
        *(("GET", one + "deliveries/", None), ("GET", two, None), ("POST", two + "replay/", {})),
        ("GET", f"webhooks/{ident()}/", None),
    ):
        other.refused(method, path, body, 403, "role_too_low")
    batch = {"id": ident(), "method": "POST", "path": "/api/v1/webhooks/", "body": {"name": "y", "url": URL}}
    found = api.post("batch/", {"operations": [batch]})["results"][0]
    assert found["status"] >= 400  # its answer would be kept, and the secret with it


def test_a_test_is_sent_logged_and_replayed(api: Api, receiver: Receiver) -> None:
    receiver.behave = answer(500, b"<b>no</b>")
    made = api.post("webhooks/", {"name": "ops", "url": receiver.url})
    queued = api.post(f"webhooks/{made['id']}/test/", {})
    assert (queued["state"], queued["type"], queued["log"]) == ("waiting", "webhook.ping", [])
    assert run_due() == 1
    (row,) = api.get(f"webhooks/{made['id']}/deliveries/?state=waiting&type=webhook.ping")["results"]
    assert (row["webhook"], row["attempts"], row["status"], row["event"]) == ("ops", 1, 500, None)
    assert row["next_at"]
    receiver.behave = answer(200)
    again = api.post(f"deliveries/{queued['id']}/replay/", {})  # it needn't wait any longer
    assert again["state"] == "waiting"
    assert run_due() == 1
    assert run_due() == 0
    found = api.get(f"deliveries/{queued['id']}/")
    assert (found["state"], [line["status"] for line in found["log"]]) == ("delivered", [500, 200])
    assert found["log"][0]["answer"] == "<b>no</b>"
    assert [got.body for got in receiver.got] == [found["body"]] * 2
    assert api.get("webhooks/")["results"][0]["last_state"] == "delivered"
    api.refused("POST", f"deliveries/{ident()}/replay/", {}, 404, "no_such_delivery")


def test_a_plan_names_those_that_fire_and_its_hash_covers_them(api: Api) -> None:
    api.post("models/", {"name": "churn"})
    api.post("models/churn/versions/", {})
    api.post("webhooks/", {"name": "all", "url": URL})
    api.post("webhooks/", {"name": "staging", "url": URL, "stages": ["staging"]})
    api.post("webhooks/", {"name": "runs", "url": URL, "events": ["run.failed"]})
    where = "models/churn/versions/1/stage/"
    plan = api.get(where + "?to=production")
    assert plan["webhooks"] == ["all"]
    assert api.get(where + "?to=staging")["webhooks"] == ["all", "staging"]
    more = api.post("webhooks/", {"name": "more", "url": URL})
    confirm = {"stage": "production", "plan": plan["hash"], "reason": ""}
    fresh = api.refused("POST", where, confirm, 409, "stale_plan")["plan"]
    assert fresh["webhooks"] == ["all", "more"]
    api.call("PATCH", f"webhooks/{more['id']}/", {"active": False})
    assert api.post(where, confirm)["changed"] is True
    told = {row["name"]: row["last_at"] for row in api.get("webhooks/")["results"]}
    assert {name for name, at in told.items() if at} == {"all"}
    assert api.get(where + "?to=production")["webhooks"] == []


def test_each_plan_names_those_that_its_confirmation_queues(api: Api) -> None:
    api.post("models/", {"name": "churn"})
    for _ in range(3):
        api.post("models/churn/versions/", {})
    api.call("PATCH", "models/churn/versions/2/", {"add_tags": ["q3"]})
    for stages in combinations(("staging", "production", "archived"), 2):
        for more in ({}, {"tags": ["q3"]}, {"events": ["version.registered"]}):
            name = " ".join([*stages, *more])
            api.post("webhooks/", {"name": name, "url": URL, "stages": stages, **more})
    chance, seen = random.Random(7), set()
    for _ in range(30):
        to = chance.choice(["staging", "production", "archived"])
        where = f"models/churn/versions/{chance.randint(1, 3)}/stage/"
        plan = api.get(f"{where}?to={to}")
        last = Delivery.objects.order_by("-created_at", "-id").values_list("id", flat=True).first()
        api.post(where, {"stage": to, "plan": plan["hash"]})
        new = Delivery.objects.filter(id__gt=last) if last else Delivery.objects.all()
        assert sorted(new.values_list("webhook__name", flat=True)) == plan["webhooks"]
        seen.add(tuple(plan["webhooks"]))
    assert len(seen) >= 5
    first = api.get("events/?model=churn&action=version.promoted&sort=at&limit=1")["results"][0]["id"]
    plan = api.get(f"models/churn/stages/undo/?event={first}")
    last = Delivery.objects.order_by("-created_at", "-id").values_list("id", flat=True).first()
    api.post("models/churn/stages/undo/", {"event": first, "plan": plan["hash"]})
    new = Delivery.objects.filter(id__gt=last)
    assert sorted(set(new.values_list("webhook__name", flat=True))) == plan["webhooks"] != []


def test_a_failed_run_is_told_with_its_models(api: Api, receiver: Receiver) -> None:
    api.post("models/", {"name": "churn"})
    made = api.post(
        "webhooks/", {"name": "ops", "url": receiver.url, "events": ["run.failed"], "models": ["churn"]}
    )
    for status in ("completed", "failed"):
        version = {"id": ident(), "version_id": ident(), "model": "churn"}
        run = started(version)
        api.post("runs/", run)
        fit = step(outputs=[output({"id": ident(), "artifact": "m", "uri": "s3://b/m"})], status=status)
        api.post(f"runs/{run['id']}/", {"status": status, "error": "it burst", "steps": [fit]})
    run_due()
    (row,) = api.get(f"webhooks/{made['id']}/deliveries/")["results"]
    assert row["type"] == "run.failed"
    assert api.get("events/?action=run.ended")["results"][0]["id"] == row["event"]
    (got,) = receiver.got
    assert '"pipeline":"train","models":["churn"],"error":"it burst"' in got.body
