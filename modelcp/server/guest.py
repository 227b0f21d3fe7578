"""Django in somebody else's process: what it takes for its own there is given back."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CONNECT_TIMEOUT = 10  # seconds
_DJANGOS = ("DJANGO_SETTINGS_MODULE", "TZ")  # of the environment


@contextmanager
def as_a_guest(settings_module: str) -> Iterator[None]:
    """In the block Django is set up; the process keeps its time zone, environment and log.

    Django sets the process to its own time zone and puts its handlers onto the root logger. Neither is
    needed: it converts times by itself, and what the registry logs goes where the program's log goes.

    Args:
        settings_module: The settings' full name.
    """
    kept = {name: os.environ.get(name) for name in _DJANGOS}
    os.environ["DJANGO_SETTINGS_MODULE"] = settings_module
    try:
        from django.conf import settings

        _take_one_connection(settings.DATABASES["default"])
        settings.LOGGING_CONFIG = None
        loggers: Any = settings.LOGGING["loggers"]
        logging.getLogger("django").setLevel(logging.WARNING)
        for name, told in loggers.items():
            logging.getLogger(name).setLevel(told["level"])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "No directory at")  # static files are `modelcp up`'s to collect
            yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        if hasattr(time, "tzset"):
            time.tzset()


def _take_one_connection(database: dict[str, Any]) -> None:
    """No pool of connections: all requests run on one thread here.

    A pool has threads of its own, which can't be started once the program ends, and draws from its `random`.
    """
    options = database["OPTIONS"]
    if options.pop("pool", None):
        options.setdefault("connect_timeout", CONNECT_TIMEOUT)
        database |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
