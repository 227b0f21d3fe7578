"""Settings, tags and search: tokens shown once, people and roles, tags merged, things found."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from registry.models import Tag, Token
from registry.selectors.access import identity_of_user
from registry.services import catalog, tags, versions
from registry.services.actors import Actor
from tests.pages.catalog_world import HOSTILE, browser, link, make_model, person
from tests.pages.facts_world import Trained, text
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


def test_a_token_is_shown_once_and_works(client: Client) -> None:
    made = client.post("/settings/", {"name": "laptop", "role": "viewer", "days": "30"})
    page = made.content.decode()
    secret = re.search(r"mcp_[\w-]{20,}", page)
    assert secret
    assert "no-store" in made["Cache-Control"]
    again = text(client, "/settings/")
    assert "laptop" in again
    assert secret[0] not in again
    api = Client(headers={"Authorization": f"Bearer {secret[0]}"})
    assert api.get("/api/v1/me/").json()["role"] == "viewer"
    assert api.post("/api/v1/models/", {"name": "m"}, content_type="application/json").status_code == 403
    token = Token.objects.get(name="laptop")
    assert token.expires_at is not None
    client.post(f"/settings/tokens/{token.id}/revoke/")
    assert api.get("/api/v1/me/").status_code == 401


def test_a_token_never_has_more_than_its_owner(admin: Actor) -> None:
    carl = browser(person("carl", "contributor"))
    page = text(carl, "/settings/")
    assert '<option value="admin"' not in page
    assert carl.post("/settings/", {"name": "x", "role": "admin", "days": "0"}).status_code == 422
    assert not Token.objects.exists()


def test_a_token_needs_a_name(client: Client) -> None:
    assert client.post("/settings/", {"name": "", "role": "admin", "days": "0"}).status_code == 422
    assert client.post("/settings/", {"name": " x", "role": "admin", "days": "0"}).status_code == 422


def test_nobody_revokes_somebody_elses_token(admin: Actor, client: Client) -> None:
    client.post("/settings/", {"name": "mine", "role": "viewer", "days": "0"})
    token = Token.objects.get()
    carl = browser(person("carl", "promoter"))
    assert carl.post(f"/settings/tokens/{token.id}/revoke/").status_code == 404
    assert Token.objects.filter(revoked_at__isnull=True).exists()


def test_people_are_added_given_roles_and_let_in(client: Client) -> None:
    done = client.post("/settings/people/new/", {"name": "bob", "role": "contributor", "password": ""})
    assert done["Location"] == "/settings/people/"
    assert "bob" in text(client, "/settings/people/?q=BO")
    bob = User.objects.get(username="bob")
    client.post("/settings/people/bob/role/", {"role": "promoter"})
    assert identity_of_user(User.objects.get(id=bob.pk)).role == "promoter"
    page = client.post("/settings/people/bob/link/").content.decode()
    where = re.search(r"http://testserver(/sign-in/link/[\w-]+/)", page)
    assert where
    inside = Client()
    inside.get(where[1])
    assert "bob" in text(inside, "/")
    assert Client().get(where[1]).status_code == 401


def test_refusals_are_told_at_the_field(client: Client) -> None:
    taken = client.post("/settings/people/new/", {"name": "mira", "role": "viewer", "password": ""})
    assert taken.status_code == 422
    assert "Taken" in taken.content.decode() or "already" in taken.content.decode()
    weak = client.post("/settings/people/new/", {"name": "bob", "role": "viewer", "password": "1234"})
    assert weak.status_code == 422
    assert "too short" in weak.content.decode()
    last = client.post("/settings/people/mira/role/", {"role": "viewer"})
    assert last.status_code == 422
    assert "last administrator" in last.content.decode()
    assert client.post("/settings/people/mira/role/", {"role": "king"}).status_code == 400
    assert client.post("/settings/people/nobody/link/").status_code == 404


def test_people_are_for_administrators() -> None:
    pia = browser(person("pia", "promoter"))
    assert "/settings/people/" not in text(pia, "/settings/")
    text(pia, "/settings/people/", 403)
    text(pia, "/settings/people/new/", 403)
    for path in ("/settings/people/pia/role/", "/settings/people/pia/link/", "/settings/people/new/"):
        assert pia.post(path, {"role": "admin", "name": "x"}).status_code == 403
    assert identity_of_user(User.objects.get(username="pia")).role == "promoter"


def test_about_says_what_this_is(client: Client) -> None:
    assert "/api/v1/docs/" in text(client, "/settings/about/")


def test_tags_are_made_counted_changed_merged_and_deleted(client: Client, admin: Actor) -> None:
    make_model(admin, "a", tags=["risk"])
    make_model(admin, "b", tags=["danger"])
    assert client.post("/tags/new/", {"name": "fresh", "color": "3"})["Location"] == "/tags/"
    assert Tag.objects.get(name="fresh").color == 3
    page = text(client, "/tags/")
    assert "/models/?tag=risk" in page
    assert 'aria-label="1 model tagged risk"' in page
    assert "The name of another tag merges the two" in text(client, "/tags/danger/edit/")
    taken = client.post("/tags/danger/edit/", {"name": "risk", "color": "2"})
    assert taken.status_code == 422
    assert "Merge into the tag" in taken.content.decode()
    assert (
        client.post("/tags/danger/edit/", {"name": "risk", "color": "2", "merge": "on"})["Location"]
        == "/tags/"
    )
    assert "2 models tagged risk" in text(client, "/tags/")
    assert "taken off 2 things" in text(client, "/tags/risk/delete/")
    client.post("/tags/risk/delete/")
    assert "risk" not in text(client, "/tags/?q=risk").partition("<table")[2]


@pytest.mark.parametrize("name", ["risk", "eq:risk", "a?b=c&d#e%2F;f"])
def test_a_tags_count_of_versions_leads_to_them(client: Client, admin: Actor, name: str) -> None:
    for model in ("a", "b"):
        make_model(admin, model, many=15, tags=[name])
        for number in range(1, 15):
            versions.update_version(actor=admin, model=model, version=number, add_tags=[name])
    link = re.search(r'<a href="([^"]+)" aria-label="28 versions tagged', text(client, "/tags/"))
    assert link
    first = text(client, unescape(link[1]))
    older = re.search(r'href="([^"]*)" rel="next"', first)
    assert older
    pages = first + text(client, unescape(link[1]) + unescape(older[1]))
    assert len(set(re.findall(r'href="(/models/[ab]/versions/\d+/)"', pages))) == 28
    assert "/versions/15/" not in pages
    assert "25 shown, newest first" in first
    text(client, "/tags/nothing/versions/", 404)
    tags.create_tag(actor=admin, name="bare")
    assert "No version has this tag" in text(client, "/tags/bare/versions/")


@pytest.mark.parametrize("name", [*HOSTILE, "a/b", "edit", "x/edit", ".."])
def test_any_tag_can_be_changed(client: Client, admin: Actor, name: str) -> None:
    if name in ("a/b", "x/edit", ".."):
        assert client.post("/tags/new/", {"name": name, "color": "1"}).status_code == 422
        return
    tags.create_tag(actor=admin, name=name)
    page = text(client, "/tags/")
    assert "<script>alert" not in page
    edit = re.search(r'href="(/tags/[^"]+/edit/)"', page)
    assert edit
    text(client, unescape(edit[1]))


def test_a_viewer_changes_no_tag(admin: Actor) -> None:
    tags.create_tag(actor=admin, name="risk")
    vera = browser(person("vera", "viewer"))
    assert "/edit/" not in text(vera, "/tags/")
    assert vera.post("/tags/risk/edit/", {"name": "other", "color": "1"}).status_code == 422
    assert vera.post("/tags/risk/delete/").status_code == 403
    assert Tag.objects.filter(name="risk", deleted_at__isnull=True).exists()


def test_search_finds_each_kind(client: Client, admin: Actor) -> None:
    run = Trained(Api(), model="churn_gbm")
    tags.create_tag(actor=admin, name="churny")
    link(admin, "churn_gbm", 1, "churn_table")
    page = text(client, "/search/?q=CHURN")
    for address in ("/models/churn_gbm/", "/artifacts/churn_table/", "/tags/?name=churny"):
        assert f'href="{address}"' in page
    assert 'href="/models/churn_gbm/versions/1/"' in text(client, "/search/?q=churn_gbm 1")
    assert f'href="/runs/{run.run}/"' in text(client, "/search/?q=training")
    assert f'href="/runs/{run.run}/"' in text(client, f"/search/?q={run.run[-4:]}")
    assert f'href="/runs/{run.run}/"' in text(client, f"/search/?q={run.run}")
    catalog.create_model(actor=admin, name="other", card={"description": "about churn"})
    assert 'href="/models/other/"' in text(client, "/search/?q=churn")


def test_search_as_one_types_and_for_nothing(client: Client, admin: Actor) -> None:
    make_model(admin, "churn")
    ask = {"HX-Request": "true", "HX-Target": "jump-hits"}
    alone = text(client, "/search/?q=churn", **ask)
    assert "<html" not in alone
    assert 'href="/models/churn/"' in alone
    assert "Nothing holds" in text(client, "/search/?q=zzz")
    make_model(admin, "caf\u00e9", tags=["caf\u00e9"])
    for path in ("/search/?q=", "/complete/tags/?as=chips&q=", "/models/?name=contains:"):
        assert "caf\u00e9" in text(client, f"{path}cafe\u0301")  # typed with its accent apart
    for odd in ("", "%00", "   ", "%25", "_" * 5000, "99999999999999999999", "a 99999999999999", "'\"<b>"):
        assert "<b>" not in text(client, f"/search/?q={odd}").replace("<b></b>", "")


@pytest.mark.parametrize("path", ["/nope/", "/models/nope/nope/", "/artifacts/a/b/c/"])
def test_an_unknown_address_is_a_page_for_people_and_json_for_programs(client: Client, path: str) -> None:
    page = text(client, path, 404)
    assert "There is nothing at this address" in page
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 404
    assert set(answer.json()["error"]) >= {"code", "message"}


def test_a_form_without_its_token_changes_nothing(admin: Actor) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(id=admin.id))
    answer = strict.post("/tags/new/", {"name": "x"})
    assert answer.status_code == 403
    assert "too old to send" in answer.content.decode()
