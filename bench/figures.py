"""Figures: what was measured, the limit beside it, the target; medians; the table."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Args:
        row: the row's name, as `--only` takes it.
        what: what was measured.
        ours: its value, in `unit`.
        limit: the same without modelcp, measured in the same run; None if there is no such thing.
        target: the bound that is aimed at; None if there is none.
        rate: more is better.
        note: what else was seen, such as the number of queries.
    """

    row: str
    what: str
    ours: float
    unit: str = "ms"
    limit: float | None = None
    target: float | None = None
    rate: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the limit it costs."""
        if not self.limit or not self.ours:
            return None
        return self.limit / self.ours if self.rate else self.ours / self.limit

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.ours >= self.target if self.rate else self.ours <= self.target

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def median(values: Iterable[float]) -> float:
    """The median."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def show(figures: Sequence[Figure], title: str) -> None:
    """Prints the table."""
    table = Table(title=title, box=box.SIMPLE, title_justify="left")
    for name in ("Row", "What", "modelcp", "Limit", "Ratio", "Target", "Met", "Note"):
        table.add_column(name, justify="right" if name in ("modelcp", "Limit", "Ratio", "Target") else "left")
    before = ""
    for figure in figures:
        sign = "≥ " if figure.rate else "≤ "
        table.add_row(
            figure.row if figure.row != before else "",
            figure.what,
            f"{_number(figure.ours)} {figure.unit}",
            "" if figure.limit is None else f"{_number(figure.limit)} {figure.unit}",
            "" if figure.ratio is None else f"{figure.ratio:.1f} ×",
            "" if figure.target is None else f"{sign}{_number(figure.target)} {figure.unit}",
            {True: "yes", False: "NO", None: ""}[figure.met],
            figure.note,
        )
        before = figure.row
    Console(width=max(170, Console().width), highlight=False).print(table)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
