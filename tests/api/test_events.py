"""Events over HTTP, and that tampering with their rows is found."""

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.utils import timezone

from registry.models import Chain, Event, Model, Verification
from registry.rules.history import ABOUT
from registry.selectors import events as read
from tests.support.doors import Api

ACTION = re.compile(
    r'"((?:alias|approval|artifact|artifact_version|directions|gates|model|pipeline|run|tag|token|user|version'
    r'|webhook)\.[a-z_]+)"'
)
pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    """A model whose chain has a few events."""
    api = Api()
    api.post("models/", {"name": "churn", "license": "MIT"})
    for _ in range(3):
        api.post("models/churn/versions/", {})
    api.post("models/churn/versions/2/stage/", {"stage": "production", "reason": "better"})
    return api


def test_an_event_tells_who_did_what_by_which_door_and_why(api: Api) -> None:
    row = api.get("events/?limit=1")["results"][0]
    assert (row["actor"], row["door"], row["action"], row["model"]) == (
        api.actor.name,
        "sdk",
        "version.promoted",
        "churn",
    )
    assert row["target"]["name"] == "churn 2"
    assert (row["before"], row["after"], row["reason"]) == (
        {"stage": None},
        {"stage": "production"},
        "better",
    )


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("model=churn", 5),
        ("model=other", 0),
        ("model=churn&action=version.created", 3),
        ("model=churn&action=in:version.promoted,model.created", 2),
        ("model=churn&door=sdk", 5),
        ("model=churn&door=cli", 0),
        ("model=churn&type=version", 4),
        ("model=churn&type=not:version", 1),
        ("model=churn&at=gte:2000-01-01", 5),
        ("at=lt:2000-01-01", 0),
        ("actor=nobody", 0),
        ("actor=modelcp&type=user", 1),
        ("what=stages", 1),
        ("what=stages&model=other", 0),
        ("model=churn&what=models", 1),
        ("model=churn&what=versions", 3),
        ("what=gates", 0),
        ("what=access&actor=modelcp", 1),
        ("reason=contains:BETT", 1),
        ("reason=better", 1),
        ("reason=bette", 0),
        ("reason=contains:100%25", 0),
        ("reason=contains:_", 0),
        ("model=churn&what=stages&reason=contains:t", 1),
        ("what=versions&reason=contains:better", 0),
    ],
)
def test_events_are_filtered(api: Api, question: str, count: int) -> None:
    assert len(api.get(f"events/?{question}")["results"]) == count


def test_words_of_a_reason_are_found_as_they_stand(api: Api) -> None:
    said = 'drift: "3 %" of Größe\\x, a_b'
    api.post("models/churn/versions/3/stage/", {"stage": "staging", "reason": said})
    for words in ("drift: ", '"3 %"', "Größe\\x", "a_b", "3 %"):
        assert len(api.get("events/?" + urlencode({"reason": f"contains:{words}"}))["results"]) == 1, words
    assert len(api.get("events/?" + urlencode({"reason": said}))["results"]) == 1
    assert api.get("events/?reason=contains:a-b")["results"] == []


def test_what_no_history_is_about_is_refused_with_what_there_is(api: Api) -> None:
    error = api.refused("GET", "events/?what=weather", None, 400, "bad_filter")
    assert "stages" in error["message"]
    assert api.refused("GET", "events/?reason=startswith:b", None, 400, "unknown_op")


def test_every_kind_of_change_is_about_something() -> None:
    services = Path(read.__file__).parents[1] / "services"
    recorded = {word for file in services.glob("*.py") for word in ACTION.findall(file.read_text())}
    told = {name for _, names in ABOUT.values() for name in names}
    assert {"version.promoted", "gates.changed"} <= recorded
    assert [action for action in recorded if not {action, action.partition(".")[0]} & told] == []


def test_a_purge_takes_the_reasons_too(api: Api) -> None:
    api.post("models/churn/purge/", {"confirm": "churn", "dry_run": True})
    assert api.get("events/?reason=better")["results"]
    api.call("DELETE", "models/churn/?confirm=churn&force=true")
    api.post("models/churn/purge/", {"confirm": "churn"})
    assert api.get("events/?reason=better")["results"] == []
    assert api.get("events/verify/")["whole"] is True


def sql(text: str, *params: object) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys=ON")
        cursor.execute(text, params)
        assert cursor.rowcount > 0


def chain() -> object:
    ident = Model.objects.get(name="churn").chain_id
    return ident.hex if connection.vendor == "sqlite" else ident


