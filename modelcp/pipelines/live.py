"""What a run shows on a terminal while it runs; nothing anywhere else."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

MARKS = {
    "completed": ("✓", "green"),
    "cached": ("↺", "cyan"),
    "failed": ("✗", "red"),
    "skipped": ("–", "dim"),
    "cancelled": ("■", "yellow"),
}
WORDS = {"cached": "cached", "skipped": "skipped", "failed": "failed", "cancelled": "cancelled"}


class View:
    """Lines on stderr: one per step, and the outcome. Without a terminal it says nothing.

    What a step itself prints stays as it is: the line of a running step is ended before the step's first
    word, and written again when it is over.
    """

    def __init__(self) -> None:
        self._console = _console()
        self._open = False

    @property
    def shows(self) -> bool:
        """Whether there is a terminal."""
        return self._console is not None

    def begin(self, run: str) -> None:
        """A run starts."""
        if self.shows:
            self._print(f"[bold]{_safe(run)}[/]")

    def step_begins(self, name: str) -> None:
        """A step runs: its name, on a line that stays open."""
        if self._console is not None:
            self._write(f"  [dim]▸[/] {_safe(name)} …", end="")
            self._open = True

    def interrupt(self) -> None:
        """The step is about to print something of its own."""
        if self._open:
            self._open = False
            self._write("")

    def step_ends(self, name: str, status: str, seconds: float) -> None:
        """A step is over."""
        if self._console is None:
            return
        if self._open:
            self._open = False
            self._raw("\r\x1b[2K")
        mark, colour = MARKS.get(status, ("·", "dim"))
        word = WORDS.get(status, "")
        time = duration(seconds) if status in ("completed", "failed", "cancelled") else ""
        self._write(f"  [{colour}]{mark}[/] {_safe(name)}  [dim]{' '.join(filter(None, (word, time)))}[/]")

    def end(self, status: str, seconds: float, versions: list[str], page: str | None) -> None:
        """The run is over."""
        what = ", ".join(versions)
        self._print(
            f"[{MARKS.get(status, ('', 'dim'))[1]}]{status}[/] in {duration(seconds)}"
            + (f" → [bold]{_safe(what)}[/]" if what else "")
        )
        if page:
            self._print(f"[dim]{_safe(page)}[/]")

    def _print(self, text: str) -> None:
        if self._console is not None:
            self.interrupt()
            self._write(text)

    def _write(self, text: str, end: str = "\n") -> None:
        try:
            if self._console is not None:
                self._console.print(text, end=end, highlight=False, soft_wrap=True)
        except Exception:  # a closed terminal is no reason to stop
            self._console = None

    def _raw(self, codes: str) -> None:
        try:
            if self._console is not None:
                self._console.file.write(codes)
        except Exception:
            self._console = None


def _console() -> Console | None:
    """The terminal on stderr; None where there is none, or ``MODELCP_QUIET`` is set."""
    stream: Any = sys.stderr
    try:
        if stream is None or not stream.isatty() or os.environ.get("MODELCP_QUIET", "") not in ("", "0"):
            return None
        from rich.console import Console

        console = Console(file=stream)
        return console if console.is_terminal and not console.is_dumb_terminal else None
    except Exception:
        return None


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def duration(seconds: float) -> str:
    """A time as people read it: 45 ms, 3.2 s, 2 min 5 s, 1 h 4 min."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
