"""A promotion plan: one decision on one screen; confirming it, and what is drawn when it is refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from registry.pages import tables
from registry.pages.approval_cards import approval_cards
from registry.pages.base import PageRequest, page, show
from registry.pages.plan_rows import groups, metric_rows, packed, stale_since
from registry.pages.stages import promoted
from registry.rules.direction import isolated
from registry.rules.errors import Conflict, Forbidden, Refusal, RuleRefused
from registry.rules.gate_kinds import field_word
from registry.rules.metrics import BETTER, MISSING, SAME, WORSE
from registry.rules.plans import LATELY_DAYS
from registry.rules.roles import ALLOWED, action_for_stage
from registry.rules.stages import EXCLUSIVE, PRODUCTION
from registry.selectors.plans import plan_promotion
from registry.services import stages as write
from registry.services.actors import Actor

MOST = 12  # metrics that are shown at first
Plan = dict[str, Any]


@page
@require_http_methods(["GET", "HEAD", "POST"])
def promotion_plan(request: PageRequest, name: str, version: str) -> HttpResponse:
    """What a promotion would mean; posting its hash and a reason confirms it."""
    to = request.POST.get("to") or request.GET.get("to") or PRODUCTION
    if request.method != "POST":
        return draw_plan(request, plan_promotion(name, version, to), reason=request.GET.get("reason", ""))
    reason = request.POST.get("reason", "").strip()
    try:
        moved = write.promote(
            actor=request.actor,
            model=name,
            version=version,
            to=to,
            reason=reason,
            force=request.POST.get("force") == "1",
            plan=request.POST.get("plan", ""),
        )
    except (Conflict, Forbidden, RuleRefused) as refusal:
        return _again(request, name, version, to, refusal)
    return promoted(request, name, moved)


def _again(request: PageRequest, name: str, version: str, to: str, refusal: Refusal) -> HttpResponse:
    """The plan as it is now, with why nothing was promoted and the reason that was typed."""
    fresh: Any = refusal.more.get("plan") or plan_promotion(name, version, to)
    stale = stale_since(fresh, request.POST.get("drawn", "")) if refusal.code == "stale_plan" else None
    return draw_plan(
        request,
        fresh,
        reason=request.POST.get("reason", ""),
        stale=stale,
        refusal=None if stale or refusal.code == "gates_failed" else refusal,
        status=refusal.status,
    )


def draw_plan(
    request: PageRequest,
    plan: Plan,
    *,
    reason: str = "",
    stale: Plan | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page of a plan; `more` context tells of what was refused on its card of approvals."""
    every, marks = request.GET.get("all") == "1", (stale or {}).get("marks", {})
    metrics = metric_rows(plan, marks)
    verdicts = Counter(row["verdict"] for row in metrics)
    context = {
        "plan": plan,
        "version": plan["candidate"],
        "version_model": plan["model"],
        "holder": plan["holder"],
        "title": _verb(plan, long=True),
        "confirm": _verb(plan, long=False),
        "metrics": metrics if every else metrics[:MOST],
        "metric_count": len(metrics),
        "counts": [(word, verdicts[word]) for word in (BETTER, WORSE, SAME, MISSING) if verdicts[word]],
        "groups": groups(plan, marks, every=every),
        "every": every,
        "toggle": tables.address(request, to=plan["to"], all=None if every else "1"),
        "drawn": packed(plan),
        "missing": ", ".join(map(field_word, plan["missing"])),
        "days": LATELY_DAYS,
        "reason": reason,
        "stale": stale,
        "marks": marks,
        "refusal": refusal,
        **_gated(request.actor, plan),
        **approval_cards(request.actor, plan["approvals"]),
        **more,
    }
    return show(request, "plans/plan.html", context, status=status)


def _gated(actor: Actor, plan: Plan) -> dict[str, Any]:
    """How the gates come out, what the one who looks may do about it, and what they may ask for."""
    failing = [gate for gate in plan["gates"] if gate["state"] != "passed"]
    action = action_for_stage(plan["to"])
    asks = plan["changes"] and plan["to"] in EXCLUSIVE and not plan["approvals"]
    return {
        "failing": failing,
        "blocked": any(gate["state"] == "failed" for gate in failing),
        "failed_said": _failing(failing),
        "passing": len(plan["gates"]) - len(failing),
        "needs": "" if actor.may(action) else ALLOWED[action],
        "may_force": actor.may("force"),
        "ask_for": [plan["to"]] if asks else [],
    }


def _failing(gates: list[dict[str, Any]]) -> str:
    """How many gates fail and wait, as in "1 gate fails, 2 wait"."""
    failed = sum(gate["state"] == "failed" for gate in gates)
    waits = len(gates) - failed
    first = f"{failed} gate{'' if failed == 1 else 's'} fail{'s' if failed == 1 else ''}" if failed else ""
    noun = "" if failed else f" gate{'' if waits == 1 else 's'}"
    second = f"{waits}{noun} wait{'s' if waits == 1 else ''}" if waits else ""
    return ", ".join(filter(None, [first, second]))


def _verb(plan: Plan, *, long: bool) -> str:
    """What the promotion is called: as the page's title with the model's name, on its button without."""
    version, to = plan["candidate"]["number"], plan["to"]
    named = f"{isolated(plan['model'])} {version}" if long else str(version)
    return {"production": f"Promote {named} to production", "staging": f"Move {named} to staging"}.get(
        to, f"Archive {named}"
    )
