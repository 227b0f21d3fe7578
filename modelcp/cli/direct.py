"""A connection whose writes are done now, or not at all."""

from __future__ import annotations

from typing import Any

from modelcp.connection import Connection
from modelcp.outbox import Operation
from modelcp.sender import checked_json


class DirectConnection(Connection):
    """As `modelcp.connection.Connection`, but what can't be sent is an error instead of waiting."""

    def write(self, operation: Operation, *, wait: bool = True) -> Any:
        """Sends an operation; ServerUnavailable if that isn't possible."""
        response = self.ask(
            operation.method,
            operation.path,
            body=operation.body,
            headers={"Modelcp-Door": operation.door},
        )
        return checked_json(response)
