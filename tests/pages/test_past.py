"""The past on pages: each page as it was, links that keep the moment, nothing that changes anything."""

import html
import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.models import Event, ModelVersion, Run
from registry.pages.urls import urlpatterns
from registry.services import tags
from registry.services.actors import Actor
from tests.pages.catalog_world import make_model
from tests.pages.facts_world import text
from tests.pages.past_world import World, body

pytestmark = pytest.mark.django_db
QUERIES = 12  # what a page asks now is at most 11
OFF = "Nothing can be changed in the past"


@pytest.fixture
def world(client: Client, admin: Actor) -> World:
    found = World(client, admin)
    found.change(admin)
    return found


def at(path: str, asked: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{asked}"


def test_each_page_is_as_it_was(client: Client, world: World) -> None:
    changed = 0
    for path in world.paths:
        then = body(text(client, at(path, world.asked)))
        assert then == world.before[path], path
        now = client.get(path)
        changed += now.status_code == 404 or body(now.content.decode()) != then
    assert changed > 25, "what is compared did change"
    text(client, "/models/gone/", 404)


def test_a_page_of_the_past_says_so_and_keeps_the_moment(client: Client, world: World) -> None:
    for path in world.paths:
        page = text(client, at(path, world.asked))
        assert "Nothing can be changed here." in page, path
        assert f"at event {world.event}" in page.replace(",", ""), path
        inside = [
            link
            for link in re.findall(r'<a [^>]*href="(/[^"#]*)', page)
            if not link.startswith(("/static/", "/api/"))
        ]
        lost = {link for link in inside if world.asked not in unquote(link)}
        assert {unquote(link) for link in lost} == {html.escape(path)}, path  # Back to now
        assert page.count("data-now") >= 2
        assert "every " not in "".join(re.findall(r'hx-trigger="[^"]*"', page)), "no poll in the past"


def test_every_action_of_a_past_page_is_off_and_says_why(client: Client, world: World) -> None:
    acting = re.compile(
        r"/(edit|plan|alias|delete|tags|new-version|new|undo|link|upload|stage|unlink|add|remove)/(\?|\"|$)"
    )
    for path in world.paths:
        page = text(client, at(path, world.asked))
        for found in re.findall(r'(?:href|hx-get|hx-post)="(/models/[^"]*)"', page):
            assert not acting.search(found), (path, found)
        posts = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
        for form in posts:
            if "/sign-out/" in form:
                assert " disabled" not in form
                continue
            fields = re.findall(r"<(?:button|input|select|textarea)\b[^>]*>", form)
            assert all(" disabled" in one or 'type="hidden"' in one for one in fields), (path, form)
    page = text(client, at("/models/churn/", world.asked))
    button = re.search(r"<a[^>]*>(?:(?!</a>).)*New version</a>", page, re.DOTALL)
    assert button
    assert 'aria-disabled="true"' in button[0]
    assert OFF in button[0]
    assert "href" not in button[0].partition(">")[0]


def test_nothing_is_changed_from_the_past(client: Client, world: World, admin: Actor) -> None:
    """Every page that may be posted to refuses a post that names a moment; so does a form's page."""
    count = Event.objects.count()
    version = ModelVersion.objects.get(model__name="churn", number=2)
    known = {"name": "churn", "version": "2", "uuid": version.id}
    posted = 0
    for route in urlpatterns:
        if route.name in ("sign-in", "sign-in-link", "sign-out"):
            continue
        parts = re.findall(r"<(\w+):(\w+)>", str(route.pattern))
        given = {name: known.get(kind) or known.get(name, "1") for kind, name in parts}
        path = reverse(route.name, kwargs=given)
        answer = client.post(at(path, world.asked), {"stage": "production", "to": "production"})
        assert answer.status_code == 409, (route.name, answer.status_code)
        assert "You are looking at the past" in answer.content.decode()
        posted += 1
    assert posted > 60
    assert Event.objects.count() == count
    answer = client.get(at("/models/churn/versions/2/plan/", world.asked))
    assert answer.status_code == 409
    assert 'href="/models/churn/versions/2/plan/"' in answer.content.decode(), "the way back to now"


@pytest.mark.parametrize(
    "path", ["/search/?q=churn", "/settings/", "/settings/webhooks/", "/tags/", "/models/churn/gates/"]
)
def test_what_is_always_now_says_so_and_leads_back(client: Client, world: World, path: str) -> None:
    page = text(client, at(path, world.asked))
    assert "This page is always now" in page
    assert f"/models/?{world.asked}" in page
    assert 'popovertarget="as-of"' not in page
    assert f'action="{path}' not in page or world.asked not in "".join(
        re.findall(r'<form[^>]*method="post"[^>]*>', page)
    )


def test_times_of_the_past_are_days_and_hours(client: Client, world: World) -> None:
    page = text(client, at("/models/churn/", world.asked))
    assert not re.search("<time[^>]*data-ago", page), "no age that goes on"
    assert re.search(r'<time class="text-3" datetime="[^"]+" title="[^"]+ UTC">\d\d:\d\d</time>', page)
    (run,) = Run.objects.filter(id=world.trained.run)
    page = text(client, at("/models/churn/runs/", world.asked))
    year = f" {run.started_at.year}" if run.started_at.year != timezone.now().year else ""
    assert f">31 Jan{year}</time>" in page
    assert "Deleted models" not in text(client, at("/models/?deleted=1", world.asked))


def test_what_was_not_there_yet_is_not_found_and_offers_the_way(client: Client, world: World) -> None:
    for path in ("/models/later/", "/models/churn/versions/6/", "/artifacts/later/", "/models/later/board/"):
        page = text(client, at(path, world.asked), 404)
        assert "As of" in page or "as of" in page
        assert f'href="{path}"' in page, "back to now"
        text(client, path)
    assert "It was registered at" in text(client, at("/models/later/", world.asked), 404)
    text(client, at("/models/churn/versions/4/", world.asked))  # deleted since
    text(client, "/models/churn/versions/4/", 404)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("garbage", "takes a date or a time"),
        ("", "takes a date or a time"),
        ("event:x", "names no event"),
        ("event:999999", "There is no event 999999"),
        ("2999-01-01", "still to come"),
        ("2001-01-01", "Nothing was registered yet"),
        ("<script>alert(1)</script>", "takes a date or a time"),
    ],
)
def test_a_bad_moment_is_refused_at_the_control(client: Client, world: World, given: str, said: str) -> None:
    answer = client.get("/models/", {"as_of": given, "tag": "new"})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 400
    assert said in page
    assert "What you see is now" in page
    assert "<script>alert" not in answer.content.decode()
    assert '<input type="hidden" name="tag" value="new">' in page, "the rest of the address is kept"
    assert client.post("/models/churn/tags/", {"tag": "x"}, query_params={"as_of": given}).status_code == 409


