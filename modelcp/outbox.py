"""What waits to be sent, on disk: each process appends to a file of its own under ``MODELCP_HOME/outbox``.

    <nanoseconds>-<pid>-<random>.jsonl    a header, operations, and marks of those that are done
    contents/<the file's stem>/<sha256>   bytes that go before the operations that name them
    refused/<sha256>                     bytes that the server did not take
    refused.jsonl                         what the server said no to, with its reason

A file is locked by the process that writes it as long as that lives. One that isn't locked was left by
a process that ended: whoever comes next sends what is still open in it. A line is flushed to the disk
before the call that wrote it returns; a torn last line was never promised to anybody.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from registry.rules.ids import new_id

ANY_SERVER = ""  # the target of what was recorded with neither a server nor modelcp[server]
REFUSED = "refused.jsonl"


@dataclass
class Operation:
    """One write that waits, as `POST /api/v1/batch/` takes it.

    Args:
        method, path, body: the request; the path starts with ``/api/v1/``.
        door: ``sdk`` or ``cli``.
        run, step: the ids of the run and the step that it comes from.
        id: by which the server recognises a repetition.
    """

    method: str
    path: str
    body: dict[str, Any] | None = None
    door: str = "sdk"
    run: str | None = None
    step: str | None = None
    id: str = field(default_factory=lambda: str(new_id()))

    @property
    def of_a_run(self) -> bool:
        """Whether it comes from a run, which nothing may break."""
        return self.run is not None or self.path.startswith("/api/v1/runs/")

    def as_request(self) -> dict[str, Any]:
        """What is sent."""
        return asdict(self)


@dataclass(frozen=True)
class Waiting:
    """One outbox file, as `modelcp status` shows it."""

    path: Path
    target: str
    created: str
    operations: int


def waiting(folder: Path) -> list[Waiting]:
    """What waits in each file, oldest first; also in those of processes that live."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        if path.name == REFUSED:
            continue
        try:
            lines = path.read_bytes().split(b"\n")[:-1]
        except OSError:
            continue
        header = (parsed(lines[0]) if lines else None) or {}
        open_ids: dict[str, None] = {}
        for told in filter(None, map(parsed, lines[1:])):
            for ident in told.get("done", ()):
                open_ids.pop(ident, None)
            if "id" in told:
                open_ids[told["id"]] = None
        if open_ids:
            found.append(
                Waiting(path, header.get("target", ANY_SERVER), header.get("created", ""), len(open_ids))
            )
    return found


def note_refused(folder: Path, operation: dict[str, Any], target: str, error: dict[str, Any]) -> None:
    """Keeps what was refused, with the reason; a full disk costs the note, not the training."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = json.dumps({"at": now(), "target": target, "operation": operation, "error": error}) + "\n"
        descriptor = os.open(folder / REFUSED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


def refused(folder: Path) -> list[dict[str, Any]]:
    """What was refused: `{"at", "target", "operation", "error"}`, oldest first."""
    try:
        lines = (folder / REFUSED).read_bytes().splitlines()
    except OSError:
        return []
    return [told for told in map(parsed, lines) if told]


@contextmanager
def new_content(folder: Path, sha256: str) -> Iterator[Path]:
    """A file to write bytes to, which then appears whole as `folder/sha256`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / f".{sha256}.{os.urandom(4).hex()}"
    try:
        yield draft
        os.replace(draft, folder / sha256)
    finally:
        draft.unlink(missing_ok=True)


def parsed(line: bytes) -> dict[str, Any] | None:
    """The object that a line holds, or None."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def now() -> str:
    """The time as records tell it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
