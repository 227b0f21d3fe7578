"""Rows of writing over HTTP: create, promote, link, a run's report; many clients on one model at once.

The same writes are done in three copies of the place: one records their SQL, in one modelcp answers, in
one the bare application runs that SQL.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise

from bench.figures import Figure, median, percentile
from bench.inside import Ask, record
from bench.overhttp import BLOCKS, CLIENTS, VERSION, message_of, require
from bench.places import Place, Server, bare, served
from bench.replay import Script
from bench.seed import API, VERSIONS, run_report, run_start
from bench.settings import Settings
from bench.wire import Load, Wire, load, request

RACERS = 16  # clients that promote as many versions of one model at once


@dataclass(frozen=True)
class Sides:
    """modelcp and the bare application, each on a copy of its own; the SQL of each plan's requests."""

    ours: Server
    limit: Server
    scripts: Mapping[str, list[Script]]


@contextmanager
def _sides(place: Place, plans: Mapping[str, list[Ask]]) -> Iterator[Sides]:
    with ExitStack() as stack:
        copies = [place.copy(f"{place.home.name}-{kind}") for kind in ("record", "ours", "bare")]
        for copy in copies:
            stack.callback(copy.drop)
        told = iter(record(copies[0], [ask for asks in plans.values() for ask in asks]))
        scripts = {name: [next(told) for _ in asks] for name, asks in plans.items()}
        ours = stack.enter_context(served(copies[1]))
        yield Sides(ours, stack.enter_context(bare(copies[2], scripts)), scripts)


def writes(settings: Settings, place: Place, token: str) -> Iterator[Figure]:
    """Create a version, promote, link; a run's report of 20 steps and 60 outputs."""
    count, runs = settings.times(25) * BLOCKS, settings.times(4) * BLOCKS
    plans = {
        "create": [Ask("POST", VERSION, {}, token)] * count,
        "promote": [_promotion(n % VERSIONS + 1, token) for n in range(count)],
        "link": [_link(n, token) for n in range(count)],
        "report": _reports(runs, token),
    }
    words = {
        "create": ("create a version", 3),
        "promote": ("promote, displacing the holder", 3),
        "link": ("link an artifact version", 3),
        "report": ("report a run: 20 steps, 60 outputs", 40),
    }
    with _sides(place, plans) as sides:
        for name, asks in plans.items():
            skip = 2 if name == "report" else 1
            ours, limit, cpu = _in_turn(sides, name, asks, skip=skip)
            each = "a start and a report" if skip == 2 else "each"
            note = f"{len(sides.scripts[name][-1].statements)} statements; {cpu:.1f} ms of computing {each}"
            what, target = words[name]
            yield Figure(name, what, median(ours), "ms", median(limit), target, note=note)


def _promotion(number: int, token: str) -> Ask:
    return Ask("POST", f"{VERSION}{number}/stage/", {"stage": "production"}, token)


def _link(number: int, token: str) -> Ask:
    version, weights = number % VERSIONS + 1, (number + 1 + number // VERSIONS) % VERSIONS + 1
    body = {"artifact": "weights", "number": weights, "kind": "data", "name": f"weights {number}"}
    return Ask("POST", f"{VERSION}{version}/artifacts/", body, token)


def _reports(count: int, token: str) -> list[Ask]:
    """Starts and reports of runs in turn; the reports are what is measured."""
    asks = []
    for _ in range(count):
        run, resolution = str(uuid.uuid4()), str(uuid.uuid4())
        asks += [run_start(token, run, resolution), run_report(token, run, resolution)]
    return asks


def _in_turn(
    sides: Sides, name: str, asks: list[Ask], *, skip: int
) -> tuple[list[float], list[float], float]:
    """The same writes by us and bare, block by block; of every `skip` the last counts."""
    own, limit = Wire(sides.ours.port), Wire(sides.limit.port)
    messages = [message_of(ask) for ask in asks]
    plain, size = request("POST", f"/{name}", body={}), len(asks) // BLOCKS
    took: tuple[list[float], list[float]] = ([], [])
    computed = sides.ours.cpu()
    for start in range(0, len(asks), size):
        block = messages[start : start + size]
        for times, wire, sent in ((took[0], own, block), (took[1], limit, [plain] * len(block))):
            answers = [wire.ask(message) for message in sent]
            require(answers, 200, 201)
            if start:  # the first block warms up
                times.extend(answer.took for answer in answers[skip - 1 :: skip])
    own.close()
    limit.close()
    return took[0], took[1], (sides.ours.cpu() - computed) / len(asks) * skip


def crowd(settings: Settings, place: Place, token: str) -> Iterator[Figure]:
    """Many clients write to one model at once."""
    count = settings.times(500)
    plans = {
        "create": [Ask("POST", VERSION, {}, token)] * count,
        "promote": [_promotion(n % VERSIONS + 1, token) for n in range(count)],
        "race": [_promotion(n + 1, token) for n in range(RACERS)],
    }
    with _sides(place, plans) as sides:
        for name, asks in plans.items():
            clients = RACERS if name == "race" else CLIENTS
            ours = load(sides.ours.port, [message_of(ask) for ask in asks], clients)
            limit = load(sides.limit.port, [request("POST", f"/{name}", body={})] * len(asks), clients)
            for done in (ours, limit):
                require(done.answers, 200, 201)
            note = f"{ours.rate:.0f}/s, {len(ours.answers)} of {len(asks)} answered"
            if name == "create":
                note += f", {_gaps(ours)} gaps in the numbers"
            if name == "race":
                yield _race(sides, token, ours, limit)
            else:
                what = f"{name}, {clients} clients on one model: p99"
                yield Figure("crowd", what, _slowest(ours), "ms", _slowest(limit), 100, note=note)


def _slowest(done: Load) -> float:
    return percentile([answer.took for answer in done.answers], 0.99)


def _gaps(done: Load) -> int:
    numbers = sorted(json.loads(answer.body)["number"] for answer in done.answers)
    return sum(b != a + 1 for a, b in pairwise(numbers))


def _race(sides: Sides, token: str, ours: Load, limit: Load) -> Figure:
    """How long it takes until all have promoted, and how many versions are in production then."""
    asked = request("GET", f"{API}versions/?stage=production&limit=100", token=token)
    held = len(Wire(sides.ours.port).ask(asked).json["results"])
    good = sum(answer.status < 300 for answer in ours.answers)
    what = f"{RACERS} clients promote {RACERS} versions at once: until all are answered"
    note = f"{good} answered as done, {held} in production then"
    return Figure("crowd", what, ours.seconds * 1000, "ms", limit.seconds * 1000, note=note)
