"""What the board says of gates and of what serves."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import Event, Heartbeat, ModelVersion
from registry.services import gates, heartbeats
from registry.services.actors import Actor
from tests.pages.board_world import ASK, BOARD, mark, said
from tests.pages.catalog_world import log, made_by_run, make_model, promote
from tests.pages.facts_world import text

pytestmark = pytest.mark.django_db


GATED = ["metrics.auc >= 0.9015", "artifact(model)", "card(license)", "run succeeded", "age < 30d"]


def lit(page: str) -> dict[str, list[str]]:
    """What the lights say, by the number of the card, with the count at the end."""
    found = {}
    for card in re.findall(r'<li class="vcard".*?</li>', page, re.DOTALL):
        number = re.search(r'data-number="(\d+)"', card)
        count = re.search(r"(\d+ of \d+)<span", card)
        lights = card.partition('class="lights"')[2].partition('class="tn')[0]
        if number and count:
            found[number[1]] = [*map(html.unescape, re.findall(r"<title>(.*?)</title>", lights)), count[1]]
    return found


@pytest.mark.parametrize("path", [BOARD, "/board/"])
def test_lights_tell_how_the_gates_of_the_next_stage_come_out(
    client: Client, admin: Actor, path: str
) -> None:
    make_model(admin, many=4)
    promote(admin, "churn", 1)
    promote(admin, "churn", 2, "staging")
    make_model(admin, "ungated", many=2)
    assert lit(text(client, path)) == {}
    made_by_run(admin, "churn", 2)
    gates.set_gates(actor=admin, model="churn", gates={"production": GATED, "staging": ["staging >= 1h"]})
    words = ["auc ≥ 0.9015: passes", "a model artifact is linked: fails", "the card has license: fails"]
    told = {
        "2": [*words, "run succeeded: passes", "younger than 30 d: passes", "3 of 5"],
        "3": ["in staging for at least 1 h: waits", "0 of 1"],
        "4": ["in staging for at least 1 h: waits", "0 of 1"],
    }
    assert lit(text(client, path)) == told
    with CaptureQueriesContext(connection) as few:
        page = text(client, path)
    text(client, f"{path}?seen={mark(page)}", 204, **ASK)
    log(admin, "churn", 2, {"metrics": {"auc": 0.5}})
    page = text(client, f"{path}?seen={mark(page)}", **ASK)
    assert lit(page)["2"][0] == "auc ≥ 0.9015: fails"
    for number in range(3):
        make_model(admin, f"m{number}", many=3)
        gates.set_gates(actor=admin, model=f"m{number}", gates={"staging": GATED})
    with CaptureQueriesContext(connection) as many:
        text(client, path)
    assert len(many) == len(few) <= 12


def test_a_board_is_drawn_again_when_a_gate_turns_by_time(client: Client, admin: Actor) -> None:
    make_model(admin, many=1)
    gates.set_gates(actor=admin, model="churn", gates={"staging": ["age < 30d"]})
    seen = mark(text(client, BOARD))
    text(client, f"{BOARD}?seen={seen}", 204, **ASK)
    then = timezone.now() - timedelta(days=30)
    ModelVersion.objects.update(created_at=then)
    assert lit(text(client, f"{BOARD}?seen={seen.partition('_')[0]}_{int(then.timestamp())}", **ASK)) == {
        "1": ["younger than 30 d: fails", "0 of 1"]
    }


def beats(admin: Actor, model: str, version: int, count: int, first: int = 0) -> None:
    """So many instances say that they serve a version where production is declared."""
    for number in range(first, first + count):
        heartbeats.send_heartbeat(actor=admin, model=model, instance=f"pod-{number}", version=version)


@pytest.mark.parametrize("path", [BOARD, "/board/"])
def test_the_board_says_what_serves(client: Client, admin: Actor, path: str) -> None:
    make_model(admin, many=3)
    promote(admin, "churn", 2)
    page = text(client, path)
    assert "running" not in said(page)
    beats(admin, "churn", 2, 3)
    again = text(client, f"{path}?seen={mark(page)}", **ASK)
    assert "running 2 on 3 of 3" in said(again)
    assert "last seen" not in said(again)
    Heartbeat.objects.update(seen_at=F("seen_at") + timedelta(seconds=1))
    text(client, f"{path}?seen={mark(again)}", 204, **ASK)
    beats(admin, "churn", 1, 2, first=3)
    behind = text(client, f"{path}?seen={mark(again)}", **ASK)
    assert "declared 2; running 1 on 2 of 5, last seen now" in said(behind)
    Heartbeat.objects.filter(version__number=1).update(seen_at=timezone.now() - timedelta(minutes=4))
    later = text(client, f"{path}?seen={mark(behind)}", **ASK)
    assert "running 1 on 2 of 5, last seen 4 min ago" in said(later)
    text(client, f"{path}?seen={mark(later)}", 204, **ASK)
    Heartbeat.objects.filter(version__number=1).update(seen_at=timezone.now() - timedelta(minutes=11))
    assert "running 2 on 3 of 3" in said(text(client, f"{path}?seen={mark(later)}", **ASK))
    promote(admin, "churn", 3)
    assert "declared 3; running 2 on 3 of 3" in said(text(client, path))


def test_a_models_and_a_versions_page_say_what_serves(client: Client, admin: Actor) -> None:
    make_model(admin, many=2)
    promote(admin, "churn", 2)
    version = "/models/churn/versions/1/"
    assert "Running on" not in text(client, version)
    beats(admin, "churn", 1, 8)
    heartbeats.send_heartbeat(
        actor=admin, model="churn", instance="<b>", version=2, stage="staging", environment="eu & us"
    )
    page = said(text(client, "/models/churn/"))
    assert "declared 2; running 1 on 8 of 8" in page
    assert "declared none; running 2 on 1 of 1" in page
    shown = said(text(client, version))
    assert "Running on 8 instances" in shown
    assert "not in production any more" in shown
    assert "modelcp model heartbeat list" in shown
    assert "<b> in eu & us" in said(text(client, "/models/churn/versions/2/"))
    assert "&lt;b&gt;" in text(client, "/models/churn/versions/2/")


def test_what_serves_now_is_not_said_of_the_past(client: Client, admin: Actor) -> None:
    make_model(admin, many=1)
    promote(admin, "churn", 1)
    beats(admin, "churn", 1, 2)
    then = f"?as_of=event:{Event.objects.latest('id').id}"
    for path in (BOARD, "/board/", "/models/churn/", "/models/churn/versions/1/"):
        now, past = said(text(client, path)).lower(), said(text(client, path + then)).lower()
        assert "running" in now, path
        assert "running" not in past, path
