"""The row of reading over HTTP with a token: the holder of a stage."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from bench.figures import Figure, median
from bench.inside import Ask, record
from bench.places import Place, Server, bare, served
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
    """GET of the version in production: the same request again, and each unlike all before, so read anew."""
    ask = Ask("GET", f"{VERSION}production/", token=token)
    script = record(place, [ask])[0]
    with served(place) as ours, bare(place, {"holder": [script]}) as limit:
        own, other = Wire(ours.port), Wire(limit.port)
        tag = own.ask(message_of(ask)).headers["etag"]
        again = request("GET", ask.path, token=token, headers={"If-None-Match": tag})
        plain = request("GET", "/holder")
        times: dict[str, list[float]] = {"get": [], "anew": [], "same": [], "limit": []}
        for block in range(BLOCKS + 1):
            for name, wire, messages, status in (
                ("get", own, [message_of(ask)] * settings.times(100), 200),
                ("anew", own, unlike(ask, settings.times(100)), 200),
                ("same", own, [again] * settings.times(100), 304),
                ("limit", other, [plain] * settings.times(100), 200),
            ):
                answers = [wire.ask(message) for message in messages]
                require(answers, status)
                times[name] += [answer.took for answer in answers] if block else []
        many = settings.times(4000)
        loads = {"get": [message_of(ask)] * many, "anew": unlike(ask, many), "limit": [plain] * many}
        rates, computed = _crowded(ours, limit.port, loads)
    yield from _figures(times, rates, computed, len(script.statements))


def _crowded(
    ours: Server, limit: int, loads: dict[str, list[bytes]]
) -> tuple[dict[str, float], dict[str, float]]:
    """The answers a second that eight clients got of each load, the better of two; our computing in ms."""
    rates, computed = dict.fromkeys(loads, 0.0), dict.fromkeys(loads, 0.0)
    for _ in range(2):
        for name, messages in loads.items():
            before = ours.cpu()
            loaded = load(limit if name == "limit" else ours.port, messages, CLIENTS)
            require(loaded.answers, 200)
            rates[name] = max(rates[name], loaded.rate)
            computed[name] = (ours.cpu() - before) / len(messages)
    return rates, computed


def unlike(ask: Ask, many: int) -> list[bytes]:
    """So many requests, none of which was sent before."""
    return [
        request(ask.method, ask.path, token=ask.token, headers={"User-Agent": f"bench {uuid.uuid4()}"})
        for _ in range(many)
    ]


def _figures(
    times: dict[str, list[float]], rates: dict[str, float], computed: dict[str, float], statements: int
) -> Iterator[Figure]:
    bare_ms, limit_rate = median(times["limit"]), rates["limit"]
    notes = {name: f"{computed[name]:.2f} ms of computing each" for name in ("get", "anew")}
    anew = f"{statements} statements; {notes['anew']}"
    yield Figure("holder", "GET a stage's holder", median(times["get"]), "ms", bare_ms, 1, note=notes["get"])
    yield Figure("holder", "the same, read anew", median(times["anew"]), "ms", bare_ms, 1, note=anew)
    yield Figure(
        "holder", "the same, unchanged (304)", median(times["same"]), "ms", bare_ms, note="cheaper than 200"
    )
    yield Figure("holder", "the same, 8 clients", rates["get"], "/s", limit_rate, 1500, rate=True)
    yield Figure("holder", "8 clients, each read anew", rates["anew"], "/s", limit_rate, rate=True)


def require(answers: list[Any], *statuses: int) -> None:
    """RuntimeError unless all were answered by one of the statuses."""
    wrong = [answer for answer in answers if answer.status not in statuses]
    if wrong:
        raise RuntimeError(f"answered {wrong[0].status}: {wrong[0].body[:500]!r}")
