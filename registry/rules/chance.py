"""Chance of the registry's own: a training it is embedded in has seeded `random` for itself."""

from __future__ import annotations

from random import SystemRandom

_own = SystemRandom()


def chance() -> float:
    """A number from 0 up to 1; for spreading work, not for secrets."""
    return _own.random()
