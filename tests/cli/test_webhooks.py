"""Webhooks on the command line, and a real `modelcp up` that delivers."""

import json
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Verifier

from tests.support.programs import Place, served
from tests.support.receiver import answer, receiving
from tests.support.writers import Caller

HOOK = ("webhook",)


def test_what_embedded_runs_queue_a_server_delivers_once(
    tmp_path: Path, program_database: dict[str, str]
) -> None:
    with receiving() as receiver:
        place = Place(tmp_path, MODELCP_WEBHOOK_ALLOW="127.0.0.0/30", **program_database)
        secret = place.cli(*HOOK, "create", "ops", receiver.url, "--event", "version.promoted").strip()
        place.cli("model", "register", "churn")
        place.python("from modelcp import Client; Client().create_model_version('churn')")
        place.cli("model", "version", "update", "churn", "1", "--stage", "production")
        waiting = place.json(*HOOK, "deliveries", "ops")
        assert [row["state"] for row in waiting] == ["waiting"]
        assert receiver.got == []
        with served(tmp_path, MODELCP_WEBHOOK_ALLOW="127.0.0.0/30", **program_database) as server:
            receiver.wait(1)
            answered = receiver.behave
            receiver.behave = lambda handler: receiver.released.wait(60) and answered(handler)
            asked = Caller(server.port, server.token())
            for stage in ("staging", "archived"):  # answered while the receiver is busy
                path = "models/churn/versions/1/stage/"
                assert asked.call("POST", path, {"stage": stage})[0] == 200
                receiver.wait(2)
                assert not receiver.released.is_set()
            receiver.released.set()
            receiver.wait(3)
        first, second, _ = (json.loads(got.body)["data"] for got in receiver.got)
        for got in receiver.got:
            Verifier(secret).verify(got.body, got.headers)
        assert (first["stage"], first["door"], second["stage"]) == ("production", "cli", "staging")
        assert second["door"] == "api"
        receiver.behave = answer(204)
        place.cli(*HOOK, "test", "ops")
        place.environment["DJANGO_SETTINGS_MODULE"] = "modelcp.server.settings"
        assert place.run("-m", "django", "deliver_webhooks", "--once").stdout == "1 attempt made.\n"
        del place.environment["DJANGO_SETTINGS_MODULE"]
        assert {row["state"] for row in place.json(*HOOK, "deliveries", "ops")} == {"delivered"}
        assert len(receiver.got) == 4


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("hooks"))


def test_they_are_made_listed_changed_tested_and_deleted(place: Place) -> None:
    made = place.json(*HOOK, "create", "slack", "https://hooks.slack.com/x", "--format", "slack")
    assert made["secret"].startswith("whsec_")
    assert "https://hooks.slack.com/x" in place.cli(*HOOK, "list")
    assert "version.promoted" in place.cli(*HOOK, "describe", "slack")
    changed = place.json(*HOOK, "update", made["id"], "--name", "chat", "--stage", "production", "--pause")
    assert (changed["name"], changed["stages"], changed["active"]) == ("chat", ["production"], False)
    refused = place.run("-m", "modelcp", *HOOK, "test", "chat")
    assert (refused.returncode, "is paused" in refused.stderr) == (1, True)
    assert place.cli(*HOOK, "update", "chat", "--rotate", "--resume", "--all", "stages").startswith("whsec_")
    queued = place.json(*HOOK, "test", "chat")
    assert "webhook.ping" in place.cli(*HOOK, "delivery", queued["id"])
    assert "Queued for chat again." in place.cli(*HOOK, "replay", queued["id"])
    assert place.run("-m", "modelcp", *HOOK, "update", "chat").returncode == 2
    assert place.run("-m", "modelcp", *HOOK, "create", "x", "http://10.0.0.1/").returncode == 1
    place.cli(*HOOK, "delete", "chat")
    assert place.json(*HOOK, "list") == []
    assert place.run("-m", "modelcp", *HOOK, "describe", "chat").returncode == 1


def test_a_setting_that_is_none_stops_the_server(place: Place) -> None:
    wrong = Place(place.home, MODELCP_WEBHOOK_ALLOW="10.0.0.0/99")
    refused = wrong.run("-m", "modelcp", "up", "--port", "0", "--no-browser")
    assert refused.returncode == 1
    assert "MODELCP_WEBHOOK_ALLOW takes networks" in refused.stderr
