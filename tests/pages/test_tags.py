"""Tags of runs and of artifacts: put on and taken off by their pages, by who may, without JavaScript too."""

import re
from html import unescape

import pytest
from django.test import Client

from registry.models import Event
from registry.services.actors import Actor
from tests.pages.catalog_world import browser, person
from tests.pages.facts_world import running, save, text
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["run", "artifact"])
def path(request: pytest.FixtureRequest, admin: Actor) -> str:
    """The page of a run or of an artifact."""
    if request.param == "run":
        return f"/runs/{running(Api())}/"
    save(admin, "train", b"1")
    return "/artifacts/train/"


def chips(page: str) -> list[str]:
    """The tags in a page's head."""
    head = page.partition("<h1")[2].partition("</h1>")[0]
    return [unescape(name) for name in re.findall(r'<a class="tag[^>]*>([^<]+)<', head)]


def test_tags_are_put_on_and_taken_off(client: Client, path: str) -> None:
    page = text(client, path)
    assert f'<form class="pad" method="post" action="{path}tags/">' in page
    assert "Add tags" in page
    answer = client.post(f"{path}tags/", {"tags": "batch, <b>"}, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(path, 302)]
    assert "is tagged batch" in page
    assert chips(page) == ["<b>", "batch"]
    (batch,) = re.findall(r'href="([^"]*tag=eq:batch)"', page)
    assert f'href="{path}"' in text(client, batch)
    assert 'name="remove" value="batch"' in page
    assert chips(client.post(f"{path}tags/", {"remove": "batch"}, follow=True).content.decode()) == ["<b>"]


def test_a_viewer_puts_no_tag_on(path: str) -> None:
    vera, events = browser(person("vera", "viewer")), Event.objects.count()
    assert "tags-menu" not in text(vera, path)
    assert vera.post(f"{path}tags/", {"tags": "batch"}).status_code == 403
    assert Event.objects.count() == events
    assert vera.get(f"{path}tags/").status_code == 405


def test_what_is_no_tag_or_no_longer_there_is_refused(client: Client, path: str) -> None:
    assert client.post(f"{path}tags/", {"tags": "a/b"}).status_code == 422
    gone = re.sub(r"train|[0-9a-f]{4}(?=/$)", "0000", path)
    assert client.post(f"{gone}tags/", {"tags": "batch"}).status_code == 404


def test_the_past_shows_its_tags_and_changes_none(client: Client, path: str) -> None:
    client.post(f"{path}tags/", {"tags": "early"})
    then = Event.objects.latest("id").id
    client.post(f"{path}tags/", {"tags": "late"})
    page = text(client, f"{path}?as_of=event:{then}")
    assert chips(page) == ["early"]
    assert re.search(r'<button disabled [^>]*name="remove" value="early"', page)
    assert client.post(f"{path}tags/?as_of=event:{then}", {"tags": "x"}).status_code == 409
