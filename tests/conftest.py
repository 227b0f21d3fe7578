"""Fixtures for every test: databases and running servers."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import environment, postgres, programs, tables


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """All browser tests share one server and its Chromium: they are one piece of work, the others one each.

    pytest-xdist's own `loadgroup` would do, but finds no groups with pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "browser" if nodeid.startswith("tests/browser/") else nodeid

        def _reschedule(self, node: Any) -> None:
            """A worker that stands in for one that died gets nothing before it has collected its tests."""
            if node in self.registered_collections:
                super()._reschedule(node)

        def remove_node(self, node: Any) -> str | None:
            """The test that a worker died of fails; xdist's own would give it to the next, for ever."""
            pieces = self.assigned_work.pop(node)
            left = {
                scope: [test for test, done in piece.items() if not done] for scope, piece in pieces.items()
            }
            died_of: str | None = next((test for tests in left.values() for test in tests), None)
            for scope, tests in left.items():
                if again := dict.fromkeys((test for test in tests if test != died_of), False):
                    self.workqueue[scope] = again
            for other in self.assigned_work:
                self._reschedule(other)
            return died_of

    return Scheduling(config, log)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, as in production: in memory it has no WAL and another kind of locks."""
    from django.conf import settings

    database: dict[str, Any] = settings.DATABASES["default"]
    if "sqlite3" in database["ENGINE"]:
        database.setdefault("TEST", {})["NAME"] = str(environment.HOME / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Before the test database is dropped, end the connections that a test's threads left open in it."""
    from django.db import connection

    yield
    if environment.on_postgres():
        connection.close()
        connection.close_pool()
        postgres.disconnect_all(environment.DATABASE_URL, connection.settings_dict["NAME"])


def _fresh_database(template: str = "") -> Iterator[dict[str, str]]:
    if not environment.on_postgres():
        yield {}
        return
    server, name = environment.DATABASE_URL, f"modelcp_{uuid.uuid4().hex}"
    with postgres.database(server, name, template or tables.template(server)) as url:
        yield {"MODELCP_DATABASE_URL": url}


@pytest.fixture
def program_database() -> Iterator[dict[str, str]]:
    """Environment for programs: a database with tables of the kind under test (SQLite: the home's own)."""
    yield from _fresh_database()


@pytest.fixture
def unused_database() -> Iterator[dict[str, str]]:
    """The same without tables; on SQLite a `Place` must not be `used`."""
    yield from _fresh_database("template1")


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[programs.Server]:
    """One `modelcp up` for all tests that only need some server, on the kind of database under test."""
    for settings in _fresh_database():
        settings["MODELCP_WEBHOOK_ALLOW"] = "127.0.0.2"  # where a test's receiver may listen
        with programs.served(tmp_path_factory.mktemp("served"), **settings) as server:
            yield server
