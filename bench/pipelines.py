"""Rows of pipelines: what a step costs besides the user's code and writing its bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bench.figures import Figure, median
from bench.places import Place, served
from bench.settings import Settings

STEPS = (1, 5, 20)


def overhead(settings: Settings, place: Place, token: str) -> Iterator[Figure]:
    """Pipelines of 1, 5 and 20 trivial steps, caching off, embedded and to a server."""
    rounds = settings.times(7)
    yield from _figures("pipeline", "embedded", _run(place, rounds), target=5)
    copy = place.copy(f"{place.home.name}-pipelines")
    try:
        with served(copy) as server:
            url = f"http://127.0.0.1:{server.port}"
            told = _run(copy, rounds, MODELCP_URL=url, MODELCP_TOKEN=token)
        yield from _figures("pipeline", "to a server", told)
        trips = {steps: told[str(steps)]["trips"] for steps in STEPS}
        uploads = ", ".join(f"{steps} steps: {told[str(steps)]['uploads']} uploads" for steps in STEPS)
        worst = max(median(counts) for counts in trips.values())
        what = "round trips a run besides uploads, caching off"
        yield Figure("pipeline", what, worst, "trips", target=2, note=uploads)
    finally:
        copy.drop()


def _run(place: Place, rounds: int, **more: str) -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = json.loads(
        place.run("-m", "bench.training", str(rounds), *map(str, STEPS), **more).splitlines()[-1]
    )
    return found


def _figures(
    row: str, where: str, told: dict[str, dict[str, list[float]]], target: float | None = None
) -> Iterator[Figure]:
    ours = {steps: median(told[str(steps)]["ours"]) for steps in STEPS}
    plain = {steps: median(told[str(steps)]["plain"]) for steps in STEPS}
    for steps in STEPS:
        yield Figure(row, f"{steps} trivial steps, {where}", ours[steps], "ms", plain[steps])
    least, most = STEPS[0], STEPS[-1]
    each = (ours[most] - ours[least] - plain[most] + plain[least]) / (most - least)
    whole = (ours[most] - plain[most]) / most
    note = f"with a run's own share: {whole:.1f} ms; limit: the functions, and their bytes written"
    yield Figure(row, f"a step's overhead, {where}", each, "ms", target=target, note=note)
