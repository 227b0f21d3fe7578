"""Heartbeats on the command line and in the SDK."""

import json
import socket
from pathlib import Path

from tests.support.programs import Place

HEARTBEAT = ("model", "heartbeat")


def test_heartbeats_are_sent_and_listed(tmp_path: Path) -> None:
    place = Place(tmp_path)
    told = place.python(
        """
        from modelcp import Client
        client = Client()
        client.create_model("churn")
        for _ in range(2):
            client.create_model_version("churn")
        client.promote("churn", 2, "production")
        first = client.get_model_version("churn", "production")
        assert client.get_model_version("churn", "production", known=first) is first
        client.update_model_version("churn", 2, description="x")
        other = client.get_model_version("churn", "production", known=first)
        assert other is not first and other.description == "x" and other.etag
        print(client.send_heartbeat("churn", 1).instance)
        """
    )
    assert told.strip() == socket.gethostname()
    sent = place.cli(*HEARTBEAT, "send", "churn", "1", "--instance", "pod-7", "--environment", "eu")
    assert "pod-7 serves churn 1, which isn't in production." in sent
    assert "pod-8 serves churn 2." in place.cli(*HEARTBEAT, "send", "churn", "2", "-i", "pod-8")
    table = place.cli(*HEARTBEAT, "list", "churn", "--filter", "instance=startswith:pod")
    assert [line.split()[:4] for line in table.splitlines()[1:]] == [
        ["pod-7", "production", "1", "behind"],
        ["pod-8", "production", "2", "current"],
    ]
    rows = json.loads(place.cli(*HEARTBEAT, "list", "churn", "--stage", "staging", "-o", "json"))
    assert rows == []
    assert place.run("-m", "modelcp", *HEARTBEAT, "send", "churn", "9").returncode == 1
    assert place.run("-m", "modelcp", *HEARTBEAT, "send", "churn", "production").returncode == 2
