"""Waiting for what comes about in another thread or process."""

import time
from collections.abc import Callable

LONG = 30.0  # seconds; only what never comes about takes them


def until(condition: Callable[[], object], what: str = "it never came about") -> None:
    """Return as soon as the condition holds; fails, saying `what`, where it never does."""
    give_up = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < give_up, what
        time.sleep(0.01)
