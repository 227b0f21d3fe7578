"""What programs ask for again and again: the answer is that of the data as they are, remembered or not."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from modelcp.server import repeated, wsgi
from registry.models import ModelVersion, Token
from tests.api.test_programs import Answer, answered
from tests.support.doors import Api

PATH = "/api/v1/models/churn/versions/production/"
pytestmark = pytest.mark.django_db
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite")


@pytest.fixture(autouse=True)
def api() -> Api:
    """A model with two versions, the first in production."""
    api = Api()
    api.post("models/", {"name": "churn"})
    for _ in range(2):
        api.post("models/churn/versions/", {})
    promote(api, 1)
    return api


def promote(api: Api, number: int) -> None:
    api.post(f"models/churn/versions/{number}/stage/", {"stage": "production", "force": True})


def ask(api: Api, path: str = PATH, **headers: str) -> Answer:
    headers = {"Authorization": str(api.client.defaults["HTTP_AUTHORIZATION"]), **headers}
    return answered(wsgi.application, dict(RequestFactory(headers=headers).get(path).environ))


def asked(api: Api, path: str = PATH, **headers: str) -> tuple[Answer, int]:
    """The answer, and how many queries it took."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask(api, path, **headers)
    return answer, len(queries)


@on_sqlite
def test_the_second_answer_asks_nothing_and_is_the_same(api: Api) -> None:
    first, queries = asked(api)
    assert first[0] == "200 OK"
    assert queries > 0
    assert asked(api) == (first, 0)
    same, queries = asked(api, **{"If-None-Match": first[1]["ETag"]})
    assert same[0] == "304 Not Modified"
    assert asked(api, **{"If-None-Match": first[1]["ETag"]}) == (same, 0)
    assert asked(api)[0] == first


def test_what_is_written_is_seen_at_once(api: Api) -> None:
    for number in (2, 1, 2):
        promote(api, number)
        for _ in range(3):
            assert f'"number":{number},'.encode() in ask(api)[2]
    api.call("PATCH", "models/churn/", {"name": "loss"})
    assert ask(api)[0].startswith("404")
    assert ask(api, PATH.replace("churn", "loss"))[0] == "200 OK"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_another_connection_writes_is_seen_at_once(api: Api) -> None:
    def describe() -> None:
        ModelVersion.objects.filter(number=1).update(description="told elsewhere")
        connection.close()

    assert b"told elsewhere" not in ask(api)[2]
    ask(api)
    thread = threading.Thread(target=describe)
    thread.start()
    thread.join()
    assert b"told elsewhere" in ask(api)[2]


def test_a_token_that_ends_ends_what_it_was_answered(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Api("viewer")
    assert ask(other)[0] == ask(other)[0] == "200 OK"
    Token.objects.all().delete()
    assert ask(other)[0].startswith("401")
    assert ask(api, Authorization="Bearer none")[0].startswith("401")


@on_sqlite
def test_time_alone_has_it_answered_anew(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(api)
    assert asked(api)[1] == 0
    now = repeated.time.monotonic() + repeated.LASTS
    monkeypatch.setattr(repeated.time, "monotonic", lambda: now)
    assert asked(api)[1] > 0


def test_who_asks_and_how_is_told_apart(api: Api) -> None:
    known = ask(api)
    assert ask(api, Accept="text/html")[0].startswith("406")
    assert ask(api, Host="elsewhere.example")[0].startswith("400")
    assert ask(api, PATH.replace("production", "staging"))[0].startswith("404")
    assert ask(api, PATH + "?as_of=2001-01-01")[0].startswith("4")
    assert ask(api) == known


@on_sqlite
def test_few_are_remembered_and_no_refusal(api: Api) -> None:
    gone = PATH.replace("production", "9")
    assert ask(api, gone)[0].startswith("404")
    assert asked(api, gone)[1] > 0
    for number in range(repeated.MOST * 2):
        ask(api, **{"User-Agent": f"deployer {number}"})
    assert 0 < len(repeated._memory.answers) <= repeated.MOST


@on_sqlite
def test_a_connection_that_fails_is_the_handlers_affair(api: Api) -> None:
    ask(api)
    raw: Any = connection.connection

    class Broken:
        total_changes = 0

        def execute(self, statement: str) -> None:
            raise repeated.sqlite3.OperationalError("disk I/O error")

    connection.connection = Broken()
    try:
        assert repeated._state() is None
    finally:
        connection.connection = raw
