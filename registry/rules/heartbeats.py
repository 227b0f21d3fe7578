"""What serves a version says so by heartbeats: what is believed, for how long, and what they say together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.rules.errors import RuleRefused
from registry.rules.names import check_name
from registry.rules.stages import EXCLUSIVE

GONE = timedelta(minutes=10)  # silent for longer: not counted any more
FORGOTTEN = timedelta(days=1)  # silent for longer: not listed any more
FRESH = timedelta(seconds=5)  # the same said again so soon isn't written again
MOST = 500  # instances of a model that are remembered
NAMED = 3  # other versions that a sentence names


@dataclass(frozen=True)
class Running:
    """How many instances run a version where a stage is declared.

    Args:
        version: its number.
        current: it holds that stage.
        seen_at: when one of them was last heard.
    """

    version: int
    current: bool
    instances: int
    seen_at: datetime


@dataclass(frozen=True)
class Serving:
    """What the living instances of a stage say together.

    Args:
        running: by version; at least one.
        declared: the number of the stage's holder.
    """

    running: tuple[Running, ...]
    declared: int | None = None

    @property
    def _total(self) -> int:
        return sum(one.instances for one in self.running)

    @property
    def others(self) -> list[Running]:
        """What runs though it isn't declared, the most common first."""
        others = [one for one in self.running if not one.current]
        return sorted(others, key=lambda one: (-one.instances, -one.version))

    @property
    def seen_at(self) -> datetime | None:
        """When one that runs something else was last heard; None if each runs what is declared."""
        return max((one.seen_at for one in self.others), default=None)

    @property
    def brief(self) -> str:
        """It in a cell: "4 of 4", or what runs though it isn't declared, "11 on 2 of 5"."""
        total, others = self._total, self.others
        if not others:
            return f"{total} of {total}"
        behind = sum(one.instances for one in others)
        return f"{others[0].version if len(others) == 1 else 'others'} on {behind} of {total}"

    @property
    def words(self) -> str:
        """It in a sentence."""
        total, others = self._total, self.others
        if not others:
            return f"running {self.declared} on {total} of {total}"
        parts = [f"{one.version} on {one.instances}" for one in others[:NAMED]]
        if len(others) > NAMED:
            parts.append(f"others on {sum(one.instances for one in others[NAMED:])}")
        return f"declared {self.declared or 'none'}; running {', '.join(parts)} of {total}"

    @property
    def facts(self) -> tuple[object, ...]:
        """What a page shows of it beside what is declared; times by the minute: beats come all the time."""
        counts = sorted((one.version, one.instances, one.current) for one in self.running)
        return counts, self.seen_at and int(self.seen_at.timestamp() // 60)


def check_instance(value: object) -> str:
    """The name of an instance, as it is kept."""
    return check_name(value, "The instance")


def check_environment(value: object) -> str:
    """Where an instance runs, in the words of who runs it; empty if it doesn't say."""
    return check_name(value, "The environment") if value else ""


def check_stage(value: object) -> str:
    """The stage whose holder an instance serves; RuleRefused if it can't be followed."""
    stage = str(getattr(value, "value", value))
    if stage not in EXCLUSIVE:
        raise RuleRefused(
            f"Nothing serves {stage[:60]!r}.",
            code="not_served",
            fields={"stage": "staging or production."},
            hint="An instance serves the holder of production or staging.",
        )
    return stage


def digest_of(artifacts: Iterable[tuple[str, str]]) -> str | None:
    """One digest of all that is loaded: the SHA-256 of its `sha256sum` lines; None of nothing.

    Args:
        artifacts: of each its SHA-256 (its address where none is known) and its name, in order.
    """
    lines = "".join(f"{sha256}  {name}\n" for sha256, name in artifacts)
    return hashlib.sha256(lines.encode()).hexdigest() if lines else None
