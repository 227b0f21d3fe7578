"""The row of reading over HTTP with a token: the holder of a stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.figures import Figure, median
from bench.inside import Ask, record
from bench.places import Place, bare, served
from bench.seed import API, MODEL
from bench.settings import Settings
from bench.wire import Wire, load, request

CLIENTS = 8
BLOCKS = 5  # ours and the limit take turns, so that both see the same machine
VERSION = f"{API}models/{MODEL}/versions/"


def message_of(ask: Ask) -> bytes:
    """The request's bytes."""
    return request(ask.method, ask.path, token=ask.token, body=ask.body)


def holder(settings: Settings, place: Place, token: str) -> Iterator[Figure]:
    """GET of the version in production."""
    ask = Ask("GET", f"{VERSION}production/", token=token)
    script = record(place, [ask])[0]
    with served(place) as ours, bare(place, {"holder": [script]}) as limit:
        own, other = Wire(ours.port), Wire(limit.port)
        tag = own.ask(message_of(ask)).headers["etag"]
        again = request("GET", ask.path, token=token, headers={"If-None-Match": tag})
        plain = request("GET", "/holder")
        times: dict[str, list[float]] = {"get": [], "same": [], "limit": []}
        for block in range(BLOCKS + 1):
            for name, wire, message, status in (
                ("get", own, message_of(ask), 200),
                ("same", own, again, 304),
                ("limit", other, plain, 200),
            ):
                answers = [wire.ask(message) for _ in range(settings.times(100))]
                require(answers, status)
                times[name] += [answer.took for answer in answers] if block else []
        many = settings.times(4000)
        computed = ours.cpu()
        rates = [
            (
                load(ours.port, [message_of(ask)] * many, CLIENTS).rate,
                load(limit.port, [plain] * many, CLIENTS).rate,
            )
            for _ in range(2)
        ]
        cpu = (ours.cpu() - computed) / (many * len(rates))
    bare_ms, note = (
        median(times["limit"]),
        f"{len(script.statements)} statements; {cpu:.2f} ms of computing each",
    )
    yield Figure("holder", "GET a stage's holder", median(times["get"]), "ms", bare_ms, 1, note=note)
    yield Figure(
        "holder", "the same, unchanged (304)", median(times["same"]), "ms", bare_ms, note="cheaper than 200"
    )
    rate, limit_rate = max(each for each, _ in rates), max(each for _, each in rates)
    yield Figure("holder", "the same, 8 clients", rate, "/s", limit_rate, 1500, rate=True)


def require(answers: list[Any], *statuses: int) -> None:
    """RuntimeError unless all were answered by one of the statuses."""
    wrong = [answer for answer in answers if answer.status not in statuses]
    if wrong:
        raise RuntimeError(f"answered {wrong[0].status}: {wrong[0].body[:500]!r}")
