"""Who acts, by which door, with which role: handed to every service, so that each door is the same."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from registry.rules import roles

DOORS = ("page", "api", "sdk", "cli", "system")


@dataclass(frozen=True)
class Actor:
    """A person at a door.

    Args:
        id: the user's primary key; None for the system itself.
        name: the user's name, as events keep it.
        role: one of the four roles, already lowered by a token if there is one.
        door: page, api, sdk, cli or system.
        run: the run that the change comes from, if any.
        step: the step run that it comes from, if any.
    """

    id: int | None
    name: str
    role: str
    door: str = "system"
    run: uuid.UUID | None = None
    step: uuid.UUID | None = None

    def may(self, action: str) -> bool:
        """Whether the role allows `action` (see rules.roles)."""
        return roles.may(self.role, action)

    def require(self, action: str, what: str) -> None:
        """Forbidden unless the role allows `action`; `what` says what it would do."""
        roles.require(self.role, action, what)

    def inside(self, run: uuid.UUID | None, step: uuid.UUID | None = None) -> Actor:
        """The same actor, acting from a run."""
        return replace(self, run=run, step=step)


SYSTEM = Actor(id=None, name="modelcp", role=roles.ADMIN)
