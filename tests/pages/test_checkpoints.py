"""A kept checkpoint is held against the history on a page."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from modelcp.checkpoints import make_key, sign
from registry.models import Chain, Event, Verification
from registry.rules import chain as rules
from registry.services import tags, verification
from registry.services.actors import Actor
from registry.services.unit import header
from tests.pages.catalog_world import browser, make_model, person, promote
from tests.pages.facts_world import text

pytestmark = pytest.mark.django_db
AT = "/events/checkpoint/"


@pytest.fixture
def kept(admin: Actor, tmp_path: Path) -> str:
    """A checkpoint of a little history, which has grown since."""
    for tag in ("a", "b"):
        tags.create_tag(actor=admin, name=tag)
    make_model(admin, many=2)
    promote(admin, "churn", 1)
    make_key(tmp_path / "key")
    told = sign(verification.checkpoint(actor=admin), tmp_path / "key")
    promote(admin, "churn", 2)
    return told


def answer(client: Client, kept: str | bytes, status: int = 200) -> str:
    content = kept if isinstance(kept, bytes) else kept.encode()
    found = client.post(AT, {"file": SimpleUploadedFile("2026-01-31.json", content)})
    page = found.content.decode()
    assert found.status_code == status, page
    return page


def rewrite(chain: Chain) -> None:
    """Another author for all, and hashes and the head that fit."""
    previous = ""
    for event in chain.events.order_by("seq"):
        event.actor_name, event.prev_hash = "eve", previous
        event.hash = previous = rules.event_hash(header(event))
        event.save()
    Chain.objects.filter(id=chain.id).update(head=previous)


def test_a_history_that_only_grew_agrees(kept: str) -> None:
    ada = browser(person("vera", "viewer"))
    assert f'href="{AT}"' in text(ada, "/events/")
    assert 'type="file"' in text(ada, AT)
    page = answer(ada, kept)
    told = json.loads(kept)
    assert f"agrees to event {told['checkpoint']['events']}." in page
    assert told["public_key"] in page
    assert told["checkpoint"]["at"] in page


def test_a_rewritten_history_is_found_though_it_is_whole(client: Client, kept: str) -> None:
    chain = Chain.objects.get(model__name="churn")
    count = {row["chain"]: row["count"] for row in json.loads(kept)["checkpoint"]["heads"]}[str(chain.id)]
    rewrite(chain)
    assert verification.verify()["whole"]
    page = answer(client, kept)
    assert "isn't what the checkpoint holds" in page
    assert f"Event {count} of the chain of the model" in page
    assert Verification.objects.exists(), "what was found whole by itself still is"


def test_a_chain_that_isnt_there_any_more_is_found(client: Client, kept: str) -> None:
    told = json.loads(kept)["checkpoint"]["heads"]
    system = Chain.objects.get(id=rules.SYSTEM_CHAIN)
    last = system.events.order_by("-seq")[0]
    Event.objects.filter(id=last.id).delete()
    before = system.events.order_by("-seq")[0]
    Chain.objects.filter(id=system.id).update(count=before.seq, head=before.hash)
    assert verification.verify()["whole"]
    assert next(row for row in told if row["chain"] == str(system.id))["count"] == last.seq
    assert f"Event {last.seq} of the system" in answer(client, kept)


def test_what_is_no_checkpoint_is_said(client: Client, kept: str) -> None:
    for wrong, said in (
        (kept.replace('"events": ', '"events": 1'), "signature is wrong"),
        ("{}", "no checkpoint"),
        ("[1]", "no checkpoint"),
        (b"\xff\xfe", "no checkpoint"),
        ("", "no checkpoint"),
        ("[" * 100_000, "no checkpoint"),
        (kept.replace('"public_key": "', '"public_key": "xy'), "signature is wrong"),
    ):
        page = answer(client, wrong, 422)
        assert said in page, wrong[:40]
        assert "agrees" not in page
    assert client.post(AT, {}).status_code == 422
    assert answer(client, kept)
