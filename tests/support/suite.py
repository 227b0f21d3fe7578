"""Runs the whole suite on SQLite, then again on a real PostgreSQL, and says in one line what was run.

`python -m tests.support.suite [arguments for pytest]`
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import postgres

NOTHING_COLLECTED = 5
# More than there are cores: a test often waits, for a browser or for a program that starts.
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WORKERS = min(max(CORES * 3 // 2, 2), 8)
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """One run of the suite on one database."""

    database: str
    code: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    not_run: str = ""

    def __str__(self) -> str:
        if self.not_run:
            return f"{self.database}: not run ({self.not_run})"
        if not self.counts:
            return f"{self.database}: stopped with code {self.code} before the end"
        told = [f"{count} {kind}" for kind, count in self.counts.items() if count or kind == "passed"]
        told += [f"{count} skipped: {reason}" for reason, count in self.skipped.items()]
        return f"{self.database}: {', '.join(told)}"


def run(database: str, url: str, arguments: list[str]) -> Outcome:
    """Run pytest on the database of `url` (empty: SQLite)."""
    print(f"\n=== The suite on {database} ===", flush=True)
    with tempfile.TemporaryDirectory(prefix="modelcp-report-") as folder:
        report = Path(folder) / "report.json"
        environment = dict(os.environ, MODELCP_TEST_REPORT=str(report), MODELCP_TEST_DATABASE_URL=url)
        environment.pop("MODELCP_DATABASE_URL", None)
        code = subprocess.call(
            [sys.executable, "-m", "pytest", "-n", str(WORKERS), *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        found = json.loads(report.read_text()) if report.exists() else {}
    return Outcome(database, code, found.get("counts", {}), found.get("skipped", {}))


def run_on_postgres(arguments: list[str]) -> Outcome:
    """The same on PostgreSQL; where there is none, an outcome that says so."""
    try:
        with (
            postgres.server() as (url, source),
            postgres.database(url, f"modelcp_suite_{os.getpid()}") as own,
        ):
            return run(f"PostgreSQL ({source})", own, arguments)
    except postgres.NoPostgres as error:
        return Outcome("PostgreSQL", not_run=str(error))


def main(arguments: list[str]) -> int:
    """Both runs; the exit code is 0 if nothing failed (`arguments`: passed on to pytest)."""
    outcomes = [run("SQLite", "", arguments), run_on_postgres(arguments)]
    print("\nTests: " + "; ".join(str(outcome) for outcome in outcomes) + ".", flush=True)
    # A selection (`-k …`) may well select nothing; the whole suite may not.
    fine = {0, NOTHING_COLLECTED} if arguments else {0}
    return 0 if all(outcome.code in fine for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
