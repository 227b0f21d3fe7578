"""`python -m django deliver_webhooks`: delivers where another server than `modelcp up` serves."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from registry.services.dispatcher import Dispatcher, run_due


class Command(BaseCommand):
    help = "Delivers to webhooks until it is stopped. `modelcp up` does so by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="What is due now, then end.")

    def handle(self, *_: Any, once: bool = False, **__: Any) -> None:
        if once:
            made = run_due()
            self.stdout.write(f"{made} attempt{'' if made == 1 else 's'} made.")
            return
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        dispatcher = Dispatcher()
        dispatcher.start()
        stopped.wait()
        dispatcher.stop()
