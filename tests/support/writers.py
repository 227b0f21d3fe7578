"""Many clients at once: plain HTTP from threads, programs in processes that start together."""

import contextlib
import http.client
import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from tests.support.programs import Place

ENDS_WITHIN = 300  # seconds


class Caller:
    """One kept connection to a server, without the SDK and its queue.

    Args:
        port: on loopback.
        token: a bearer token.
    """

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body of one request; OSError or HTTPException if no answer comes."""
        content = json.dumps(body) if body is not None else None
        self._connection.request(method, f"/api/v1/{path}", content, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        return answer.status, json.loads(said) if said else None


@contextlib.contextmanager
def together(place: Place, source: str, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """`count` programs that run `source` with their number as argument, ready and waiting at `go()`."""
    program = "import sys\ndef go():\n    print('ready', flush=True)\n    sys.stdin.readline()\n"
    command = [sys.executable, "-c", program + textwrap.dedent(source)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [
        subprocess.Popen(
            [*command, str(at)], env=place.environment, cwd=place.home, text=True, bufsize=1, **pipes
        )
        for at in range(count)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def release(processes: list[subprocess.Popen[str]]) -> None:
    """Lets all go on from their `go()` once the last of them is there."""
    for process in processes:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        assert said == "ready", said + process.stderr.read() if process.stderr else said
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


def results(processes: list[subprocess.Popen[str]]) -> list[Any]:
    """The JSON that each printed last; all must end with exit code 0 and say nothing on stderr."""
    found = []
    for process in processes:
        out, err = process.communicate(timeout=ENDS_WITHIN)
        assert process.returncode == 0, err
        assert err == "", err
        found.append(json.loads(out.splitlines()[-1]))
    return found
