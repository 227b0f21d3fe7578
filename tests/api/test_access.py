"""Who am I, tokens, people, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from registry.models import Event, Token
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


def with_token(secret: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_i_am_who_my_token_says(api: Api) -> None:
    me = Api("contributor").get("me/")
    assert (me["name"], me["role"]) == (api.actor.name, "contributor")
    assert set(me["may"]) == {"read", "write"}


def test_a_token_is_shown_once_and_kept_as_a_digest(api: Api) -> None:
    made = api.post("tokens/", {"name": "ci", "role": "viewer"})
    secret = made.pop("token")
    assert with_token(secret).get("/api/v1/me/").json()["role"] == "viewer"
    listed = next(row for row in api.get("tokens/")["results"] if row["id"] == made["id"])
    assert secret not in str(listed)
    assert not Token.objects.filter(digest__contains=secret).exists()
    assert not any(secret in payload for payload in Event.objects.values_list("payload", flat=True))
    assert api.call("DELETE", f"tokens/{made['id']}/")[0] == 204
    assert with_token(secret).get("/api/v1/me/").status_code == 401
    api.refused("DELETE", f"tokens/{made['id']}/", None, 404, "no_such_token")


@pytest.mark.parametrize("spoil", ["expired", "inactive"])
def test_a_spoilt_token_is_refused(api: Api, spoil: str) -> None:
    made = api.post("tokens/", {"name": "ci"})
    if spoil == "expired":
        Token.objects.filter(id=made["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        User.objects.update(is_active=False)
    answer = with_token(made["token"]).get("/api/v1/me/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "bad_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_nobody_climbs_by_making_tokens(api: Api) -> None:
    low = Api("viewer")
    for role in (None, "admin", "viewer"):
        made = low.post("tokens/", {"name": "up", "role": role})
        assert with_token(made["token"]).get("/api/v1/me/").json()["role"] == "viewer"


def test_others_tokens_are_for_administrators(api: Api) -> None:
    api.post("people/", {"name": "bob", "role": "contributor"})
    bobs = api.post("tokens/", {"name": "his", "owner": "bob"})
    bob = with_token(bobs["token"])
    mine = api.post("tokens/", {"name": "mine"})
    assert bob.delete(f"/api/v1/tokens/{mine['id']}/").status_code == 404
    assert [
        row["owner"] for row in bob.get("/api/v1/tokens/?owner=" + api.actor.name).json()["results"]
    ] == []
    refused = bob.post(
        "/api/v1/tokens/", {"name": "x", "owner": api.actor.name}, content_type="application/json"
    )
    assert refused.status_code == 403
    assert [row["name"] for row in api.get("tokens/?owner=bob")["results"]] == ["his"]
    assert api.call("DELETE", f"tokens/{bobs['id']}/")[0] == 204
    assert bob.get("/api/v1/me/").status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "x", "role": "king"}, 400),
        ({"name": "x", "expires_at": "2000-01-01T00:00:00Z"}, 400),
        ({"name": "x", "expires_at": "soon"}, 400),
        ({"name": "x", "owner": "nobody"}, 404),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(api: Api, body: Any, status: int) -> None:
    api.refused("POST", "tokens/", body, status)


def test_a_person_has_one_of_four_roles(api: Api) -> None:
    api.post("people/", {"name": "bob"})
    status, row = api.call("PATCH", "people/bob/", {"role": "promoter"})
    assert (status, row["role"]) == (200, "promoter")
    assert [one["role"] for one in api.get("people/?name=bob")["results"]] == ["promoter"]
    api.refused("POST", "people/", {"name": "bob"}, 409, "name_taken")
    api.refused("POST", "people/", {"name": "a b"}, 400)
    api.refused("POST", "people/", {"name": "eve", "password": "123"}, 400, "bad_password")
    api.refused("PATCH", "people/nobody/", {"role": "viewer"}, 404, "no_such_user")


def test_the_last_administrator_stays_one(api: Api) -> None:
    api.refused("PATCH", f"people/{api.actor.name}/", {"role": "viewer"}, 422, "last_administrator")
    api.post("people/", {"name": "bob", "role": "admin"})
    assert api.call("PATCH", f"people/{api.actor.name}/", {"role": "viewer"})[0] == 200


def test_a_session_needs_its_csrf_token(api: Api) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(username=api.actor.name))
    assert browser.get("/api/v1/me/").status_code == 200
    refused = browser.post("/api/v1/models/", {"name": "x"}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "csrf_failed")
