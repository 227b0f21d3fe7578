"""Every endpoint refuses in the one shape, and never with a 5xx."""

import json
import re
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import get_resolver

from tests.support.doors import Api

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOBODY = "01890000-0000-7000-8000-000000000000"
OPEN = {"schema/", "docs/", "docs/start.js"}  # they hold nothing of the registry's
HOSTILE = ["", "[]", "7", '{"a":', '{"nonsense": 1}', "\x00", '{"name": {"a": [null]}}', "[" * 5000]


def addresses() -> list[str]:
    """Every path of the API with something in its places."""
    found = []
    for pattern in get_resolver("registry.api.urls").url_patterns:
        path = str(pattern.pattern)
        path = re.sub(r"<uuid:\w+>", NOBODY, path)
        found.append(re.sub(r"<\w+:\w+>", "x", path))
    assert len(found) > 30
    return found


def check(status: int, body: Any) -> None:
    """The one error shape."""
    assert 400 <= status < 500, (status, body)
    assert set(body) == {"error"}
    assert {"code", "message"} <= set(body["error"]) <= {"code", "message", "fields", "hint"}
    assert re.fullmatch(r"[a-z_]+", body["error"]["code"])
    assert body["error"]["message"].strip()


@pytest.mark.parametrize("path", [path for path in addresses() if path not in OPEN])
def test_nothing_is_answered_to_a_stranger(path: str) -> None:
    for client in (
        Client(),
        Client(headers={"Authorization": "Bearer wrong"}),
        Client(headers={"Authorization": "x"}),
    ):
        for method in METHODS:
            answer = client.generic(method, f"/api/v1/{path}", "{}", content_type="application/json")
            assert answer.status_code in (401, 405), (method, answer.status_code)
            check(answer.status_code, answer.json())


@pytest.mark.parametrize("path", [path for path in addresses() if path not in OPEN])
def test_hostile_requests_are_refused_in_one_shape(api: Api, path: str) -> None:
    api.client.raise_request_exception = False
    for method in METHODS:
        for body in HOSTILE:
            for query in ("", "?nonsense=%00&limit=x"):
                answer = api.client.generic(
                    method, f"/api/v1/{path}{query}", body, content_type="application/json"
                )
                assert answer.status_code < 500, (method, body[:40], answer.content[:300])
                if answer.status_code >= 400:
                    check(answer.status_code, json.loads(answer.content))


@pytest.mark.parametrize(
    "name", ["%00", "%FF", "%F0%9F%98%80", "a%0Ab", "..", "%2F", "x" * 5000, "%ED%A0%80", "'; --"]
)
def test_hostile_names_in_paths_are_refused(api: Api, name: str) -> None:
    for path in (f"models/{name}/", f"models/{name}/versions/{name}/", f"tags/{name}/", f"artifacts/{name}/"):
        answer = api.client.get(f"/api/v1/{path}")
        check(answer.status_code, answer.json())


def test_another_content_type_is_refused(api: Api) -> None:
    answer = api.client.post("/api/v1/models/", {"name": "x"})
    check(answer.status_code, answer.json())
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "path", ["nothing/", "models", "", "models/a/nothing/", "models/a/versions/1/nothing"]
)
def test_an_unknown_address_is_told_so(api: Api, path: str) -> None:
    for client in (api.client, Client()):
        for method in METHODS:
            answer = client.generic(method, f"/api/v1/{path}", "{}", content_type="application/json")
            check(answer.status_code, answer.json())
            assert answer.status_code == 404


def test_a_body_over_the_limit_is_refused(api: Api, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    api.refused("POST", "models/", {"name": "x", "description": "y" * 1000}, 413, "body_too_large")


def test_a_bug_is_a_500_without_details_and_in_the_log(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("registry.selectors.catalog_rows.model_rows", lambda *_, **__: 1 / 0)
    monkeypatch.setattr("registry.selectors.catalog_lists.model_rows", lambda *_, **__: 1 / 0)
    api.client.raise_request_exception = False
    answer = api.client.get("/api/v1/models/")
    assert answer.status_code == 500
    assert set(answer.json()) == {"error"}
    assert "division" not in answer.content.decode()
    assert "ZeroDivisionError" in caplog.text


def test_a_database_that_is_gone_is_a_503(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("registry.selectors.catalog_lists.model_rows", gone)
    status, body = api.call("GET", "models/")
    assert (status, body["error"]["code"]) == (503, "unavailable")
