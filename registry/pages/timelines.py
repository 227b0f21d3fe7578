"""The timeline of a run's steps, made on the server: bars over time as numbers for SVG attributes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.templatetags.formats import NONE, duration, middle

LABELS, BARS, NOTES, LINE = 168, 760, 190, 28  # pixels: its three columns, and a row's height
LEAST, EMPTY = 6.0, 14.0  # of a bar; of one that has no time
FEW = 5  # ticks that a phone has room for
MINUTE, HOUR, DAY = 60, 3600, 86400
GAPS = [
    *(1, 2, 5, 10, 15, 30),
    *(MINUTE * count for count in (1, 2, 5, 10, 15, 30)),
    *(HOUR * count for count in (1, 2, 4, 6, 12)),
    *(DAY * count for count in (1, 2, 7)),
]
KINDS = {"completed": "bar-ok", "failed": "bar-bad", "running": "bar-run", "cached": "bar-cache"}
Step = Mapping[str, Any]


@dataclass(frozen=True)
class Bar:
    """A step's row: its bar and the words beside it; `retries` are the places of notches."""

    step: Step
    y: int
    x: float
    width: float
    name: str
    kind: str
    note: str
    retries: list[float]
    begins: str

    @property
    def note_x(self) -> float:
        """Where the words begin."""
        return round(self.x + self.width + 8, 1)

    @property
    def share(self) -> str:
        """The bar's width where it has a line of its own, in percent of that."""
        return _percent(self.width)

    @property
    def share_x(self) -> str:
        """Where it begins there; what stands behind the end is kept within it."""
        return _percent(min(self.x - LABELS, BARS - self.width))

    @property
    def share_retries(self) -> list[str]:
        """Where its notches are there."""
        return [_percent(x - LABELS) for x in self.retries]


@dataclass(frozen=True)
class Timeline:
    """A timeline's size, its bars, and its ticks: place and label."""

    width: int
    height: int
    bars: list[Bar]
    ticks: list[tuple[float, str]]

    @property
    def floor(self) -> int:
        """Where the grid's lines end."""
        return self.height - 24

    @property
    def few_ticks(self) -> list[tuple[str, str, str]]:
        """As many ticks as a phone has room for: place in percent, the label's anchor, the label."""
        ticks = self.ticks[::2] if len(self.ticks) > FEW else self.ticks
        return [(_percent(x - LABELS), _anchor(x - LABELS), label) for x, label in ticks]


def timeline(steps: Sequence[Step], start: datetime, end: datetime) -> Timeline:
    """The steps of a run as bars over time.

    Args:
        steps: name, status, started_at, ended_at, seconds, attempts, cached_run (its short id, or None).
        start, end: of the run; now for one that goes on.
    """
    whole = max((end - start).total_seconds(), 0.001)
    bars: list[Bar] = []
    last = float(LABELS)
    for index, step in enumerate(steps):
        x, width = _span(step, start, end, last)
        last = max(last, x + width)
        attempts = step["attempts"]
        notches = [round(x + width * turn / attempts, 1) for turn in range(1, min(attempts, 6))]
        kind = KINDS.get(step["status"], "bar-skip")
        name, y = middle(step["name"], 20), 9 + index * LINE
        bars.append(Bar(step, y, x, width, name, kind, _note(step), notches, _begins(step, start)))
    return Timeline(LABELS + BARS + NOTES, len(steps) * LINE + 32, bars, _ticks(whole))


def _span(step: Step, start: datetime, end: datetime, last: float) -> tuple[float, float]:
    """Where a bar begins, and its width; one that never ran stands behind the last."""
    begun, ended = step["started_at"], step["ended_at"] or end
    if begun is None:
        return round(min(last + 2, LABELS + BARS), 1), EMPTY
    scale = BARS / max((end - start).total_seconds(), 0.001)
    x = LABELS + min(max((begun - start).total_seconds(), 0) * scale, BARS)
    width = max(min((ended - begun).total_seconds() * scale, LABELS + BARS - x), LEAST)
    return round(x, 1), round(width, 1)


def _begins(step: Step, start: datetime) -> str:
    """How long after the run's start a step began; a dash for one that never did."""
    begun = step["started_at"]
    return NONE if begun is None else duration(max((begun - start).total_seconds(), 0))


def _percent(pixels: float) -> str:
    """A length along the bars as a percentage of theirs."""
    return f"{100 * pixels / BARS:.2f}%"


def _anchor(pixels: float) -> str:
    """The side by which a label hangs on its tick, so that the first and the last stay in the picture."""
    return "start" if pixels < BARS * 0.05 else "end" if pixels > BARS * 0.92 else "middle"


def _note(step: Step) -> str:
    if step["status"] == "cached":
        return f"from run {step['cached_run']}" if step["cached_run"] else "cached"
    if step["seconds"] is None:
        return str(step["status"])
    took = duration(step["seconds"]) + (" so far" if step["status"] == "running" else "")
    return f"{took}, {step['attempts']} attempts" if step["attempts"] > 1 else took


def _ticks(whole: float) -> list[tuple[float, str]]:
    """At most eight ticks at round distances."""
    if whole < 1:
        return [(LABELS, "0"), (LABELS + BARS, duration(whole))]
    gap = next((gap for gap in GAPS if whole / gap <= 7), int(whole / 6))
    places = range(0, int(whole) + 1, gap)
    return [(round(LABELS + at * BARS / whole, 1), _tick(at, gap)) for at in places]


def _tick(seconds: int, gap: int) -> str:
    if gap < MINUTE:
        return f"{seconds} s"
    if gap < HOUR:
        return f"{seconds // MINUTE} min"
    return f"{seconds // HOUR} h" if gap < DAY else f"{seconds // DAY} d"
