"""What serves a version: it says so, and the registry is asked who does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

from modelcp.client.base import given, word
from modelcp.client.catalog import CatalogCalls
from modelcp.records import Record


class ServingCalls(CatalogCalls):
    """Calls about heartbeats."""

    def send_heartbeat(
        self,
        model: str,
        version: int,
        instance: str | None = None,
        *,
        stage: Any = "production",
        environment: str | None = None,
    ) -> Record:
        """Says which version an instance serves, instead of what it said before; send it every minute or so.

        It never waits in the outbox: later it would tell what isn't so any more.

        Args:
            version: the number of the version that is loaded.
            instance: what tells it from the others; this machine's name by default.
            stage: the stage that it follows: production or staging.
            environment: where it runs, in your words.

        Returns:
            its row; `current` says whether the version still holds the stage.

        Raises:
            ServerUnavailable: the registry can't be asked. NotFound: there never was such a version.
        """
        told = {"instance": instance or socket.gethostname(), "version": version, "stage": word(stage)}
        body = given({**told, "environment": environment})
        return Record(self._now("POST", self._path("models", model, "heartbeats"), body), self)

    def list_heartbeats(self, model: str, **filters: Any) -> Iterator[Record]:
        """What each instance said within a day: version, stage, since when, and whether it is gone."""
        return self._pages(self._path("models", model, "heartbeats"), Record, filters)
