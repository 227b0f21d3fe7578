"""How a run's steps are drawn: the graph's signs and edges, the timeline's bars and ticks."""

from datetime import UTC, datetime, timedelta

from registry.pages.step_graph import step_graph
from registry.pages.timelines import timeline

STEP = {"status": "completed", "seconds": 3.0, "attempts": 1, "cached_run": None}


def steps(**upstream: str) -> list[dict[str, object]]:
    return [{**STEP, "id": name, "name": name, "upstream": list(before)} for name, before in upstream.items()]


def test_the_graph_tells_what_became_of_each_step_and_what_it_waits_for() -> None:
    rows = steps(load="", fit="", test="")
    rows[0] |= {"status": "cached"}
    rows[1] |= {"status": "failed", "upstream": ["load", "load", "fit", "unknown"], "attempts": 2}
    rows[2] |= {"status": "skipped", "upstream": ["fit"], "seconds": None}
    graph = step_graph(rows)
    load, fit, test = graph["nodes"]
    assert [node["line"] for node in graph["nodes"]] == ["cached", "failed, 2 attempts", "skipped"]
    assert [node["sign"][0] for node in graph["nodes"]] == ["cache", "bad", "skip"]
    assert (load["focus"], fit["focus"], fit["failed"], test["failed"]) == (False, True, True, False)
    assert [(edge["source"], edge["target"]) for edge in graph["edges"]] == [("load", "fit"), ("fit", "test")]
    done = step_graph(steps(a=""))["nodes"][0]
    assert (done["line"], done["said"], done["focus"]) == ("3.0 s", "a: done, 3.0 s", True)
    assert step_graph([]) == {"nodes": [], "edges": []}


def test_the_timeline_keeps_bars_within_it() -> None:
    start = datetime(2026, 1, 31, tzinfo=UTC)
    rows = [
        {**STEP, "name": "a", "started_at": start, "ended_at": start + timedelta(seconds=50)},
        {**STEP, "name": "b", "started_at": start - timedelta(hours=1), "ended_at": None, "attempts": 3},
        {**STEP, "name": "c", "started_at": None, "ended_at": None, "seconds": None, "status": "skipped"},
        {**STEP, "name": "d", "started_at": start + timedelta(days=9), "ended_at": start, "seconds": -1.0},
    ]
    for end in (start + timedelta(seconds=100), start, start + timedelta(days=400)):
        drawn = timeline(rows, start, end)
        assert all(bar.width > 0 and bar.x + bar.width <= drawn.width for bar in drawn.bars)
        assert len(drawn.ticks) <= 9
        assert len(drawn.bars[1].retries) == 2
        assert len(drawn.few_ticks) <= 5
        ends = [float(bar.share_x[:-1]) + float(bar.share[:-1]) for bar in drawn.bars]
        assert all(bar.share_x[0] != "-" and end < 100.02 for bar, end in zip(drawn.bars, ends, strict=True))
        assert [bar.begins for bar in drawn.bars] == ["0 s", "0 s", "–", "9 d 0 h"]
