"""`modelcp events key|checkpoint|verify --checkpoint`, against a registry that was rewritten as a whole."""

import json
import sqlite3
from pathlib import Path

import pytest

from registry.rules import chain as rules
from tests.support.programs import Place

MADE = """
from modelcp import Client
c = Client()
c.create_model("churn")
for _ in range(3):
    c.create_model_version("churn")
c.promote("churn", 1, "production", reason="first")
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A home with a little history."""
    place = Place(tmp_path_factory.mktemp("home"))
    place.python(MADE)
    return place


def modelcp(place: Place, *arguments: object) -> tuple[int, str, str]:
    done = place.run("-m", "modelcp", "events", *map(str, arguments))
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def rewrite(home: Path) -> None:
    """Another reason for the promotion, and all hashes after it made to fit."""
    names = [*rules.HEADER[1:], "hash", "payload", "target_name"]
    with sqlite3.connect(next(home.glob("*.sqlite3"))) as db:
        chain = db.execute("SELECT chain_id FROM registry_model").fetchone()[0]
        previous = ""
        asked = f"SELECT id, {', '.join(names)} FROM registry_event WHERE chain_id = ? ORDER BY seq"
        for row in db.execute(asked, [chain]).fetchall():
            event = dict(zip(["id", *names], row, strict=True))
            event["payload"] = event["payload"].replace("first", "forced by eve")
            event |= {"payload_digest": rules.digest(event["payload"]), "prev_hash": previous}
            header = event | {"chain": as_uuid(chain), "at": event["at"].replace(" ", "T") + "Z"}
            header |= {key: as_uuid(event[key]) for key in ("model_id", "run_id")}
            event["hash"] = previous = rules.event_hash(header)
            told = [event[key] for key in ("payload", "payload_digest", "prev_hash", "hash", "id")]
            db.execute(
                "UPDATE registry_event SET payload=?, payload_digest=?, prev_hash=?, hash=?, "
                "reason = REPLACE(reason, 'first', 'forced by eve') WHERE id=?",
                told,
            )
        db.execute("UPDATE registry_chain SET head = ? WHERE id = ?", [previous, chain])


def as_uuid(value: str | None) -> str | None:
    return value and f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def test_a_history_rewritten_as_a_whole_is_found_by_a_checkpoint_alone(place: Place, tmp_path: Path) -> None:
    key, held, export = tmp_path / "key", tmp_path / "held.json", tmp_path / "events.jsonl"
    assert modelcp(place, "key", key)[0] == 0
    assert modelcp(place, "checkpoint", "--key", key, "-o", held)[0] == 0
    against = ("--checkpoint", held, "--key", f"{key}.pub")
    place.python('from modelcp import Client; Client().create_model_version("churn")')
    assert modelcp(place, "export", export)[0] == 0
    for asked in (("verify", *against), ("verify", export, *against), ("verify",), ("verify", export)):
        code, said, _ = modelcp(place, *asked)
        assert (code, said.startswith("Whole: ")) == (0, True)
    rewrite(place.home)
    assert modelcp(place, "export", export)[0] == 0
    assert modelcp(place, "verify")[0] == modelcp(place, "verify", export)[0] == 0
    for asked in (("verify", *against), ("verify", export, *against, "--output", "json")):
        code, said, error = modelcp(place, *asked)
        assert code == 1
        assert "Not whole: Event 5 of chain" in error
        assert "checkpoint" in error
    assert json.loads(said)["fault"]["seq"] == 5


def test_what_doesnt_fit_together_is_said_in_a_sentence(place: Place, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("{}")
    for asked, code, word in (
        (("checkpoint", "--key", other), 1, "no private Ed25519 key"),
        (("verify", "--checkpoint", other), 1, "no checkpoint"),
        (("verify", "--key", other), 2, "belongs to --checkpoint"),
        (("verify", "--model", "churn", "--checkpoint", other), 2, "--model belongs"),
        (("key", other), 1, "exists"),
    ):
        found, _, error = modelcp(place, *asked)
        assert (found, word in error) == (code, True), error
