"""When a server that didn't answer is asked again."""

from __future__ import annotations

import time

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds without trying after the first, second … failure in a row
TIMES, LONGEST = 5, 300.0  # who let us wait is left alone that many times as long, and seconds at most


class BackOff:
    """Leaves a server alone for a while after a failure, and the longer the longer that took."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """It answered: it may be asked at once."""
        self._failures, self._until, self._began = 0, 0.0, time.monotonic()

    def begin(self) -> None:
        """It is asked now."""
        self._began = time.monotonic()

    def failed(self) -> None:
        """It didn't answer."""
        now = time.monotonic()
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._until = max(self._until, now + max(pause, min(TIMES * (now - self._began), LONGEST)))
        self._failures += 1

    @property
    def left(self) -> float:
        """Seconds for which it is still left alone; none or fewer if it may be asked."""
        return self._until - time.monotonic()
