"""Programs pass fewer middlewares than browsers: what is answered, and its headers, must not differ by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from modelcp.server import wsgi
from tests.support.doors import Api

pytestmark = pytest.mark.django_db
Answer = tuple[str, dict[str, str], bytes]


@pytest.fixture
def secret() -> str:
    """The header of a token that may read the model `churn`."""
    api = Api()
    api.post("models/", {"name": "churn"})
    return str(api.client.defaults["HTTP_AUTHORIZATION"])


@contextmanager
def one_connection() -> Iterator[None]:
    """The test's connection outlives each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def answered(handler: Any, environ: dict[str, Any]) -> Answer:
    """Status, headers (but for what it varies by: cookies and htmx are a browser's) and body of an answer."""
    told: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> None:
        told.extend((status, headers))

    with one_connection():
        body = handler(environ, start)
        content = b"".join(body)
        if hasattr(body, "close"):
            body.close()
    return told[0], {name: value for name, value in told[1] if name != "Vary"}, content


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "models/", None),
        ("HEAD", "models/", None),
        ("GET", "models/churn/", None),
        ("GET", "models/none/", None),
        ("GET", "models/churn", None),
        ("GET", "nowhere/", None),
        ("GET", "models/?limit=x", None),
        ("POST", "models/", b"{"),
        ("POST", "models/", b'{"name": "/"}'),
        ("PUT", "models/churn/", b"{}"),
        ("GET", "openapi.json", None),
        ("GET", "docs/", None),
    ],
)
@pytest.mark.parametrize("known", [True, False], ids=["token", "wrong token"])
def test_a_program_is_answered_as_a_browser_with_its_token_would_be(
    secret: str, method: str, path: str, body: bytes | None, known: bool
) -> None:
    token = secret if known else "Bearer none"

    def environ() -> dict[str, Any]:
        asked = RequestFactory(headers={"Authorization": token}).generic(
            method, f"/api/v1/{path}", body or b"", content_type="application/json"
        )
        return dict(asked.environ)

    program, browser = (answered(handler, environ()) for handler in (wsgi.application, wsgi.browsers))
    assert program == browser
    assert program[1]["X-Content-Type-Options"] == "nosniff"


def test_a_page_is_a_browser_s_also_with_a_token(secret: str) -> None:
    status, headers, _ = answered(
        wsgi.application, RequestFactory(headers={"Authorization": secret}).get("/models/").environ
    )
    assert (status, headers["Location"]) == ("302 Found", "/sign-in/?next=%2Fmodels%2F")
