"""Connections, operations and files for the tests of the outbox."""

from pathlib import Path
from typing import Any

from modelcp import outbox
from modelcp.config import Config
from modelcp.connection import Connection
from modelcp.outbox import Operation
from tests.sdk.conftest import NEVER, Pretended

URL = "http://pretended.test"


def connection(transport: Pretended, interval: float = NEVER) -> Connection:
    return Connection(Config(URL), transport, interval=interval)


def op(path: str, **body: Any) -> Operation:
    return Operation("POST", f"/api/v1/{path}/", body or None)


def files(home: Path) -> list[Path]:
    return [path for path in sorted((home / "outbox").glob("*.jsonl")) if path.name != outbox.REFUSED]
