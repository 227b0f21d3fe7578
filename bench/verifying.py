"""`python -m bench.verifying`, in a place's environment: the seconds of checking its chains, and bare.

First in the database, then in an exported file.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.replay import Bare
from modelcp.embedded import boot


def main() -> None:
    """Prints how many events there are, and both of each."""
    boot()
    from modelcp.cli.chains import verify_file
    from registry.api.codec import dump
    from registry.selectors.chains import verify_chains
    from registry.selectors.exports import export_events

    began = time.perf_counter()
    answer = verify_chains()
    between = time.perf_counter()
    count = _bare(Bare(os.environ["MODELCP_DATABASE_URL"]))
    ended = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.jsonl"
        with file.open("wb") as out:
            out.writelines(dump(row) + b"\n" for row in export_events())
        opened = time.perf_counter()
        told = verify_file(file)
        read = time.perf_counter()
        _bare_file(file)
        closed = time.perf_counter()
    if not (answer["whole"] and told["whole"]) or not answer["events"] == told["events"] == count:
        raise SystemExit(f"{count} events, of which this was found: {answer}, {told}")
    print(count, between - began, ended - between, read - opened, closed - read)


def _bare_file(file: Path) -> None:
    """Reads the lines and digests each, and as much as a hash again."""
    with file.open("rb") as lines:
        for line in lines:
            said = hashlib.sha256(line).hexdigest()
            hashlib.sha256(said.encode()).hexdigest()


def _bare(connection: Bare) -> int:
    """Reads the events in their chains' order and digests each one's payload and hash; how many."""
    rows: Any = connection.rows("SELECT payload, hash FROM registry_event ORDER BY chain_id, seq")
    count = 0
    for payload, said in rows:
        hashlib.sha256(payload.encode()).hexdigest()
        hashlib.sha256(said.encode()).hexdigest()
        count += 1
    return count


if __name__ == "__main__":
    main()
