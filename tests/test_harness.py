"""The tests run where they think they run: on the database asked for, and away from the developer's data."""

import os
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from modelcp.home import home
from tests.support import environment
from tests.support.programs import Place


@pytest.mark.django_db
def test_the_database_is_the_one_asked_for() -> None:
    assert connection.vendor == ("postgresql" if environment.on_postgres() else "sqlite")


@pytest.mark.django_db
@pytest.mark.skipif(environment.on_postgres(), reason="about SQLite")
def test_sqlite_is_a_file_with_a_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
    assert Path(settings.DATABASES["default"]["NAME"]).is_relative_to(environment.HOME)


def test_the_home_is_a_throwaway_one() -> None:
    assert home() == environment.HOME
    assert environment.HOME.is_relative_to(Path(tempfile.gettempdir()))


def test_programs_see_none_of_the_tests_settings(tmp_path: Path) -> None:
    assert "MODELCP_DATABASE_URL" not in os.environ
    told = Place(tmp_path).python(
        "import os; print([k for k in os.environ if k.startswith(('MODELCP_', 'DJANGO_'))])"
    )
    assert told.strip() == "['MODELCP_HOME']"


def test_browser_tests_lie_where_they_are_kept_on_one_worker(request: pytest.FixtureRequest) -> None:
    marked = [item for item in request.session.items if item.get_closest_marker("browser")]
    assert [item.nodeid for item in marked if not item.nodeid.startswith("tests/browser/")] == []
