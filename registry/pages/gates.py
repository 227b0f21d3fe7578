"""The gates of a model: editing them, and trying them on history first."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from registry.pages.base import PageRequest, done, page_of_now, show
from registry.rules.direction import isolated
from registry.rules.errors import NotFound, Refusal
from registry.rules.roles import ALLOWED
from registry.rules.stages import PRODUCTION, STAGING
from registry.selectors import gates as read
from registry.selectors.catalog import find_model
from registry.services import gates as write

FORMS = (
    (
        "metrics.auc >= holder - 0.01",
        "a metric against the holder of the stage, or against a number: >=, <=, >, <",
    ),
    ("artifact(model)", "an artifact of this kind is linked: model, data or deployment"),
    ("card(license, ethics)", "these fields of the model's card are filled"),
    ("run succeeded", "the run that made the version completed"),
    ("age < 30d", "the version is younger: min, h, d or w"),
    ("staging >= 2d", "it was in staging for so long, all its times added up"),
    ("approvals >= 2", "so many people other than its author approved it"),
)


@page_of_now
@require_http_methods(["GET", "HEAD", "POST"])
def model_gates(request: PageRequest, name: str) -> HttpResponse:
    """A model's gates by stage; posting tries them on the last promotions, or saves them."""
    if request.method != "POST":
        return _draw(request, name)
    if request.POST.get("do") == "directions":
        return _save_directions(request, name)
    stage, lines = request.POST.get("stage", ""), request.POST.get("gates", "").splitlines()
    try:
        if request.POST.get("do") == "test":
            return _draw(request, name, typed={stage: lines}, tested=read.back_test(name, stage, lines))
        write.set_gates(actor=request.actor, model=name, gates={stage: lines})
    except NotFound:
        raise
    except Refusal as refusal:
        return _draw(request, name, typed={stage: lines}, refused={stage: refusal}, status=refusal.status)
    return done(
        request,
        reverse("model-gates", args=[name]),
        f"The gates before {stage} of {isolated(name)} are saved",
    )


def _save_directions(request: PageRequest, name: str) -> HttpResponse:
    """The directions as they are typed: a metric and higher or lower on each line."""
    text = request.POST.get("directions", "")
    pairs = [line.strip().rpartition(" ") for line in text.splitlines() if line.strip()]
    try:
        wanted = {metric.strip(): way for metric, _, way in pairs}
        write.set_gates(actor=request.actor, model=name, directions=wanted)
    except NotFound:
        raise
    except Refusal as refusal:
        return _draw(request, name, declared=text, refused={"directions": refusal}, status=refusal.status)
    return done(
        request,
        reverse("model-gates", args=[name]),
        f"The directions of {isolated(name)}'s metrics are saved",
    )


def _draw(
    request: PageRequest,
    name: str,
    *,
    typed: dict[str, list[str]] | None = None,
    tested: dict[str, Any] | None = None,
    refused: dict[str, Refusal] | None = None,
    declared: str | None = None,
    status: int = 200,
) -> HttpResponse:
    found, typed, refused = read.get_gates(find_model(name).name), typed or {}, refused or {}
    stages = [
        {
            "stage": stage,
            "text": "\n".join(typed.get(stage, found["gates"][stage])),
            "count": len(found["gates"][stage]),
            "refused": refused.get(stage),
            "tested": tested if tested and tested["stage"] == stage else None,
        }
        for stage in (PRODUCTION, STAGING)
    ]
    pairs = [f"{metric} {way}" for metric, way in found["directions"].items()]
    context = {
        "name": found["model"],
        "stages": stages,
        "forms": FORMS,
        "directions": declared if declared is not None else "\n".join(pairs),
        "directions_refused": refused.get("directions"),
        "needs": "" if request.actor.may("edit_gates") else ALLOWED["edit_gates"],
    }
    return show(request, "gates/gates.html", context, status=status)
