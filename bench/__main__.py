"""`python -m bench`: measures, prints the table."""

from __future__ import annotations

import argparse
import compileall
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import overhttp, pipelines, scale, starting, writing
from bench.figures import Figure, show
from bench.places import ROOT, Place, new_place
from bench.seed import seed
from bench.settings import Settings

Row = Callable[[Settings, Place, str], Iterator[Figure]]
ROWS: dict[str, Row] = {
    "import": starting.imports,
    "server": starting.server,
    "pipeline": pipelines.overhead,
    "holder": overhttp.holder,
    "writes": writing.writes,
    "crowd": writing.crowd,
    "scale": scale.at_scale,
}


def options(given: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--only", action="append", choices=[*ROWS, "peer"], help="this row; repeat for more")
    parser.add_argument("--full", action="store_true", help="1,000,000 versions instead of 100,000")
    parser.add_argument("--rows", type=int, help="this many versions in the large registry")
    parser.add_argument("--quick", action="store_true", help="few repetitions: to see that it runs")
    parser.add_argument("--database-url", metavar="URL", help="a PostgreSQL role that may create databases")
    parser.add_argument(
        "--peer", action="store_true", help="MLflow and ZenML too, each in an environment of its own"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    """Runs what is asked for; 1 if a row couldn't be measured."""
    asked = options(given)
    _compile()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="modelcp-bench-") as folder:
        rows = asked.rows or (1_000_000 if asked.full else 100_000)
        settings = Settings(Path(folder), 0.05 if asked.quick else 1.0, rows, min(1000, rows))
        whole = _measure(settings, asked, figures)
    show(
        figures, f"modelcp on {'PostgreSQL' if asked.database_url else 'SQLite'}; ratios hold within this run"
    )
    if asked.json:
        asked.json.write_text(json.dumps([figure.as_dict() for figure in figures], indent=2) + "\n")
    return 0 if whole else 1


def _compile() -> None:
    """Writes the bytecode that an installation has."""
    sys.dont_write_bytecode = False
    for folder in ("modelcp", "registry", "bench"):
        compileall.compile_dir(str(ROOT / folder), quiet=2)


def _measure(settings: Settings, asked: argparse.Namespace, figures: list[Figure]) -> bool:
    """Measures each row; whether all could be."""
    whole, place = True, new_place(settings.folder, "seed", asked.database_url)
    try:
        token = place.token()
        seed(place, token)
        for name, row in _rows(asked).items():
            print(f"{name} …", file=sys.stderr, flush=True)
            try:
                figures.extend(row(settings, place, token))
            except (OSError, RuntimeError, KeyError) as error:
                print(f"{name} couldn't be measured: {error}", file=sys.stderr)
                whole = False
    finally:
        place.drop()
    return whole


def _rows(asked: argparse.Namespace) -> dict[str, Row]:
    rows = {name: row for name, row in ROWS.items() if not asked.only or name in asked.only}
    if asked.peer or "peer" in (asked.only or ()):
        from bench import peers

        rows["peer"] = peers.compare
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
