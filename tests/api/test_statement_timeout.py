"""Where a statement takes longer than the server lets it: 503 in the one shape, on pages in words."""

from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from modelcp.server.databases import database, limit_statements
from registry.selectors.chains import verify_chains
from registry.selectors.long_reads import without_limit
from tests.pages.catalog_world import browser, person
from tests.support import environment
from tests.support.doors import Api
from tests.support.programs import Place, served

URL = "postgresql://modelcp@localhost/modelcp"
postgres = pytest.mark.skipif(not environment.on_postgres(), reason="only PostgreSQL has such a limit")


def take_too_long(*_: Any, **__: Any) -> None:
    """A statement that the database ends; on SQLite the error that another one's driver raises."""
    if environment.on_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 10")
            cursor.execute("SELECT pg_sleep(60)")
    cause = Exception("canceling statement due to statement timeout")
    cause.sqlstate = "57014"  # type: ignore[attr-defined]
    raise OperationalError(str(cause)) from cause


@pytest.mark.django_db
def test_the_api_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api()
    monkeypatch.setattr("registry.selectors.catalog_lists.model_rows", take_too_long)
    status, body = api.call("GET", "models/")
    assert (status, body["error"]["code"]) == (503, "too_slow")
    assert "MODELCP_STATEMENT_TIMEOUT" in body["error"]["hint"]


@pytest.mark.django_db
def test_a_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser(person("ada"))
    monkeypatch.setattr("registry.selectors.models_page.models_leaf", take_too_long)
    answer = client.get("/models/")
    assert answer.status_code == 503
    assert "took the database too long" in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "seconds", "sent"),
    [
        ("", 30.0, "-c jit=off -c statement_timeout=30000"),
        ("", 0.5, "-c jit=off -c statement_timeout=500"),
        ("", 0.0, None),
        (
            "?options=-c%20statement_timeout%3D7",
            30.0,
            "-c jit=off -c statement_timeout=30000 -c statement_timeout=7",
        ),
    ],
)
def test_the_limit_goes_with_each_connection(given: str, seconds: float, sent: str | None) -> None:
    options = database(URL + given)["OPTIONS"]
    limit_statements(options, seconds)
    assert options.get("options") == sent  # of two the last holds


@postgres
@pytest.mark.django_db
def test_reads_of_all_history_have_no_limit() -> None:
    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5min'")
    with without_limit():
        assert limit() == "0"
    assert verify_chains()["whole"]


@postgres
def test_a_server_gives_up_what_waits_for_ever(tmp_path: Path, program_database: dict[str, str]) -> None:
    import psycopg

    with served(tmp_path, MODELCP_STATEMENT_TIMEOUT="0.3", **program_database) as server:
        client = Place(tmp_path / "client", MODELCP_URL=server.url, MODELCP_TOKEN=server.token())
        assert client.json("model", "list") == []
        with psycopg.connect(program_database["MODELCP_DATABASE_URL"]) as other:
            other.execute("LOCK TABLE registry_model")
            done = client.run("-m", "modelcp", "model", "list")
        assert done.returncode != 0
        assert "too long" in done.stderr
        assert client.json("model", "list") == []


def test_a_limit_that_is_none_stops_the_server(tmp_path: Path) -> None:
    place = Place(tmp_path, MODELCP_STATEMENT_TIMEOUT="-1")
    done = place.run("-m", "modelcp", "up", "--no-browser", "--port", "0")
    assert done.returncode != 0
    assert "MODELCP_STATEMENT_TIMEOUT" in done.stderr