HARM = {
    "changed payload": ("UPDATE registry_event SET payload = '{}' WHERE seq = 3 AND chain_id = %s", 3),
    "changed time": (
        "UPDATE registry_event SET at = '2020-01-01 00:00:00+00:00' WHERE seq = 2 AND chain_id = %s",
        2,
    ),
    "changed actor": ("UPDATE registry_event SET actor_name = 'eve' WHERE seq = 1 AND chain_id = %s", 1),
    "changed name": ("UPDATE registry_event SET target_name = 'x' WHERE seq = 4 AND chain_id = %s", 4),
    "changed reason": ("UPDATE registry_event SET reason = 'x' WHERE seq = 5 AND chain_id = %s", 5),
    "a reason added": ("UPDATE registry_event SET reason = 'x' WHERE seq = 2 AND chain_id = %s", 2),
    "blanked": (
        "UPDATE registry_event SET payload = '', target_name = '' WHERE seq = 3 AND chain_id = %s",
        3,
    ),
    "dropped": ("DELETE FROM registry_event WHERE seq = 2 AND chain_id = %s", 2),
    "cut off": ("DELETE FROM registry_event WHERE seq = 5 AND chain_id = %s", 5),
    "emptied": ("DELETE FROM registry_event WHERE chain_id = %s", 1),
    "head turned back": ("UPDATE registry_chain SET count = 0, head = '' WHERE id = %s", 1),
    "swapped": (
        "UPDATE registry_event SET seq = seq - 5 WHERE seq IN (2, 3) AND chain_id = %s",
        2,
    ),
}


@pytest.mark.parametrize(("statement", "first_bad"), HARM.values(), ids=HARM)
def test_harm_done_by_sql_is_found_and_the_first_bad_event_named(
    api: Api, statement: str, first_bad: int
) -> None:
    assert api.get("events/verify/")["whole"] is True
    sql(statement, chain())
    if "- 5" in statement:
        sql("UPDATE registry_event SET seq = -seq WHERE seq < 0 AND chain_id = %s", chain())
    for path in ("events/verify/", "events/verify/?model=churn"):
        answer = api.get(path)
        assert answer["whole"] is False
        assert (answer["fault"]["model"], answer["fault"]["seq"]) == ("churn", first_bad)
        assert "churn" in answer["fault"]["message"]


@pytest.mark.parametrize("column", ["at", "model_id", "run_id", "actor_id", "payload", "reason"])
@pytest.mark.parametrize("value", ["'x'", "''", "'2026-13-45 99:99:99'", "7", "1.5"])
def test_what_no_column_should_hold_ends_no_reading(api: Api, column: str, value: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps nothing that isn't of its column's type")
    sql(f"UPDATE registry_event SET {column} = {value} WHERE seq = 3 AND chain_id = %s", chain())
    assert api.get("events/verify/")["fault"]["seq"] == 3
    assert api.call("GET", "events/export/")[0] == 200


@pytest.mark.parametrize("micro", [0, 1, 100_000, 999_999])
def test_a_time_is_read_as_it_was_hashed(api: Api, micro: int, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2100, 1, 31, 12, 0, 0, micro, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: at)
    api.post("models/", {"name": "later"})
    assert api.get("events/verify/?model=later")["whole"] is True
    [line, _] = api.call("GET", "events/export/?model=later")[1].splitlines()
    assert f"2100-01-31T12:00:00.{micro:06d}Z" in line.decode()


def test_an_added_event_is_found(api: Api) -> None:
    last = Event.objects.filter(chain__model__name="churn").order_by("-seq")[0]
    last.pk, last.seq, last.prev_hash = None, last.seq + 1, last.hash
    last.save(force_insert=True)
    assert api.get("events/verify/")["fault"]["seq"] == 6


def test_an_event_moved_to_another_chain_is_found(api: Api) -> None:
    other = Api().post("models/", {"name": "fraud"})["id"]
    Event.objects.filter(chain__model__name="churn", seq=5).update(chain_id=other, seq=2)
    assert api.get("events/verify/")["whole"] is False


def test_a_model_whose_chain_was_emptied_with_its_head_is_found(api: Api) -> None:
    ident = Model.objects.get(name="churn").chain_id
    Event.objects.filter(chain_id=ident).delete()
    Chain.objects.filter(id=ident).update(count=0, head="")
    assert api.get("events/verify/")["fault"]["model"] == "churn"


def test_an_unknown_model_has_no_chain(api: Api) -> None:
    api.refused("GET", "events/verify/?model=nope", None, 404, "no_such_model")


def test_a_checkpoint_holds_the_heads_and_keeps_when_all_was_whole(api: Api) -> None:
    answer = api.post("events/checkpoints/", {})
    heads = {str(head.id): (head.count, head.head) for head in Chain.objects.filter(count__gt=0)}
    assert {row["chain"]: (row["count"], row["hash"]) for row in answer["heads"]} == heads
    assert answer["events"] == sum(count for count, _ in heads.values())
    kept = Verification.objects.get()
    assert kept.event == Event.objects.order_by("-id")[0].id


def test_a_checkpoint_is_for_administrators_and_of_a_whole_history(api: Api) -> None:
    Api("promoter").refused("POST", "events/checkpoints/", {}, 403, "role_too_low")
    api.get("events/verify/")
    assert Verification.objects.exists()
    sql(HARM["dropped"][0], chain())
    error = api.refused("POST", "events/checkpoints/", {}, 409, "not_whole")
    assert "Event 2" in error["message"]
    assert not Verification.objects.exists()


def test_one_models_check_says_nothing_of_all(api: Api) -> None:
    api.get("events/verify/?model=churn")
    assert not Verification.objects.exists()
