"""Deliveries to a real receiver that fails, hangs, redirects, lies and comes back: exactly as logged."""

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult
from standardwebhooks import Webhook as Verifier

from registry.models import Delivery, Event
from registry.services import approvals, catalog, deliveries, purge, queues, stages, tags, versions
from registry.services import webhooks as write
from registry.services.actors import Actor
from registry.services.dispatcher import run_due
from registry.services.sending import send
from tests.services.hook_world import Clock, hook, log, promote
from tests.support.receiver import Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_this_address")]


def test_a_promotion_is_told_once_and_signed(mira: Actor, receiver: Receiver, churn: str) -> None:
    _, secret = write.create_webhook(
        actor=mira, name="ops", url=receiver.url + "/a?b=c", stages=["production"]
    )
    promote(mira)
    assert receiver.got == []  # nothing is sent while a promotion is made
    assert run_due(Clock()) == 1
    (got,) = receiver.got
    said = Verifier(secret).verify(got.body, got.headers)
    event = Event.objects.get(action="version.promoted")
    assert (said["type"], said["data"]["event"]["hash"]) == ("version.promoted", event.hash)
    assert {key: said["data"][key] for key in ("model", "version", "stage", "before", "actor", "reason")} == {
        "model": "churn",
        "version": 1,
        "stage": "production",
        "before": None,
        "actor": "mira",
        "reason": "better on q3",
    }
    delivery = Delivery.objects.get()
    assert got.path == "/a?b=c"
    assert got.headers["webhook-id"] == str(delivery.id)
    assert (delivery.body, delivery.state, delivery.next_at) == (got.body, "delivered", None)
    assert log() == [(204, "")]
    assert run_due(Clock()) == 0
    assert DBTaskResult.objects.count() == 0


def test_nothing_is_told_of_what_rolled_back(mira: Actor, receiver: Receiver, churn: str) -> None:
    hook(mira, receiver)
    with transaction.atomic():
        promote(mira)
        assert (Delivery.objects.count(), DBTaskResult.objects.count()) == (1, 1)
        transaction.set_rollback(True)
    assert (Delivery.objects.count(), DBTaskResult.objects.count()) == (0, 0)


def test_a_killed_server_loses_nothing(mira: Actor, receiver: Receiver, churn: str) -> None:
    """Killed after it had claimed, or sent: the same webhook-id goes out again, and the log knows of both."""
    hook(mira, receiver)
    promote(mira)
    clock = Clock()
    assert queues.claim(clock.now) is not None
    assert queues.claim(clock.now) is None  # nobody else gets it
    clock.on(seconds=61)
    task = deliveries.deliver
    delivery = Delivery.objects.get()
    parcel = deliveries._begin(delivery.id, 1, clock())
    assert parcel is not None
    send(parcel.url, parcel.body, parcel.headers(clock()), allowed=deliveries.settings.WEBHOOK_ALLOW)
    assert run_due(clock) == 1
    assert [got.headers["webhook-id"] for got in receiver.got] == [str(delivery.id)] * 2
    assert log() == [(None, deliveries.LOST), (204, "")]
    task.call(str(delivery.id), 1, clock=clock)  # killed before the task was removed: it isn't done twice
    assert len(receiver.got) == 2


def test_filters(mira: Actor, receiver: Receiver, churn: str) -> None:
    catalog.create_model(actor=mira, name="fraud", tags=["eu"])
    tags.create_tag(actor=mira, name="q3")
    before = {"registered": {"events": ["version.registered", "model.registered"]}}
    wanted: dict[str, dict[str, Any]] = {
        **before,
        "all": {},
        "churn": {"models": ["churn"]},
        "eu": {"tags": ["eu", "q3"]},
        "production": {"stages": ["production"], "events": ["version.promoted", "run.failed"]},
        "both": {"models": ["fraud"], "tags": ["q3"]},
    }
    for name, filters in wanted.items():
        hook(mira, receiver, name, **filters)

    def told(topic: str) -> set[str]:
        rows = Delivery.objects.filter(topic=topic)
        found = set(rows.values_list("webhook__name", flat=True))
        rows.delete()
        return found

    catalog.create_model(actor=mira, name="third")
    assert told("model.registered") == {"registered", "all"}
    versions.create_version(actor=mira, model="fraud", tags=["q3"])
    assert told("version.registered") == {"registered", "all", "eu", "both"}
    promote(mira, "staging")
    assert told("version.promoted") == {"all", "churn"}
    promote(mira)
    assert told("version.promoted") == {"all", "churn", "production"}
    promote(mira, "archived")
    assert told("version.promoted") == {"all", "churn", "production"}  # it leaves production
    stages.undo(actor=mira, model="churn")
    assert told("version.promoted") == {"all", "churn", "production"}


