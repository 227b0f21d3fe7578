"""Undo of a promotion, and the stages as they were before an event: a plan, and confirming it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from registry.pages.base import PageRequest, done, page, show
from registry.rules.direction import isolated
from registry.rules.errors import Conflict, InvalidInput, Refusal
from registry.rules.gates import PASSED
from registry.rules.plans import undo_decision
from registry.selectors.undo import plan_undo
from registry.services import stages as write


@page
@require_http_methods(["GET", "HEAD", "POST"])
def model_undo(request: PageRequest, name: str) -> HttpResponse:
    """What restoring a model's stages before a promotion (else the last) or an event means; confirms it."""
    request.actor.require("undo", "undo a promotion")
    tenure, event = _tenure(request), _event(request)
    if request.method != "POST":
        return _draw(request, name, plan_undo(name, tenure, event))
    reason, where = request.POST.get("reason", "").strip(), reverse("model-history", args=[name])
    try:
        changed = write.undo(
            actor=request.actor,
            model=name,
            tenure=tenure,
            event=event,
            reason=reason,
            plan=request.POST.get("plan"),
        )
    except Conflict as refusal:
        fresh: Any = refusal.more.get("plan") or plan_undo(name, tenure, event)
        return _draw(request, name, fresh, reason=reason, refusal=refusal)
    return done(request, where, _restored(changed))


def _draw(
    request: PageRequest, name: str, plan: dict[str, Any], *, reason: str = "", refusal: Refusal | None = None
) -> HttpResponse:
    named = isolated(name)
    title = f"Undo a promotion of {named}"
    if plan["event"]:
        title = f"Restore the stages of {named} before event {plan['event']}"
    context = {
        "plan": plan,
        "name": name,
        "title": title,
        "short": [gate for gate in plan["gates"] if gate["state"] != PASSED],
        "reason": reason,
        "refusal": refusal,
        "marked": _marked(plan, request.POST.get("drawn", "")) if refusal else set(),
        "drawn": " ".join(_signs(plan)),
    }
    return show(request, "plans/undo.html", context, status=refusal.status if refusal else 200)


def _signs(plan: dict[str, Any]) -> list[str]:
    """Each move of a plan as one word: what a form keeps of what was drawn."""
    return [
        f"{move['version']}:{move['before'] or '-'}>{move['after'] or '-'}"
        for move in undo_decision(plan)["effects"]
    ]


def _marked(plan: dict[str, Any], drawn: str) -> set[int]:
    """The versions whose moves weren't so in the plan that was drawn."""
    old = set(drawn.split())
    signs = zip(plan["effects"], _signs(plan), strict=True)
    return {move["version"] for move, sign in signs if sign not in old}


def _asked(request: PageRequest, name: str) -> str:
    return request.POST.get(name) or request.GET.get(name) or ""


def _tenure(request: PageRequest) -> uuid.UUID | None:
    text = _asked(request, "tenure")
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise InvalidInput(f"{text[:60]!r} names no promotion.", code="bad_undo") from None


def _event(request: PageRequest) -> int | None:
    text = _asked(request, "event")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidInput(f"{text[:60]!r} is no event's number.", code="bad_undo")
    return int(text) if text else None


def _restored(changed: Sequence[Any]) -> str:
    if not changed:
        return "Nothing to undo: the stages are as they were before it"
    said = ", ".join(f"{version.number} is {version.stage or 'in no stage'}" for version in changed)
    return f"Undone: {said} again"
