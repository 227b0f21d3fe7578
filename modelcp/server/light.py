"""Keeps what the API never uses from being loaded: it would cost each command a quarter of a second.

REST framework imports every optional library that happens to be installed, among them PostgreSQL's
driver on SQLite, when it is first loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

UNUSED = ("django.contrib.postgres", "inflection", "markdown", "pygments", "requests", "yaml")


def load_rest_framework() -> None:
    """Imports REST framework's part that looks for optional libraries, without those."""
    if "rest_framework.compat" not in sys.modules:
        with hidden(UNUSED):
            import rest_framework.compat  # noqa: F401


@contextmanager
def hidden(names: Iterable[str]) -> Iterator[None]:
    """Within it, importing one of these modules for the first time says that it isn't installed."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)
