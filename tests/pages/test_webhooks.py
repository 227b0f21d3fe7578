"""The pages of webhooks: made, seen, changed, tested, replayed, deleted; who sees them; the history."""

import re
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.models import Delivery, Event, Webhook
from registry.rules.addresses import parse_allowed
from registry.services import webhooks as write
from registry.services.actors import Actor
from registry.services.dispatcher import run_due
from tests.pages.catalog_world import HOSTILE, browser, make_model, person, promote
from tests.pages.test_plans import text
from tests.support.receiver import Receiver, answer, receiving

pytestmark = pytest.mark.django_db
ALL = "/settings/webhooks/"
FORM = {"name": "ops", "format": "standard", "events": ["version.promoted", "run.failed"]}


@pytest.fixture
def client(admin: Actor) -> Client:
    make_model(admin, tags=["eu"])
    return browser(admin)


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW = parse_allowed(["127.0.0.1"])
    with receiving() as listening:
        yield listening


def test_one_is_made_and_its_secret_is_shown_once(client: Client) -> None:
    assert "Make the first webhook" in text(client, ALL)
    typed = {
        **FORM,
        "url": "https://example.org/x",
        "models": "churn\r\n",
        "tags": "eu",
        "stages": ["production"],
    }
    made = client.post(ALL + "new/", typed)
    page = made.content.decode()
    secret = re.search(r"whsec_[\w+/=]{40,}", page)
    assert secret
    assert "no-store" in made["Cache-Control"]
    hook = Webhook.objects.get()
    here = f"{ALL}{hook.id}/"
    for again in (ALL, here, here + "edit/", "/events/"):
        assert secret[0] not in client.get(again).content.decode()
    page = text(client, here)
    assert "Active" in page
    assert "https://example.org/x" in page
    assert "Nothing was delivered yet" in page
    assert "version.promoted, run.failed models: churn tags: eu stages: production Active" in text(
        client, ALL
    )
    assert "made the webhook ops" in text(client, "/events/?what=webhooks")
    page = client.get(here + "edit/").content.decode()
    assert re.search(r'value="run.failed"[^>]* checked', page)
    assert not re.search(r'value="model.registered"[^>]* checked', page)
    client.post(here + "edit/", {**typed, "models": "", "name": "on call"})
    hook.refresh_from_db()
    assert (hook.name, hook.only_models, len(hook.only_tags)) == ("on call", [], 1)
    page = client.post(here + "secret/").content.decode()
    assert re.search(r"whsec_[\w+/=]{40,}", page)
    assert secret[0] not in page
    client.post(here + "active/", {"active": "0"})
    assert "Paused" in text(client, here)
    assert "its log of deliveries goes" in text(client, here + "delete/")
    client.post(here + "delete/")
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"url": "http://192.168.0.1/"}, "192.168.0.1 is a private address."),
        ({"url": "ftp://example.org"}, "it must begin with https:// or http://"),
        ({"name": "a/b"}, "contains '/'"),
        ({"models": "nope"}, "There is no model 'nope'"),
        ({"tags": "nope"}, "There is no tag 'nope'"),
        ({"events": []}, "Choose at least one event."),
        ({"events": ["version.eaten"]}, "version.eaten is not one of the available choices"),
    ],
)
def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(
    client: Client, typed: dict[str, str], said: str
) -> None:
    answered = client.post(ALL + "new/", {**FORM, "url": "https://example.org/", **typed})
    page = answered.content.decode()
    assert answered.status_code == 422
    assert said in page.replace("&#x27;", "'")
    assert "invalid-feedback" in page
    assert not Webhook.objects.exists()


def test_deliveries_are_seen_and_replayed(client: Client, admin: Actor, receiver: Receiver) -> None:
    receiver.behave = answer(500, b"<script>alert(1)</script>")
    hook, _ = write.create_webhook(actor=admin, name=HOSTILE[0], url=receiver.url)
    here = f"{ALL}{hook.id}/"
    promote(admin, "churn", 1)
    assert 'hx-trigger="every 2s"' in client.get(here).content.decode()
    run_due()
    page = client.get(here).content.decode()
    assert 'hx-trigger="every 2s"' not in page  # the next try is some seconds away
    assert "It answered 500 Internal Server Error." in page
    sent = Delivery.objects.get()
    page = client.get(f"/settings/deliveries/{sent.id}/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "&quot;stage&quot;: &quot;production&quot;" in page
    receiver.behave = answer(204)
    assert client.post(f"/settings/deliveries/{sent.id}/replay/", {"next": here}).headers["Location"] == here
    run_due()
    assert "Delivered" in text(client, here + "?state=delivered")
    assert "No delivery is in this state" in text(client, here + "?state=failed")
    client.post(here + "test/")
    run_due()
    assert [got.headers["webhook-id"] for got in receiver.got[:2]] == [str(sent.id)] * 2
    assert "webhook.ping" in text(client, here)
    event = Event.objects.get(action="version.promoted")
    assert (
        f'href="/settings/deliveries/{sent.id}/"' in client.get(f"/events/?open={event.id}").content.decode()
    )
    other = browser(person("leila", "promoter"))
    assert "/settings/deliveries/" not in other.get(f"/events/?open={event.id}").content.decode()


def test_a_plan_says_who_will_be_told(client: Client, admin: Actor) -> None:
    write.create_webhook(actor=admin, name="ops", url="https://example.org/")
    plan = "/models/churn/versions/1/plan/?to=production"
    page = text(client, plan)
    assert "webhook ops is told" in page
    fields = dict(re.findall(r'name="(to|plan|drawn)" value="([^"]*)"', client.get(plan).content.decode()))
    write.create_webhook(actor=admin, name="more", url="https://example.org/")
    stale = client.post(plan, {key: value.replace("&quot;", '"') for key, value in fields.items()})
    assert stale.status_code == 409
    assert "the webhooks" in stale.content.decode()
    assert "webhook <b" in stale.content.decode()


def test_others_are_refused_and_not_shown_the_way(client: Client, admin: Actor) -> None:
    hook, _ = write.create_webhook(actor=admin, name="ops", url="https://example.org/")
    other = browser(person("leila", "promoter"))
    assert ALL not in other.get("/settings/").content.decode()
    assert ALL in client.get("/settings/").content.decode()
    for path in (ALL, ALL + "new/", f"{ALL}{hook.id}/", f"{ALL}{hook.id}/edit/", f"{ALL}{hook.id}/delete/"):
        assert other.get(path).status_code == 403
    for path in ("test/", "active/", "delete/", "secret/", "edit/"):
        assert other.post(f"{ALL}{hook.id}/{path}").status_code == 403
    assert Webhook.objects.get().active is True


def test_queries_do_not_grow_with_rows(client: Client, admin: Actor) -> None:
    hook, _ = write.create_webhook(
        actor=admin, name="ops", url="https://example.org/", models=["churn"], tags=["eu"]
    )
    event = Event.objects.latest("id")

    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    paths = [ALL, f"{ALL}{hook.id}/", f"/events/?open={event.id}"]
    write.test_webhook(actor=admin, webhook=hook.id)
    asked(ALL)  # the first request of all asks more
    few = [asked(path) for path in paths]
    for number in range(20):
        write.create_webhook(actor=admin, name=f"h{number}", url="https://example.org/", models=["churn"])
        write.test_webhook(actor=admin, webhook=hook.id)
    assert [asked(path) for path in paths[:2]] == few[:2]
    assert max(few) <= 12, few
