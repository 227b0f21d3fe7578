"""What a run of the bench was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """How much to do.

    Args:
        folder: where homes are made.
        scale: 1 for honest medians; less for a quick look.
        rows: versions in the large database.
        few: versions in the small one.
    """

    folder: Path
    scale: float = 1.0
    rows: int = 100_000
    few: int = 1000

    def times(self, count: int) -> int:
        """How often to do something that is done `count` times at scale 1; at least twice."""
        return max(2, int(count * self.scale))
