"""Who takes the due deliveries out of the queues and makes the attempts: a thread of a serving process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import close_old_connections, connection
from django.utils import timezone

from registry.services import queues
from registry.services.deliveries import prune

log = logging.getLogger("modelcp.webhooks")
PAUSE = 1.0  # seconds between two looks into the queues
AT_ONCE = 4  # attempts, each to another webhook
STOPS_WITHIN = 4.0  # seconds for those under way when the server stops
CARE = timedelta(minutes=1)  # between two looks for what got lost or is old
Clock = Callable[[], datetime]


def run_due(clock: Clock = timezone.now) -> int:
    """Makes all attempts that are due, one after the other; how many there were."""
    care(clock())
    made = 0
    while (task := queues.claim(clock())) is not None:
        attempt(task, clock)
        made += 1
    return made


def care(now: datetime) -> None:
    """Gives out again what a killed server had claimed, and forgets what is old."""
    queues.give_back(now)
    prune(now)


def attempt(task: queues.Task, clock: Clock = timezone.now) -> None:
    """Makes one attempt; if it can't be written how it went, it is made again."""
    try:
        task.task.func(*task.args_kwargs["args"], clock=clock)
        queues.done(task)
    except Exception:
        log.exception("a delivery could not be recorded; it is tried again")


class Dispatcher:
    """A thread that looks for due deliveries, and a short-lived one for each attempt."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._under_way: list[threading.Thread] = []
        self._cared: datetime | None = None
        self._thread = threading.Thread(target=self._run, name="modelcp-webhooks", daemon=True)

    def start(self) -> None:
        """Starts looking."""
        self._thread.start()

    def stop(self) -> None:
        """Starts nothing more, and gives what is under way a moment to end."""
        self._stop.set()
        until = timezone.now() + timedelta(seconds=STOPS_WITHIN)
        for thread in [self._thread, *self._under_way]:
            thread.join(max(0.0, (until - timezone.now()).total_seconds()))

    def _run(self) -> None:
        told = False
        while not self._stop.wait(PAUSE):
            try:
                self._look()
                told = False
            except Exception:  # the database went away: it comes back, or the server is stopped
                if not told:
                    log.exception("the queues of webhooks can't be read")
                told = True
                connection.close()

    def _look(self) -> None:
        now = timezone.now()
        if self._cared is None or now - self._cared > CARE:
            self._cared = now
            care(now)
        self._under_way = [thread for thread in self._under_way if thread.is_alive()]
        while len(self._under_way) < AT_ONCE and not self._stop.is_set():
            task = queues.claim(now)
            if task is None:
                break
            thread = threading.Thread(target=_attempt, args=(task,), name="modelcp-webhook", daemon=True)
            self._under_way.append(thread)
            thread.start()
        close_old_connections()


def _attempt(task: queues.Task) -> None:
    try:
        attempt(task)
    finally:
        connection.close()
