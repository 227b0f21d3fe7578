"""What a step writes to stdout, stderr and the log, kept beside being shown; bounded."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from modelcp.notices import telling_aside

HEAD = 64 * 1024  # characters kept from the start of a step's log
TAIL = 192 * 1024  # and from its end

_current: ContextVar[StepLog | None] = ContextVar("modelcp_step_log", default=None)


class StepLog:
    """The text that one step wrote: its head and its tail, if it is long.

    Args:
        before_first: Called once, before the first text goes to a terminal.
    """

    def __init__(self, before_first: Callable[[], None] | None = None) -> None:
        self._head: list[str] = []
        self._tail: list[str] = []
        self._head_size = self._tail_size = self._dropped = 0
        self._before_first = before_first

    def announce(self) -> None:
        """Something is about to be shown."""
        if self._before_first is not None:
            call, self._before_first = self._before_first, None
            call()

    def add(self, text: str) -> None:
        """Keeps `text`, dropping from the middle what is too much."""
        room = HEAD - self._head_size
        if room > 0:
            self._head.append(text[:room])
            self._head_size += min(room, len(text))
            text = text[room:]
        if text:
            self._tail.append(text)
            self._tail_size += len(text)
            if self._tail_size > 2 * TAIL:
                self._trim()

    def _trim(self) -> None:
        whole = "".join(self._tail)
        kept = whole[-TAIL:]
        self._dropped += len(whole) - len(kept)
        self._tail, self._tail_size = [kept], len(kept)

    def text(self) -> str:
        """What was kept; of a line rewritten by carriage returns (a progress bar) its last state."""
        if self._tail_size > TAIL:
            self._trim()
        middle = f"\n… {self._dropped} characters left out …\n" if self._dropped else ""
        whole = "".join(self._head) + middle + "".join(self._tail)
        lines = (line.rstrip("\r").rpartition("\r")[2] for line in whole.split("\n"))
        return "\n".join(lines).replace("\0", "␀").encode("utf-8", "replace").decode()


class Tee:
    """A stream that shows what it is given, and keeps it for the step that writes it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: Any) -> Any:
        """Writes to the stream beneath."""
        log = _log_in_force()
        if log is not None and isinstance(text, str) and text:
            log.announce()
            if not telling_aside.get():
                log.add(text)
        return self._stream.write(text)

    def writelines(self, lines: Any) -> None:
        """Writes each line."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._stream)


class _Taps:
    """What this process has put between its streams and its steps; there while at least one step runs."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.logs: list[StepLog] = []
        self.streams: dict[str, Any] = {}
        self.factory: Callable[..., logging.LogRecord] = logging.LogRecord

    def add(self, log: StepLog) -> None:
        with self.lock:
            self.logs.append(log)
            if len(self.logs) == 1:
                self._install()

    def remove(self, log: StepLog) -> None:
        with self.lock:
            self.logs.remove(log)
            if not self.logs:
                self._uninstall()

    def _install(self) -> None:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if stream is not None:
                self.streams[name] = stream
                setattr(sys, name, Tee(stream))
        self.factory = logging.getLogRecordFactory()
        logging.setLogRecordFactory(_recorded)

    def _uninstall(self) -> None:
        """Puts back what was there, unless somebody has put something else there meanwhile."""
        for name, stream in self.streams.items():
            if isinstance(getattr(sys, name), Tee):
                setattr(sys, name, stream)
        self.streams.clear()
        if logging.getLogRecordFactory() is _recorded:
            logging.setLogRecordFactory(self.factory)


_taps = _Taps()


def _log_in_force() -> StepLog | None:
    """The context's own; in a thread that the step started, the only one there is."""
    own = _current.get()
    if own is not None:
        return own
    return _taps.logs[0] if len(_taps.logs) == 1 else None


@contextmanager
def kept(log: StepLog) -> Iterator[StepLog]:
    """Keeps what is written within the block."""
    token = _current.set(log)
    _taps.add(log)
    try:
        yield log
    finally:
        _taps.remove(log)
        try:
            _current.reset(token)
        except ValueError:  # left in another context than entered: a notebook's next cell
            _current.set(None)


def _recorded(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """Makes a log record; keeps its text unless a handler is going to write it to a stream kept anyway."""
    record = _taps.factory(*args, **kwargs)
    log = _log_in_force()
    # A message whose arguments don't fit is its author's to hear of, from logging itself.
    with suppress(Exception):
        if log is not None and not telling_aside.get() and not _shows_by_itself(record):
            log.add(f"{record.levelname} {record.name}: {record.getMessage()}\n")
    return record


def _shows_by_itself(record: logging.LogRecord) -> bool:
    logger: logging.Logger | None = logging.getLogger(record.name)
    any_handler = False
    while logger is not None:
        for handler in logger.handlers:
            any_handler = True
            if record.levelno >= handler.level and isinstance(getattr(handler, "stream", None), Tee):
                return True
        logger = logger.parent if logger.propagate else None
    last = logging.lastResort
    return not any_handler and last is not None and record.levelno >= last.level
