"""A database URL as Django's settings: SQLite tuned on purpose, PostgreSQL with a pool."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;"  # readers don't wait for the writer
    "PRAGMA synchronous=NORMAL;"  # safe against a killed process; a power cut may lose the last commits
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA mmap_size=134217728;"
    "PRAGMA cache_size=-16000;"
    "PRAGMA busy_timeout=30000;"
)


def database(url: str) -> dict[str, Any]:
    """Django's settings for `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST:PORT/NAME`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path)[1:] if parts.path.startswith("//") else unquote(parts.path))
    if parts.scheme in ("postgresql", "postgres"):
        return _postgresql(url)
    raise ImproperlyConfigured(
        f"MODELCP_DATABASE_URL starts with {parts.scheme!r}; it must be sqlite:///PATH or postgresql://…"
    )


def limit_statements(options: dict[str, Any], seconds: float) -> None:
    """Lets PostgreSQL end each statement that takes longer, on connections that are opened from now on.

    They also don't compile queries (jit): for a page that costs more than it ever gives.

    Args:
        options: the OPTIONS of Django's settings of a PostgreSQL database, which are changed. A limit that
            its URL gives stands.
        seconds: 0 for no limit; then nothing is sent.
    """
    if seconds:
        limit = f"-c jit=off -c statement_timeout={round(seconds * 1000)}"
        options["options"] = f"{limit} {options.get('options', '')}".strip()


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        # IMMEDIATE: a transaction that will write takes the write lock at once, so that none fails
        # half-way because another wrote in between.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": SQLITE_PRAGMAS},
        "CONN_MAX_AGE": None,
        "TEST": {"NAME": None},
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    pool = int(options.pop("pool", 8))
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pool else None,
    }
