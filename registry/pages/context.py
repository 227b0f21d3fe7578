"""What the shell shows on every page: your role, runs in flight, the last verification. One small query."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from registry.pages import past
from registry.selectors.shell import shell_facts


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html; nothing where nobody is signed in; a query only where the sidebar is drawn."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return {}
    facts: Any = SimpleLazyObject(shell_facts)
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