def test_queries_of_the_past_are_few_and_dont_grow(client: Client, world: World, admin: Actor) -> None:
    """One for the moment besides what the page asks anyway, none growing with the rows of then."""

    def counted(event: int) -> dict[str, int]:
        found = {}
        for path in world.paths:
            with CaptureQueriesContext(connection) as queries:
                client.get(at(path, f"as_of=event:{event}"))
            found[path] = len(queries)
        return found

    text(client, "/")
    few = counted(world.event)
    assert {path: many for path, many in few.items() if many > QUERIES} == {}
    for number in range(5):
        make_model(admin, f"more_{number}", many=3, tags=["more"])
    event = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    many = counted(event)
    grown = ("/", "/board/", "/models/?sort=name", "/models/?tag=old&sort=name", "/events/")
    assert {path: (few[path], many[path]) for path in grown if many[path] > few[path]} == {}


def test_forms_that_ask_keep_the_moment_and_the_control_its_filters(client: Client, world: World) -> None:
    page = text(client, at("/models/churn/versions/?stage=archived", world.asked))
    for form in re.findall(r'<form[^>]*method="get"[^>]*>.*?</form>', page, re.DOTALL):
        assert form.count('name="as_of"') == 1, form[:200]
    control = re.search(r'id="as-of">.*?</form>', page, re.DOTALL)
    assert control
    assert 'name="stage" value="archived"' in control[0]
    assert 'placeholder="2026-01-31 09:30"' in control[0]


def test_now_is_untouched(client: Client, world: World) -> None:
    page = text(client, "/models/churn/")
    assert "as_of=" not in page.replace("?as_of=2", "")  # but for the control's own choices
    assert "disabled" not in re.sub(r'aria-disabled="true"', "", page)


def test_a_tag_that_was_merged_since_is_where_it_was(client: Client, admin: Actor) -> None:
    make_model(admin, "one", tags=["a"])
    event = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    tags.delete_tag(actor=admin, tag="a")
    assert "one" in text(client, f"/models/?tag=a&as_of=event:{event}")
    found: Any = re.search(r"<tbody>.*?</tbody>", text(client, f"/models/?as_of=event:{event}"), re.DOTALL)
    assert ">a<" in found[0]