def test_who_asks_for_approval_is_told(mira: Actor, receiver: Receiver, churn: str) -> None:
    wanted = {"events": ["approval.asked"], "models": [churn]}
    hook(mira, receiver, "production", stages=["production"], **wanted)
    hook(mira, receiver, "staging", stages=["staging"], **wanted)
    hook(mira, receiver, "slack", format="slack", **wanted)
    approvals.ask_approval(actor=mira, model=churn, version=1, stage="production", reason="q3 is due")
    assert run_due(Clock()) == 2
    said = {row.webhook.name: json.loads(row.body) for row in Delivery.objects.select_related("webhook")}
    assert set(said) == {"production", "slack"}
    data = said["production"]["data"]
    assert said["production"]["type"] == "approval.asked"
    assert [data[key] for key in ("model", "version", "stage", "actor", "reason")] == [
        *("churn", 1, "production", "mira", "q3 is due")
    ]
    assert said["slack"]["text"] == "*churn 1* waits for approval to enter production, by mira: q3 is due"


def test_names_may_change_and_what_goes_widens_nothing(mira: Actor, receiver: Receiver, churn: str) -> None:
    hook(mira, receiver, models=["churn"])
    catalog.update_model(actor=mira, model="churn", name="leavers")
    versions.create_version(actor=mira, model="leavers")
    assert Delivery.objects.count() == 1
    catalog.delete_model(actor=mira, model="leavers", confirm="leavers")
    purge.purge_model(actor=mira, model="leavers", confirm="leavers")
    assert Delivery.objects.count() == 0  # what they said of it is gone with it
    catalog.create_model(actor=mira, name="other", tags=["q3"])
    assert Delivery.objects.count() == 0
    hook(mira, receiver, "tagged", tags=["q3"], events=["version.registered"])
    tags.create_tag(actor=mira, name="quarter 3")
    tags.update_tag(actor=mira, tag="q3", name="quarter 3", merge=True)
    versions.create_version(actor=mira, model="other")
    assert Delivery.objects.count() == 1
    tags.delete_tag(actor=mira, tag="quarter 3")
    versions.create_version(actor=mira, model="other")
    assert Delivery.objects.count() == 1


def test_deleting_one_drops_what_waits(mira: Actor, receiver: Receiver, churn: str) -> None:
    made, other = hook(mira, receiver), hook(mira, receiver, "other")
    promote(mira)
    write.delete_webhook(actor=mira, webhook=made.id)
    assert run_due(Clock()) == 1
    assert list(Delivery.objects.values_list("webhook_id", flat=True)) == [other.id]
    task = queues.claim(Clock().now)
    assert task is None


def test_a_new_secret_signs_beside_the_old_one_for_a_day(mira: Actor, receiver: Receiver, churn: str) -> None:
    made, old = write.create_webhook(actor=mira, name="ops", url=receiver.url)
    _, new = write.update_webhook(actor=mira, webhook=made.id, rotate=True)
    assert new is not None
    promote(mira)
    run_due(Clock())
    (got,) = receiver.got
    for secret in (old, new):
        Verifier(secret).verify(got.body, got.headers)
    clock = Clock()
    clock.on(hours=25)
    promote(mira, "staging")
    run_due(clock)
    assert len(receiver.got[1].headers["webhook-signature"].split()) == 1


def test_no_secret_and_no_path_is_in_the_history(mira: Actor, receiver: Receiver) -> None:
    made, secret = write.create_webhook(
        actor=mira, name="slack", url="https://hooks.slack.com/services/T0/B0/key"
    )
    write.update_webhook(
        actor=mira, webhook=made.id, url="https://hooks.slack.com/services/T0/B0/other", rotate=True
    )
    write.delete_webhook(actor=mira, webhook=made.id)
    told = " ".join(Event.objects.values_list("payload", flat=True))
    assert "https://hooks.slack.com" in told
    assert secret not in told
    assert "services" not in told
    assert Event.objects.filter(target_type="webhook").count() == 4


def test_the_history_says_what_a_filter_was(mira: Actor, receiver: Receiver, churn: str) -> None:
    made = hook(mira, receiver, models=["churn"])
    write.update_webhook(actor=mira, webhook=made.id, models=[], stages=["production"])
    write.update_webhook(actor=mira, webhook=made.id, stages=["production"])  # nothing changes: no event
    said = json.loads(Event.objects.get(action="webhook.changed").payload)
    assert said["before"] == {"models": ["churn"], "stages": []}
    assert said["after"] == {"models": [], "stages": ["production"]}


def test_a_slack_body_is_one_line_that_calls_nobody(mira: Actor, receiver: Receiver, churn: str) -> None:
    hook(mira, receiver, format="slack")
    stages.promote(actor=mira, model="churn", version=1, to="production", reason="<!channel> & *bold*")
    run_due(Clock())
    assert json.loads(receiver.got[0].body) == {
        "text": "*churn 1* is in production, by mira: &lt;!channel&gt; &amp; ∗bold∗"
    }


def test_old_deliveries_are_forgotten(mira: Actor, receiver: Receiver, churn: str) -> None:
    hook(mira, receiver)
    promote(mira)
    clock = Clock()
    run_due(clock)
    clock.on(days=31)
    run_due(clock)
    assert Delivery.objects.count() == 0


def test_what_concerns_nobody_costs_one_small_query(mira: Actor, churn: str) -> None:
    def asked(act: Any) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            act()
        return sum("registry_webhook" in query["sql"] for query in queries)

    assert asked(lambda: promote(mira)) == 1
    assert asked(lambda: catalog.update_model(actor=mira, model="churn", card={"license": "MIT"})) == 0
