"""The check of an exported file: needs nothing but the file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from modelcp.errors import InvalidInput
from registry.rules import chain as rules
from registry.rules.checkpoints import Head, Witness, heads_of

try:
    import orjson
except ModuleNotFoundError:  # a bare SDK: it takes about twice as long
    orjson = None  # type: ignore[assignment]

KEYS = (*rules.HEADER, "hash", "payload", "target_name")  # of a line, in this order
UNCOUNTED = "no head of the trailer counts it"
TAIL = 1 << 16  # bytes read at a time from the end, to find the last line
_written = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_decode = json.JSONDecoder().decode


def verify_file(path: Path, checkpoint: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Whether the events in the file are those that the heads in its trailer stand for.

    Every byte counts: a line that reads the same but was written in another way was changed.

    Args:
        checkpoint: a signed checkpoint's content; its hashes must be among the events.

    Returns:
        `whole`, `chains`, `events`, and `fault`: the first bad event, or None.

    Raises:
        InvalidInput: it is no export of events.
    """
    reading = _Reading(path, Witness(heads_of(checkpoint)) if checkpoint else None)
    fault, message = reading.check()
    told = _told(fault, message) if fault else None
    return {"whole": fault is None, "events": reading.events, "chains": reading.chains, "fault": told}


def _told(fault: rules.Fault, message: str) -> dict[str, Any]:
    said = message or f"Event {fault.seq} of chain {fault.chain}: {fault.why}."
    return {"chain": fault.chain, "seq": fault.seq, "why": fault.why, "message": said}


class _Reading:
    """One reading of an export: at each line it knows which event must stand there."""

    def __init__(self, path: Path, witness: Witness | None) -> None:
        self.path, self.witness = path, witness
        self.events = self.chains = 0
        self._done: set[str] = set()  # chains that ended

    def check(self) -> tuple[rules.Fault | None, str]:
        """The first fault, and how to say it where that isn't by naming the event."""
        last, end = _last_line(self.path)
        value = _parsed(last)
        heads, total = _heads(value, last)
        if heads is None:
            self._refuse_other_files(value)
            if (value is None and last.endswith(b"\n")) or "trailer" in (value or {}):
                return _changed_trailer()
            return self._cut_off()
        with self.path.open("rb") as file:
            fault = self._walk(_lines(file, end), heads)
        if fault is not None:
            return fault, ""
        if not last.endswith(b"\n") or total != self.events:
            return _changed_trailer()
        fault = self.witness.missed() if self.witness else None
        return fault, ""

    def _walk(self, lines: Iterator[bytes], heads: list[Head]) -> rules.Fault | None:
        for head in heads:
            self.chains += 1
            walk = _walk(head.chain)
            while walk.expected <= head.count:
                fault = self._next(lines, walk)
                if fault is not None:
                    return fault
            fault = walk.end(head.count, head.hash)
            if fault is not None:
                return fault
            self._done.add(head.chain)
        for line in lines:
            row = _parsed(line) or {}
            self.events += 1
            chain, seq = str(row.get("chain", "")), _number(row.get("seq"))
            return rules.Fault(chain, seq, UNCOUNTED)
        return None

    def _next(self, lines: Iterator[bytes], walk: rules.Walk) -> rules.Fault | None:
        line = next(lines, None)
        if line is None:
            why = f"the chain ends at {walk.expected - 1}, its head says more"
            return rules.Fault(walk.chain, walk.expected, why)
        self.events += 1
        row = _parsed(line)
        if row is None or tuple(row) != KEYS:
            return rules.Fault(walk.chain, walk.expected, "what stands in its line is no event")
        chain = str(row["chain"])
        if chain in self._done:
            return rules.Fault(chain, _number(row["seq"]), UNCOUNTED)
        if chain != walk.chain:
            return rules.Fault(walk.chain, walk.expected, "an event of another chain stands in its line")
        fault = walk.step(row)
        if fault is None and self.witness is not None:
            fault = self.witness.see(walk.chain, walk.expected - 1, walk.previous)
        return fault

    def _cut_off(self) -> tuple[rules.Fault, str]:
        """The first event that is bad or missing in a file without a trailer."""
        walk = _walk("")
        with self.path.open("rb") as file:
            for line in file:
                row = _parsed(line)
                if row is None or tuple(row) != KEYS:
                    break
                if row["chain"] != walk.chain:
                    walk = _walk(str(row["chain"]))
                    self.chains += 1
                self.events += 1
                fault = walk.step(row)
                if fault is not None:
                    return fault, ""
        where = f" after event {walk.expected - 1} of chain {walk.chain}" if walk.chain else ""
        fault = rules.Fault(walk.chain, walk.expected if walk.chain else 0, "the file's end was cut off")
        return fault, f"The file's end was cut off{where}: its trailer is missing."

    def _refuse_other_files(self, last: dict[str, Any] | None) -> None:
        """InvalidInput if nothing in the file looks like an export."""
        if self.path.stat().st_size == 0 or _seems_event(last):
            return
        with self.path.open("rb") as file:
            if not any(_seems_event(_parsed(line)) for line in file):
                raise InvalidInput(f"{self.path} is no export of events.", code="bad_export")


def _changed_trailer() -> tuple[rules.Fault, str]:
    return rules.Fault("", 0, "the trailer was changed"), "The file's last line, its trailer, was changed."


def _walk(chain: str) -> rules.Walk:
    return rules.Walk(chain, orjson.loads) if orjson else rules.Walk(chain)


def _seems_event(value: dict[str, Any] | None) -> bool:
    return value is not None and value.keys() >= set(KEYS)


def _number(value: object) -> int:
    return value if type(value) is int else 0


def _lines(file: Iterable[bytes], end: int) -> Iterator[bytes]:
    """The lines before the byte `end`."""
    at = 0
    for line in file:
        if at >= end:
            return
        at += len(line)
        yield line


def _last_line(path: Path) -> tuple[bytes, int]:
    """The last line, and where it begins."""
    with path.open("rb") as file:
        begin, tail = file.seek(0, os.SEEK_END), b""
        while begin > 0 and b"\n" not in tail[:-1]:
            step = min(TAIL, begin)
            begin = file.seek(begin - step)
            tail = file.read(step) + tail
    cut = tail.rfind(b"\n", 0, max(len(tail) - 1, 0)) + 1
    return tail[cut:], begin + cut


def _heads(value: dict[str, Any] | None, line: bytes) -> tuple[list[Head] | None, int]:
    """The heads of the trailer and how many events it counts; None if it isn't one to the byte."""
    try:
        trailer = (value or {})["trailer"]
        heads = [Head(head["chain"], head["count"], head["head"]) for head in trailer["heads"]]
        told = [{"chain": head.chain, "count": head.count, "head": head.hash} for head in heads]
        ours = {"trailer": {"events": trailer["events"], "heads": told}}
        names, counts = [head.chain for head in heads], [head.count for head in heads]
        fits = _written(ours).encode() == line.rstrip(b"\n") and sorted(set(names)) == names
        fits = fits and all(type(count) is int and count > 0 for count in counts)
        return (heads, trailer["events"]) if fits and type(trailer["events"]) is int else (None, 0)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None, 0


def _parsed(line: bytes) -> dict[str, Any] | None:
    """What a line says; None if it isn't written as an export writes it."""
    try:
        value = orjson.loads(line) if orjson else _decode(line.decode())
        written = orjson.dumps(value) if orjson else _written(value).encode()
        return value if isinstance(value, dict) and line in (written, written + b"\n") else None
    except (TypeError, ValueError, RecursionError):
        return None
