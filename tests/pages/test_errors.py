"""Error pages: within the shell for who is signed in, bare where that can't be drawn or nobody is."""

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.utils.functional import SimpleLazyObject

from registry.models import Event
from registry.pages import errors
from registry.rules.errors import NotFound, Refusal
from tests.pages.catalog_world import browser, make_model, person
from tests.pages.facts_world import text

pytestmark = pytest.mark.django_db
SHELL = 'aria-label="Sidebar"'


@pytest.fixture
def pia() -> Client:
    return browser(person("pia", "viewer"))


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nope/", 404, "There is nothing at this address"),
        ("/models/nope/", 404, "There is no such thing here"),
        ("/runs/?status=sleeping", 400, "This request could not be read"),
        ("/settings/people/", 403, "You may not do this"),
    ],
)
def test_who_is_signed_in_keeps_the_sidebar(pia: Client, path: str, status: int, said: str) -> None:
    answer = pia.get(path)
    page = answer.content.decode()
    assert answer.status_code == status
    assert SHELL in page
    assert "pia" in page
    assert page.count("<h1") == 1
    assert said in page[page.index("<h1") : page.index("</h1>")]


def test_an_address_without_a_view_by_another_method_keeps_it_too(pia: Client) -> None:
    make_model(person("ada"))
    answer = pia.get("/models/churn/versions/1/stage/")
    assert answer.status_code == 405
    assert SHELL in answer.content.decode()


def test_others_get_it_bare() -> None:
    page = text(Client(), "/nope/", 404)
    assert SHELL not in page
    assert page.count("<h1") == 1


def test_from_the_past_the_sidebar_stays_in_the_past() -> None:
    ada = person("ada")
    make_model(ada)
    moment = f"as_of=event:{Event.objects.order_by('-id')[0].id}"
    page = text(browser(ada), f"/models/nope/?{moment}", 404)
    assert SHELL in page
    assert f'href="/models/?{moment}"' in page
    assert "Back to now" in page


def away(*_: object) -> None:
    raise OperationalError("the database is away")


def test_without_the_database_an_error_is_told_bare() -> None:
    ada = person("ada")
    who = (  # whom the session names is asked; and what the shell shows
        SimpleLazyObject(lambda: User.objects.get(id=ada.id)),
        User.objects.get(id=ada.id),
    )
    for user in who:
        request = RequestFactory().get("/nope/")
        request.session, request.user = SessionStore(), user  # type: ignore[attr-defined]
        with connection.execute_wrapper(away):
            answer = errors.not_found(request)
        page = answer.content.decode()
        assert answer.status_code == 404
        assert "There is nothing at this address" in page
        assert SHELL not in page


def test_a_fault_and_an_overload_are_told_bare(pia: Client) -> None:
    class Busy(Refusal):
        status, code = 503, "busy"

    request = pia.get("/").wsgi_request
    assert SHELL not in errors.refusal_page(Busy("It is busy."), request).content.decode()
    assert SHELL in errors.refusal_page(NotFound("It went."), request).content.decode()
    assert SHELL not in errors.server_error().content.decode()
