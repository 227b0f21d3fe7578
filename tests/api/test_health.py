"""Alive, ready, figures, what this server is, and its OpenAPI document."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from modelcp.client import Client as Sdk
from registry.models import Delivery, Webhook
from registry.rules.webhooks import STATES
from registry.selectors import health
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


def test_healthz_and_readyz_answer_anybody() -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}
    assert Client().get("/readyz").json() == {"status": "ready"}


def test_readyz_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", lambda: False)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "migrated" in answer.json()["error"]["message"]

    def gone() -> bool:
        raise OperationalError

    monkeypatch.setattr(health, "_migrated", gone)
    assert Client().get("/readyz").status_code == 503


def test_metrics_need_a_token_unless_they_are_public(settings: Any) -> None:
    api = Api()
    api.post("models/", {"name": "churn"})
    api.post("models/churn/versions/", {})
    api.post("models/churn/versions/1/stage/", {"stage": "production"})
    assert Client().get("/metrics").status_code == 401
    settings.METRICS_PUBLIC = True
    text = Client().get("/metrics").content.decode()
    for line in (
        "modelcp_models 1",
        "modelcp_model_versions 1",
        'modelcp_stage_holders{stage="production"} 1',
    ):
        assert f"\n{line}\n" in text
    assert "# TYPE modelcp_events_total counter" in text


def test_info_tells_the_version_and_the_limits() -> None:
    info = Api().get("info/")
    assert info["api"] == "v1"
    assert info["database"] in ("sqlite", "postgresql")
    assert info["limits"]["metadata_bytes"] == 1024 * 1024


def operations() -> list[dict[str, Any]]:
    document = Client().get("/api/v1/schema/").json()
    assert document["openapi"].startswith("3.1")
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_every_operation_has_its_own_id_and_tells_its_refusals() -> None:
    found = operations()
    ids = [operation["operationId"] for operation in found]
    assert len(ids) == len(set(ids)) > 40
    for operation in found:
        assert {"400", "401", "403", "404", "409", "422"} <= set(operation["responses"])
        assert any(status.startswith("2") for status in operation["responses"])


@pytest.mark.parametrize(
    "name",
    [
        "create_model", "get_model", "list_models", "update_model", "delete_model", "restore_model",
        "purge_model",
        "create_model_version", "get_model_version", "list_model_versions", "update_model_version",
        "delete_model_version", "promote", "undo_promotion", "list_stages", "stage_history", "set_alias",
        "delete_alias", "list_events", "verify_events", "list_tokens", "create_token", "revoke_token", "info",
    ],
)  # fmt: skip
def test_an_operation_is_called_as_the_clients_method(name: str) -> None:
    assert name in [operation["operationId"] for operation in operations()]
    assert callable(getattr(Sdk, name))


def test_the_docs_come_from_this_server_alone() -> None:
    page = Client().get("/api/v1/docs/")
    text = page.content.decode()
    assert "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert Client().get("/api/v1/docs/start.js").headers["Content-Type"].startswith("text/javascript")


def test_metrics_tell_how_deliveries_stand(settings: Any) -> None:
    settings.METRICS_PUBLIC = True
    now = timezone.now()

    def told() -> dict[str, float]:
        lines = [
            line for line in Client().get("/metrics").content.decode().splitlines() if "_webhook_" in line
        ]
        return {name: float(value) for name, value in (line.split() for line in lines if line[0] != "#")}

    none = told()
    assert set(none.values()) == {0}
    assert len(none) == 4
    hook = Webhook.objects.create(name="ops", url="https://x.example/", format="standard", created_at=now)
    for state, hours in (("waiting", 1), ("waiting", 2), ("delivered", 9), ("failed", 3)):
        Delivery.objects.create(
            webhook=hook, topic="ping", body="{}", state=state, created_at=now - timedelta(hours=hours)
        )
    seen = told()
    assert [seen[f'modelcp_webhook_deliveries{{state="{state}"}}'] for state in STATES] == [2, 1, 1]
    assert 7200 <= seen["modelcp_webhook_oldest_waiting_seconds"] < 7300
