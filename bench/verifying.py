"""`python -m bench.verifying`, in a place's environment: the seconds of checking its chains, and bare."""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any

from bench.replay import Bare
from modelcp.embedded import boot


def main() -> None:
    """Prints both, and how many events there are."""
    boot()
    from registry.selectors.events import verify_chains

    began = time.perf_counter()
    answer = verify_chains()
    between = time.perf_counter()
    count = _bare(Bare(os.environ["MODELCP_DATABASE_URL"]))
    ended = time.perf_counter()
    if not answer["whole"] or answer["events"] != count:
        raise SystemExit(f"{count} events, of which this was found: {answer}")
    print(between - began, ended - between, count)


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
