"""Changes of a model by the forms of its pages."""

import pytest
from django.test import Client

from registry.models import Event, Tag
from registry.selectors.catalog import alive_models, find_model
from registry.selectors.catalog_rows import model_rows
from registry.services.actors import Actor
from tests.pages.catalog_world import browser, make_model, person, promote
from tests.pages.facts_world import text

pytestmark = pytest.mark.django_db


def test_the_card_is_changed_with_its_name_and_owner(client: Client, admin: Actor) -> None:
    make_model(admin, "churn", card={"license": "MIT"})
    person("olga", "contributor")
    answer = client.post(
        "/models/churn/edit/", {"name": "churn2", "license": "CC0", "description": "**new**", "owner": "olga"}
    )
    assert answer["Location"] == "/models/churn2/"
    page = text(client, "/models/churn2/")
    assert "revision 2" in page
    assert "<strong>new</strong>" in page
    assert "olga" in page
    refused = client.post("/models/churn2/edit/", {"name": "churn2", "owner": "nobody"})
    assert refused.status_code == 422
    assert 'id="id_owner_error"' in refused.content.decode()


@pytest.mark.parametrize(
    "path",
    ["/models/new/", "/models/churn/edit/", "/models/churn/new-version/", "/models/churn/versions/1/edit/"],
)
def test_a_preview_without_javascript_draws_the_form_again_and_saves_nothing(
    client: Client, admin: Actor, path: str
) -> None:
    make_model(admin, "churn", many=1)
    events = Event.objects.count()
    typed = {"name": "other", "description": "It is **bold**.", "tags": "risk, new", "preview": "1"}
    answer = client.post(path, typed)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'data-mode="both"' in page
    assert "<p>It is <strong>bold</strong>.</p>" in page
    assert ">It is **bold**.</textarea>" in page.replace(">\n", ">")
    assert 'value="other"' in page
    assert "risk" in page or "edit" in path
    assert "invalid-feedback" not in client.post(path, {**typed, "name": ""}).content.decode()
    assert Event.objects.count() == events
    assert browser(person("vera", "viewer")).post(path, typed).status_code == 403


def test_tags_are_added_and_taken_off(client: Client, admin: Actor) -> None:
    make_model(admin, "churn", tags=["old"])
    client.post("/models/churn/tags/", {"tags": "risk, <b>"})
    page = text(client, "/models/churn/")
    assert "risk" in page
    assert "&lt;b&gt;" in page
    client.post("/models/churn/tags/", {"remove": "old"})
    assert model_rows(alive_models())[0]["tags"] == ["<b>", "risk"]
    assert Tag.objects.filter(name="old").exists()


def test_an_alias_is_set_moved_refused_and_removed(client: Client, admin: Actor) -> None:
    make_model(admin, "churn", many=2)
    client.post("/models/churn/alias/", {"alias": "champion", "version": "1"})
    client.post("/models/churn/alias/", {"alias": "champion", "version": "latest"})
    assert text(client, "/models/churn/versions/@champion/").count("champion") >= 1
    refused = client.post("/models/churn/alias/", {"alias": "champion", "version": "9"})
    assert refused.status_code == 422
    assert 'id="id_version_error"' in refused.content.decode()
    assert client.post("/models/churn/alias/", {"alias": "a/b", "version": "1"}).status_code == 422
    client.post("/models/churn/alias/delete/", {"alias": "champion"})
    assert text(client, "/models/churn/versions/@champion/", 404)


def test_deleting_asks_for_the_name_and_spares_production(client: Client, admin: Actor) -> None:
    make_model(admin, "churn")
    promote(admin, "churn", 1)
    wrong = client.post("/models/churn/delete/", {"confirm": "other"})
    assert wrong.status_code == 422
    assert 'id="id_confirm_error"' in wrong.content.decode()
    held = client.post("/models/churn/delete/", {"confirm": "churn"})
    assert held.status_code == 422
    assert "production" in held.content.decode()
    assert client.post("/models/churn/delete/", {"confirm": "churn", "force": "1"})["Location"] == "/models/"
    assert text(client, "/models/churn/", 404)
    assert "churn" in text(client, "/models/?deleted=1")
    assert client.post("/models/churn/restore/")["Location"] == "/models/churn/"
    assert find_model("churn")


def test_a_name_taken_meanwhile_stops_the_restoring(client: Client, admin: Actor) -> None:
    make_model(admin, "churn")
    client.post("/models/churn/delete/", {"confirm": "churn"})
    make_model(admin, "churn")
    assert "taken by another model" in text(client, "/models/?deleted=1")
    assert client.post("/models/churn/restore/").status_code == 409
