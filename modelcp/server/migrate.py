"""Brings the database to this version's tables: at first use and after an update, one process at a time."""

from __future__ import annotations

import pkgutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection

from modelcp.errors import ConfigurationError
from modelcp.home import home
from modelcp.server.locks import file_lock

ADVISORY_LOCK = 0x6D6F64656C6370  # "modelcp": PostgreSQL's processes may not share a home


def ensure_migrated() -> bool:
    """Migrates the database of the settings if it needs it; Django must be set up.

    An SQLite database that holds data already is copied aside first, beside itself.

    Returns:
        whether anything was migrated.

    Raises:
        ConfigurationError: the database doesn't answer, or a newer modelcp has migrated it.
    """
    try:
        _reach()
        if not pending():
            return False
        with _alone():
            if not pending():  # another process did it while this one waited
                return False
            copy_aside()
            call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        raise ConfigurationError(
            f"The database can't be opened: {_first_line(error)}.",
            code="no_database",
            hint="See MODELCP_DATABASE_URL and MODELCP_HOME.",
        ) from error
    return True


def _reach() -> None:
    """OperationalError at once, with the reason, where the pool would go on trying to the end of its time."""
    if connection.vendor == "postgresql":
        with connection.wrap_database_errors:
            driver = connection.Database  # type: ignore[attr-defined]
            driver.connect(**connection.get_connection_params()).close()


def pending() -> set[tuple[str, str]]:
    """The migrations not applied yet, as (app, name).

    Read from the names of the files: importing them all would cost each command 0.1 s.
    """
    here, applied = set(_on_disk()), _applied()
    newer = sorted(name for app, name in applied if app == "registry" and (app, name) not in here)
    if newer:
        raise ConfigurationError(
            f"The database was migrated by a newer modelcp (it has {newer[-1]}).",
            hint="Update modelcp, or restore the copy made before the update.",
        )
    return here - applied


def _on_disk() -> Iterator[tuple[str, str]]:
    for app in apps.get_app_configs():
        spec = find_spec(f"{app.name}.migrations")
        for place in (spec and spec.submodule_search_locations) or ():
            for module in pkgutil.iter_modules([place]):
                if not module.ispkg and module.name[0] not in "_~":
                    yield app.label, module.name


def _applied() -> set[tuple[str, str]]:
    try:
        return _recorded()
    except DatabaseError:
        with connection.cursor() as cursor:  # no table yet; raises again if no database answers
            tables = connection.introspection.table_names(cursor)
    # Another process may have made it since.
    return _recorded() if "django_migrations" in tables else set()


def _recorded() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return {(str(app), str(name)) for app, name in cursor.fetchall()}


@contextmanager
def _alone() -> Iterator[None]:
    """Holds the migration's lock among the processes of this home, and of this PostgreSQL database."""
    with file_lock(home() / "migrate.lock"):
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def copy_aside() -> Path | None:
    """Copies an SQLite database that holds data to `NAME.before-TIME`; None if there is nothing to copy."""
    if connection.vendor != "sqlite" or not _applied():
        return None
    source = Path(str(connection.settings_dict["NAME"]))
    target = source.with_name(f"{source.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
    copy_sqlite(source, target)
    return target


def copy_sqlite(source: Path, target: Path) -> None:
    """A consistent copy of an SQLite file, also while others write to it; readable by its owner only."""
    target.touch(mode=0o600)
    read_only = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(read_only, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # one file, no companions


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
