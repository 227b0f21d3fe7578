"""What the tests run in: a home and a database of their own, whatever the developer's shell says.

Loaded as a pytest plugin before Django's settings are read (`-p tests.support.environment`).
`MODELCP_TEST_DATABASE_URL` chooses the database; without it, SQLite.
"""

import atexit
import json
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

HOME = Path(tempfile.mkdtemp(prefix="modelcp-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)  # also when the settings refuse to load
DATABASE_URL = os.environ.get("MODELCP_TEST_DATABASE_URL") or os.environ.get("MODELCP_DATABASE_URL") or ""

_ours = [name for name in os.environ if name.startswith("MODELCP_") and not name.startswith("MODELCP_TEST_")]
for _name in _ours:
    del os.environ[_name]
os.environ["MODELCP_HOME"] = str(HOME)
if DATABASE_URL:
    os.environ["MODELCP_DATABASE_URL"] = os.environ["MODELCP_TEST_DATABASE_URL"] = DATABASE_URL


def on_postgres() -> bool:
    """Whether this run's database is PostgreSQL."""
    return DATABASE_URL.startswith("postgres")


def pytest_configure(config: pytest.Config) -> None:
    """Settings are read by now: a program that a test starts must not share this run's database."""
    os.environ.pop("MODELCP_DATABASE_URL", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    shutil.rmtree(HOME, ignore_errors=True)


def _reason(report: Any) -> str:
    where = report.longrepr
    said = where[2] if isinstance(where, tuple) else str(where)
    return str(said).removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Count the outcomes into the file `MODELCP_TEST_REPORT`, for the closing line of `make test`."""
    target = os.environ.get("MODELCP_TEST_REPORT")
    if not target:
        return
    stats = terminalreporter.stats
    counts = {kind: len(stats.get(kind, [])) for kind in ("passed", "failed", "error", "xfailed", "xpassed")}
    reasons = Counter(_reason(report) for report in stats.get("skipped", []))
    Path(target).write_text(json.dumps({"counts": counts, "skipped": dict(reasons)}))
