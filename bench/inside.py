"""modelcp in this process, without HTTP: what a request runs, and what it costs beside its bare SQL.

`python -m bench.inside record|measure JOB OUT`, in a place's environment.
"""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.places import Place
from bench.replay import Bare, Script, Statement, prepared


@dataclass(frozen=True)
class Ask:
    """A request; with `page` as a signed-in browser's, else with the token."""

    method: str
    path: str
    body: Any = None
    token: str = ""
    page: bool = False


@dataclass(frozen=True)
class Cost:
    """What a request cost, in ms of each repetition: here, of that computing, and its SQL alone."""

    status: int
    queries: int
    cpu: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)


def record(place: Place, asks: list[Ask]) -> list[Script]:
    """Does the requests in a place, one after the other, and notes the SQL of each."""
    scripts: list[Script] = _call(place, "record", asks)
    return scripts


def measure(place: Place, asks: list[Ask], rounds: int) -> list[Cost]:
    """Does each of the requests, which only read, `rounds` times, in turn with its bare SQL."""
    costs: list[Cost] = _call(place, "measure", (asks, rounds))
    return costs


def _call(place: Place, what: str, job: Any) -> Any:
    given, out = place.home / "job.pickle", place.home / "out.pickle"
    given.write_bytes(pickle.dumps(job))
    place.run("-m", "bench.inside", what, str(given), str(out))
    return pickle.loads(out.read_bytes())  # noqa: S301 - written by our own process


class _Recorder:
    """Notes the statements that Django's connection runs."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        inside = context["connection"].in_atomic_block
        told = [tuple(row) for row in params] if many else tuple(params) if params else None
        self.statements.append(Statement(str(sql), told, inside, bool(many)))
        return execute(sql, params, many, context)


class _Inside:
    """The application in this process."""

    def __init__(self) -> None:
        from modelcp.embedded import boot
        from modelcp.transports import WsgiTransport

        self._transport = WsgiTransport(boot())
        self._cookie = ""

    def ask(self, ask: Ask) -> tuple[int, bytes]:
        """The status and the body."""
        import json

        headers = {"Cookie": self._session()} if ask.page else {"Authorization": f"Bearer {ask.token}"}
        body = None if ask.body is None else json.dumps(ask.body).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer = self._transport.send(ask.method, ask.path, headers=headers, body=body)
        return answer.status, answer.body

    def recorded(self, ask: Ask) -> Script:
        """The request's SQL and answer; RuntimeError if it was refused."""
        from django.db import connection

        recorder = _Recorder()
        with connection.execute_wrapper(recorder):
            status, body = self.ask(ask)
        if status >= 400 and not ask.page:
            raise RuntimeError(f"{ask.method} {ask.path}: {status} {body[:500]!r}")
        script = Script(tuple(recorder.statements), status, body)
        return prepared(script, lite=connection.vendor == "sqlite")

    def _session(self) -> str:
        if not self._cookie:
            from django.conf import settings
            from django.contrib.auth.models import User
            from django.test import Client

            client = Client()
            client.force_login(User.objects.filter(is_superuser=True).order_by("id")[0])
            name = settings.SESSION_COOKIE_NAME
            self._cookie = f"{name}={client.cookies[name].value}"
        return self._cookie


def _measured(inside: _Inside, bare: Bare, ask: Ask, rounds: int) -> Cost:
    inside.ask(ask)
    script = inside.recorded(ask)
    cost = Cost(script.status, len(script.statements))
    if script.status != 200:
        return cost
    for repeat in range(rounds + 1):
        began, computed = time.perf_counter(), time.thread_time()
        inside.ask(ask)
        computed = time.thread_time() - computed
        between = time.perf_counter()
        bare.play(script)
        ended = time.perf_counter()
        if repeat:  # the first warms up
            cost.cpu.append(computed * 1000)
            cost.ours.append((between - began) * 1000)
            cost.bare.append((ended - between) * 1000)
    return cost


def main(what: str, job: str, out: str) -> None:
    """What `record` and `measure` run."""
    import os

    given = pickle.loads(Path(job).read_bytes())  # noqa: S301 - written by them
    inside = _Inside()
    if what == "record":
        result: Any = [inside.recorded(ask) for ask in given]
    else:
        asks, rounds = given
        bare = Bare(os.environ["MODELCP_DATABASE_URL"])
        result = [_measured(inside, bare, ask, rounds) for ask in asks]
    Path(out).write_bytes(pickle.dumps(result))


if __name__ == "__main__":
    import_module("bench.inside").main(*sys.argv[1:])  # so that what it pickles is named by that module
