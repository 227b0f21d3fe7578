"""How long what has ended had lasted, in classes: of each, what a moment lies in ended soon after it."""

from __future__ import annotations

from datetime import datetime, timedelta

CLASSES = tuple(timedelta(hours=16**power) for power in range(4))  # a longer one is of the class after them


def class_of(lasted: timedelta) -> int:
    """The class of a stretch of time: the first of CLASSES that it isn't longer than."""
    return sum(lasted > most for most in CLASSES)


def earliest(ended: datetime) -> list[datetime]:
    """When what ended at a moment may have begun at the earliest, by its class; the longest at any time."""
    return [ended - most for most in CLASSES]


def latest(at: datetime) -> list[datetime]:
    """When what a moment lies in has ended at the latest, by its class; the longest at any time."""
    return [at + most for most in CLASSES]
