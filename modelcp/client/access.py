"""Who am I, tokens, events, the server itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from modelcp.client.base import Base, given
from modelcp.records import Record


class AccessCalls(Base):
    """Calls about access, events and the server."""

    def whoami(self) -> Record:
        """Who the registry takes us for, with which role, and what that allows."""
        return Record(self._get(self._path("me")), self)

    def info(self) -> Record:
        """The server's version, store and features."""
        return Record(self._get(self._path("info")), self)

    def list_tokens(self, **filters: Any) -> Iterator[Record]:
        """Your tokens; an administrator gets somebody else's with `owner=`."""
        return self._pages(self._path("tokens"), Record, filters)

    def create_token(
        self,
        name: str,
        *,
        role: str | None = None,
        expires_at: datetime | str | None = None,
        owner: str | None = None,
    ) -> Record:
        """Makes a token; its secret is in `token`, shown this once.

        Args:
            role: a lower one than yours. expires_at: when it ends to be valid. owner: somebody else, for
                administrators.
        """
        moment = expires_at.isoformat() if isinstance(expires_at, datetime) else expires_at
        body = given({"name": name, "role": role, "expires_at": moment, "owner": owner})
        return Record(self._now("POST", self._path("tokens"), body), self)

    def revoke_token(self, token: Any) -> None:
        """Ends a token, by its id."""
        self._now("DELETE", self._path("tokens", token["id"] if isinstance(token, Record) else token))

    def list_people(self, **filters: Any) -> Iterator[Record]:
        """People and their roles; for administrators."""
        return self._pages(self._path("people"), Record, filters)

    def create_person(self, name: str, *, role: str = "viewer", password: str | None = None) -> Record:
        """Adds a person; without a password they come in by a sign-in link."""
        body = given({"name": name, "role": role, "password": password})
        return Record(self._now("POST", self._path("people"), body), self)

    def set_role(self, person: str, role: str) -> Record:
        """Gives a person one of the four roles."""
        return Record(self._now("PATCH", self._path("people", person), {"role": role}), self)

    def list_events(self, **filters: Any) -> Iterator[Record]:
        """The events, newest first.

        Args:
            filters: `model`, `action`, `actor`, `door`, `at`, `what` (`"stages"`, `"metadata"` …), `reason`
                (`"contains:drift"`), `type`, `target`, `run`.
        """
        return self._pages(self._path("events"), Record, filters)

    def export_events(self, model: str | None = None) -> Iterator[bytes]:
        """The events as they were hashed, lines of JSON in chunks; at last a trailer with the chains' heads.

        Args:
            model: only the chain of the models of this name.
        """
        query = {"model": model}
        return self.connection.ask("GET", self._path("events", "export"), query=query, stream=True).stream()

    def verify_events(self, model: str | None = None) -> Record:
        """Whether no event was changed, dropped, swapped, added or cut off; the first bad one if so.

        Args:
            model: only the chain of the models of this name.
        """
        return Record(self._get(self._path("events", "verify"), model=model), self)

    def checkpoint_events(self) -> Record:
        """The heads of all chains, checked now, for a checkpoint (administrators).

        `modelcp.checkpoints.sign` signs them on this machine: the private key never leaves it.

        Raises:
            Conflict: the history isn't whole.
        """
        return Record(self._now("POST", self._path("events", "checkpoints"), {}), self)
