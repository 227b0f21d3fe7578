"""A Python that has imported the SDK, and becomes a program at each fork: many programs in little time.

`python -m tests.support.zygote` reads jobs, one a line: `{"arguments", "environment", "log"}`; each runs in
a process of its own, with an interpreter that ends as usual, and its exit code is printed.
"""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Zygote:
    """The test's side of it.

    Args:
        environment: of all programs.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.zygote"],
            env=dict(environment),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, log: Path, environment: Mapping[str, str]) -> int:
        """The exit code of `python *arguments`; what it prints is in `log`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {"arguments": arguments, "environment": dict(environment), "log": str(log)}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        """Ends it."""
        self._process.communicate(timeout=20)


def _become(job: dict[str, Any]) -> None:
    os.environ.update(job["environment"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, place in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, place)
    first, *rest = job["arguments"]
    if first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = job["arguments"]
        runpy.run_path(first, run_name="__main__")
    sys.exit(0)


def _serve() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    import urllib3  # noqa: F401

    import modelcp.cli.connection
    import modelcp.client
    import modelcp.pipelines.runner
    import modelcp.pipelines.track  # noqa: F401

    _serve()
