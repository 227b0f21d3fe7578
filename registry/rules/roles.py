"""The four roles, each including the ones below it, and what each may do."""

from __future__ import annotations

from registry.rules.errors import Forbidden
from registry.rules.stages import PRODUCTION

VIEWER, CONTRIBUTOR, PROMOTER, ADMIN = "viewer", "contributor", "promoter", "admin"
ROLES = (VIEWER, CONTRIBUTOR, PROMOTER, ADMIN)  # from least to most

ALLOWED = {
    "read": VIEWER,
    "write": CONTRIBUTOR,
    "promote": PROMOTER,
    "undo": PROMOTER,
    "approve": PROMOTER,
    "force": ADMIN,
    "edit_gates": ADMIN,
    "edit_webhooks": ADMIN,
    "manage_people": ADMIN,
    "manage_tokens": ADMIN,  # other people's; one's own need no right
    "purge": ADMIN,
    "checkpoint": ADMIN,
    "force_delete": ADMIN,
}


def includes(role: str, wanted: str) -> bool:
    """Whether `role` is `wanted` or above it."""
    return ROLES.index(role) >= ROLES.index(wanted)


def may(role: str, action: str) -> bool:
    """Whether `role` may do `action` (a key of ALLOWED): the one predicate to refuse and to grey out."""
    return includes(role, ALLOWED[action])


def require(role: str, action: str, what: str) -> None:
    """Forbidden unless `role` may do `action`; `what` completes "…needs the role X to"."""
    if not may(role, action):
        needed = ALLOWED[action]
        raise Forbidden(
            f"You are a {role}; it needs the role {needed} to {what}.",
            code="role_too_low",
            hint=f"Ask an administrator for the role {needed}.",
        )


def action_for_stage(stage: str) -> str:
    """The action that setting `stage` is: production is for promoters."""
    return "promote" if stage == PRODUCTION else "write"


def lower(role: str, wanted: str | None) -> str:
    """The role of a token: the owner's `role`, or a lower one that was asked for."""
    if wanted is None or includes(wanted, role):
        return role
    return wanted
