"""Where the marks of a chart go: plain numbers that the templates put into SVG attributes.

A chart drawn by the server needs no script, follows the theme by its classes, and is there at first paint.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

LEFT, RIGHT, TOP, BOTTOM = 67.4, 722.6, 40.6, 253.4  # of the plot, in a view of 760 by 344
FOOT, PRODUCTION_AT, STAGING_AT = 267.0, 305.0, 323.0
EDGE = 744.0
LABELS = 18  # version numbers along the axis, at most
SPARK_WIDTH, SPARK_EDGE = 96, 3


@dataclass
class Chart:
    """A metric over versions: grid lines, points (joined by `line`), marks without a value, tenure strips."""

    grid: list[dict[str, Any]] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)
    line: str = ""
    ticks: list[dict[str, Any]] = field(default_factory=list)
    strips: list[dict[str, Any]] = field(default_factory=list)
    said: str = ""


def spark(values: Sequence[float]) -> dict[str, Any] | None:
    """A small line: its points and its end; None for fewer than two values."""
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    spread = high - low if 0 < high - low < math.inf else 0.0
    step = (SPARK_WIDTH - 2 * SPARK_EDGE) / (len(values) - 1)
    places = [
        (
            round(SPARK_EDGE + at * step, 1),
            round(18 - 14 * ((value - low) / spread if spread else 0.5), 1),
        )
        for at, value in enumerate(values)
    ]
    return {"points": " ".join(f"{x:g},{y:g}" for x, y in places), "x": places[-1][0], "y": places[-1][1]}


def metric_chart(versions: Sequence[dict[str, Any]], tenures: Sequence[dict[str, Any]]) -> Chart:
    """The chart of one metric.

    Args:
        versions: oldest first: number, value (or None), stage, run (a status), created_at.
        tenures: stage, number, start, end (None while it lasts).
    """
    chart = Chart()
    step = (RIGHT - LEFT) / max(len(versions) - 1, 1)
    places = {row["number"]: round(LEFT + at * step, 1) for at, row in enumerate(versions)}
    numbers = [row["value"] for row in versions if row["value"] is not None]
    scale = Scale(numbers)
    chart.grid = [{"y": scale.y(value), "text": text} for value, text in scale.ticks()]
    for row in versions:
        known = row["value"] is not None
        y = scale.y(row["value"]) if known else FOOT
        chart.points.append({**row, "x": places[row["number"]], "y": y, "known": known})
    chart.line = " ".join(f"{point['x']},{point['y']}" for point in chart.points if point["known"])
    every = math.ceil(len(versions) / LABELS) or 1
    chart.ticks = [
        {"x": places[row["number"]], "text": row["number"]}
        for at, row in enumerate(versions)
        if (len(versions) - 1 - at) % every == 0
    ]
    chart.strips = _strips(versions, tenures, places)
    return chart


class Scale:
    """The vertical axis: about five round values that hold all numbers."""

    def __init__(self, numbers: Sequence[float]) -> None:
        low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
        if low == high:
            low, high = (low - abs(low) * 0.1, high + abs(high) * 0.1) if low else (-1.0, 1.0)
        spread = high - low
        # Numbers too close or too far apart for a float's arithmetic: one line in the middle.
        self.flat = (
            not math.isfinite(spread * 4) or spread < max(abs(low), abs(high)) * 1e-12 or spread < 1e-280
        )
        self.step = 1.0 if self.flat else _round_step(spread / 4)
        self.low = low if self.flat else math.floor(low / self.step) * self.step
        self.high = high if self.flat else math.ceil(high / self.step) * self.step

    def y(self, value: float) -> float:
        """Where a value stands."""
        share = 0.5 if self.flat else (value - self.low) / (self.high - self.low)
        return round(BOTTOM - min(max(share, 0.0), 1.0) * (BOTTOM - TOP), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """The round values, each with its text."""
        if self.flat:
            return [(self.low, _short(self.low, 7))]
        many = round((self.high - self.low) / self.step)
        digits = max(0, -math.floor(math.log10(self.step) + 1e-9))
        return [
            (value, _short(value, digits)) for value in (self.low + at * self.step for at in range(many + 1))
        ]


def _round_step(rough: float) -> float:
    """1, 2 or 5 times a power of ten, at least `rough`."""
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)


def _short(value: float, digits: int) -> str:
    if abs(value) >= 1e6 or digits > 6:
        return f"{value:.3g}".replace("-", "−")
    return f"{value:,.{digits}f}".replace("-", "−")


def _strips(
    versions: Sequence[dict[str, Any]], tenures: Sequence[dict[str, Any]], places: dict[int, float]
) -> list[dict[str, Any]]:
    """Who held staging and production while which version was the newest."""
    strips = []
    for tenure in tenures:
        start = _newest_at(versions, tenure["start"], places)
        end = EDGE if tenure["end"] is None else _newest_at(versions, tenure["end"], places)
        if end - start < 4:  # it came and went while one version was the newest
            continue
        strips.append(
            {
                "stage": tenure["stage"],
                "number": tenure["number"],
                "x": round(start, 1),
                "y": PRODUCTION_AT if tenure["stage"] == "production" else STAGING_AT,
                "width": round(end - start - 2, 1),
                "label": end - start >= 9 + 7 * len(str(tenure["number"])),
            }
        )
    return strips


def _newest_at(versions: Sequence[dict[str, Any]], moment: datetime, places: dict[int, float]) -> float:
    """The place of the version that was the newest at a moment; the left edge before the first one shown."""
    at = LEFT
    for row in versions:
        if row["created_at"] > moment:
            break
        at = places[row["number"]]
    return at
