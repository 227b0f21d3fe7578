"""The sign-in: what is wrong is told at the field, and the foot says what this server is."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry.selectors.health import package_version
from tests.pages.facts_world import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """Nobody yet."""
    return Client()


def field(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found
    return found[0]


def test_a_wrong_password_is_told_at_its_field(client: Client) -> None:
    answer = client.post("/sign-in/", {"username": "mira", "password": "wrong"})
    page = answer.content.decode()
    assert answer.status_code == 422
    password = field(page, "password")
    assert 'aria-invalid="true"' in password
    told = re.search(r'aria-describedby="([^"]+)"', password)
    assert told
    assert re.search(rf'id="{told[1]}".*?belong together', page, re.DOTALL)
    assert 'role="alert"' not in page
    assert 'value="mira"' in field(page, "username")
    assert "wrong" not in password
    assert "autofocus" in password


def test_too_many_wrong_ones_are_told_there_too(client: Client) -> None:
    User.objects.create_user("noor", password="right")
    for _ in range(5):
        answer = client.post("/sign-in/", {"username": "noor", "password": "wrong"})
    page = answer.content.decode()
    assert answer.status_code == 429
    assert "Too many wrong passwords" in page
    assert 'aria-invalid="true"' in field(page, "password")


def test_the_foot_leads_to_the_api(client: Client) -> None:
    page = text(client, "/sign-in/")
    assert f"modelcp {package_version()}" in page
    for path in ("/api/v1/docs/", "/api/v1/schema/"):
        assert f'href="{path}"' in page
        assert client.get(path).status_code == 200
