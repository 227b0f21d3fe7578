"""A thread that does one thing when it is woken, after a pause."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Background:
    """Runs `work` after `wake`, on a daemon thread that starts at the first of them.

    Args:
        work: what to do; it must not raise.
        pause: seconds to wait before it; what is woken meanwhile is done together.
    """

    def __init__(self, work: Callable[[], None], pause: Callable[[], float]) -> None:
        self._work, self._pause = work, pause
        self._woken = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def wake(self) -> None:
        """Has the work done soon."""
        self._woken.set()
        with self._starting:
            if self._thread is not None or self._stopped:
                return
            thread = threading.Thread(target=self._loop, name="modelcp-outbox", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is ending, and with it what waits is sent
                return
            self._thread = thread

    def stop(self) -> None:
        """Nothing is done any more; what is under way ends by itself."""
        self._stopped = True
        self._woken.set()

    def _loop(self) -> None:
        while not self._stopped:
            self._woken.wait()
            if not self._stopped:
                time.sleep(self._pause())
            self._woken.clear()
            if not self._stopped:
                self._work()
