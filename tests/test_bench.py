"""The bench runs: each row gives figures, from tiny sizes."""

import json
from pathlib import Path

import pytest

from bench.__main__ import ROWS, main, options
from bench.figures import Figure, percentile
from bench.wire import Wire, load, request
from tests.support import environment
from tests.support.programs import Server

pytestmark = pytest.mark.slow
TINY = ("--quick", "--rows", "300")


def measured(tmp_path: Path, *only: str) -> dict[str, list[dict[str, object]]]:
    """The figures of some rows, by row."""
    out = tmp_path / "figures.json"
    names = [part for row in only for part in ("--only", row)]
    database = ["--database-url", environment.DATABASE_URL] if environment.on_postgres() else []
    assert main([*TINY, *names, *database, "--json", str(out)]) == 0
    found: dict[str, list[dict[str, object]]] = {}
    for figure in json.loads(out.read_text()):
        found.setdefault(figure["row"], []).append(figure)
    return found


def test_requests_are_measured_beside_their_sql(tmp_path: Path) -> None:
    found = measured(tmp_path, "holder", "writes", "crowd")
    assert set(found) == {"holder", "create", "promote", "link", "report", "crowd"}
    for figures in found.values():
        assert all(figure["ours"] > 0 and figure["ratio"] > 0 for figure in figures)  # type: ignore[operator]
    *_, race = found["crowd"]
    assert "16 answered as done, 1 in production then" in str(race["note"])


def test_a_large_registry_is_measured_beside_a_small_one(tmp_path: Path) -> None:
    found = measured(tmp_path, "scale")
    assert set(found) == {"lists", "pages", "lineage", "as-of", "verify"}
    assert all("its cost at" in str(figure["note"]) for figure in found["lists"])


def test_starting_and_pipelines_are_measured(tmp_path: Path) -> None:
    found = measured(tmp_path, "import", "pipeline")
    trips = [figure["ours"] for figure in found["pipeline"] if figure["unit"] == "trips"]
    assert len(trips) == 1
    assert 2 <= float(trips[0]) < 5  # a run of over a second tells how it goes, too


def test_every_row_can_be_asked_for_alone() -> None:
    assert [options(["--only", row]).only for row in ROWS] == [[row] for row in ROWS]
    with pytest.raises(SystemExit):
        options(["--only", "nothing"])


@pytest.mark.parametrize(
    ("figure", "ratio", "met"),
    [
        (Figure("r", "w", 4, limit=2, target=3), 2, False),
        (Figure("r", "w", 4, limit=8, target=3, rate=True), 2, True),
        (Figure("r", "w", 4), None, None),
    ],
)
def test_a_figure_knows_its_ratio_and_its_target(
    figure: Figure, ratio: float | None, met: bool | None
) -> None:
    assert (figure.ratio, figure.met) == (ratio, met)


def test_percentiles() -> None:
    assert percentile([3, 1, 2], 0.99) == 3
    assert percentile(list(range(200)), 0.5) == 100


def test_the_client_reads_whole_answers(shared_server: Server) -> None:
    port = shared_server.port
    message = request("GET", "/healthz")
    wire = Wire(port)
    answers = [wire.ask(message) for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert len(load(port, [message] * 20, 4).answers) == 20
