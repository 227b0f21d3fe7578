"""What a column of plain values holds: missing ones, range, histogram, the most frequent; without NumPy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from modelcp.artifacts.preview import BINS, cell, cut

MOST_DISTINCT = 1000  # values that are counted


def column_summary(name: str, kind: str, values: Sequence[Any]) -> dict[str, Any]:
    """A column for `table_preview`: name, type, nulls, and min, max, mean, histogram or top if any.

    Args:
        kind: its type, in words.
        values: as many as are looked at; None is missing.
    """
    there = [value for value in values if value is not None]
    facts: dict[str, Any] = {"name": name, "type": kind, "nulls": len(values) - len(there)}
    if there and all(isinstance(value, int | float) and not isinstance(value, bool) for value in there):
        return {**facts, **_numbers([value for value in there if math.isfinite(value)])}
    return {**facts, **_frequent(there)}


def _numbers(values: Sequence[float]) -> dict[str, Any]:
    if not values:
        return {}
    low, high = min(values), max(values)
    facts = {"min": cell(low), "max": cell(high)}
    try:
        mean, width = math.fsum(values) / len(values), (float(high) - float(low)) / BINS
    except OverflowError:
        return facts
    if not math.isfinite(width):
        return facts
    counts = [0] * (BINS if width else 1)
    for value in values:
        counts[min(int((value - low) / width), BINS - 1) if width else 0] += 1
    edges = [float(low) + width * place for place in range(len(counts) + 1)]
    return {**facts, "mean": cell(mean), "histogram": {"edges": edges, "counts": counts}}


def _frequent(values: Sequence[Any]) -> dict[str, Any]:
    """The three most frequent values, where any comes twice."""
    shown = [cell(value) for value in values[:MOST_DISTINCT]]
    counted = Counter(cut(value, 60) if isinstance(value, str) else value for value in shown)
    top = counted.most_common(3)
    return {"top": [[value, count] for value, count in top]} if top and top[0][1] > 1 else {}
