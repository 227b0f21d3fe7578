"""What the shell shows on every page: your role, runs in flight, the last verification."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from registry.pages import past
from registry.selectors.shell import shell_facts


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html; nothing where nobody is signed in."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return {}
    user: Any = request.user
    facts: Any = SimpleLazyObject(lambda: shell_facts(user))
    return {
        "user_role": actor.role,
        "may": {
            action: actor.may(action)
            for action in ("write", "promote", "undo", "manage_people", "edit_webhooks", "purge")
        },
        "nav_counts": {"runs": lambda: facts["running"]},
        "verified": lambda: facts["verified"],
        **past.facts(request),
    }
