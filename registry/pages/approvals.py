"""Approvals from a plan or a version's page: asking, answering, taking back."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from registry.pages.base import PageRequest, back_to, done, page
from registry.pages.plans import draw_plan
from registry.pages.versions import show_version
from registry.rules.approvals import APPROVED, DECLINED
from registry.rules.direction import isolated
from registry.rules.errors import InvalidInput, NotFound, Refusal
from registry.rules.stages import EXCLUSIVE, PRODUCTION
from registry.selectors.approvals import get_approval
from registry.selectors.plans import plan_promotion
from registry.services import approvals as write

DECISIONS = {"approve": APPROVED, "decline": DECLINED}
SAID = {
    "approve": "You approved",
    "decline": "You declined",
    "take-back": "You took your answer back about",
    "withdraw": "You withdrew the request for",
}


@page
@require_POST
def approval_ask(request: PageRequest, name: str, version: str) -> HttpResponse:
    """Asks for approval; refused, the page says so and keeps the reason."""
    stage, reason = request.POST.get("stage", PRODUCTION), request.POST.get("reason", "").strip()
    try:
        write.ask_approval(
            actor=request.actor,
            model=name,
            version=version,
            stage=stage,
            reason=reason,
            id=_ident(request.POST.get("id", "")),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _refused(request, (name, version, stage), refusal, ask_reason=reason)
    return done(
        request, _back(request, name, version, stage), f"Approval of {isolated(name)} {version} is asked for"
    )


@page
@require_POST
def approval_answer(request: PageRequest, name: str, version: str, approval: uuid.UUID) -> HttpResponse:
    """Approves, declines, or takes an answer or the request back; refused, the page says so."""
    do, comment = request.POST.get("do", ""), request.POST.get("comment", "").strip()
    row = get_approval(name, version, approval)
    which: dict[str, Any] = {
        "actor": request.actor,
        "model": name,
        "version": version,
        "request": approval,
    }
    try:
        if do in DECISIONS:
            digest = request.POST.get("digest") or None
            write.answer_approval(**which, decision=DECISIONS[do], comment=comment, digest=digest)
        elif do == "take-back":
            write.withdraw_answer(**which)
        elif do == "withdraw":
            write.withdraw_approval(**which)
        else:
            raise InvalidInput("This form says nothing that can be done.", hint="Use one of its buttons.")
    except Refusal as refusal:
        typed = {"comment": comment, "refused_request": approval}
        return _refused(request, (name, version, row["stage"]), refusal, **typed)
    return done(
        request, _back(request, name, version, row["stage"]), f"{SAID[do]} {isolated(name)} {row['version']}"
    )


def _ident(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _back(request: PageRequest, name: str, version: str, stage: str) -> str:
    return back_to(request, f"{reverse('promotion-plan', args=[name, version])}?to={stage}") + "#approvals"


def _refused(
    request: PageRequest, what: tuple[str, str, str], refusal: Refusal, **typed: Any
) -> HttpResponse:
    """The page whose form it was, the plan or the version's, as it is now; with what was typed."""
    name, version, stage = what
    told = {"approval_refused": refusal, "comment_refused": "comment" in refusal.fields, **typed}
    if back_to(request, "") == reverse("version", args=[name, version]):
        return show_version(request, name, version, status=refusal.status, **told)
    plan = plan_promotion(name, version, stage if stage in EXCLUSIVE else PRODUCTION)
    return draw_plan(request, plan, status=refusal.status, **told)
