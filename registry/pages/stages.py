"""Stages and aliases: promotion from a version's page, its undoing, aliases."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from registry.pages.base import PageRequest, back_to, done, page
from registry.pages.forms import PlainForm, bind, refuse, show_form, text_field
from registry.pages.versions import show_version
from registry.rules.direction import isolated
from registry.rules.errors import NotFound, Refusal
from registry.selectors import model_page, version_page
from registry.services import aliases
from registry.services import stages as write


@page
@require_POST
def version_stage(request: PageRequest, name: str, version: str) -> HttpResponse:
    """Puts a version into the stage that the form names; refused, the page says so and keeps the reason."""
    stage, reason = request.POST.get("stage", ""), request.POST.get("reason", "").strip()
    try:
        moved = write.promote(
            actor=request.actor,
            model=name,
            version=version,
            to=stage,
            reason=reason,
            force=request.POST.get("force") == "1",
        )
    except NotFound:
        raise
    except Refusal as refusal:
        kept = {"reason": reason}
        return show_version(request, name, version, status=refusal.status, stage_refused=refusal, **kept)
    return promoted(request, name, moved)


def promoted(request: PageRequest, name: str, moved: write.Promotion) -> HttpResponse:
    """Back to the version, or where the form came from, with a toast that tells what was done, and Undo."""
    where = back_to(request, reverse("version", args=[name, moved.version.number]))
    if not moved.changed:
        return done(
            request,
            where,
            f"{isolated(name)} {moved.version.number} is in {moved.stage} already: nothing was changed",
        )
    tenure = version_page.open_tenure(moved.version.id) if request.actor.may("undo") else None
    undo = f"{reverse('model-undo', args=[name])}?tenure={tenure}" if tenure else ""
    return done(request, where, _told(name, moved), undo=undo)


def _told(name: str, moved: write.Promotion) -> str:
    said = f"{isolated(name)} {moved.version.number} is " + (
        "archived" if moved.stage == "archived" else f"in {moved.stage}"
    )
    return f"{said}; {moved.displaced.number} was archived" if moved.displaced else said


class AliasForm(PlainForm):
    """Pointing an alias to a version."""

    alias = text_field(
        "Alias",
        required=True,
        error_messages={"required": "Give it a name, such as champion."},
        attrs={"autofocus": True, "spellcheck": "false", "list": "aliases"},
    )
    version = text_field(
        "Version",
        required=True,
        error_messages={"required": "Name the version it points to."},
        help_text="A number, a name, production, staging or latest.",
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def alias_set(request: PageRequest, name: str) -> HttpResponse:
    """Points an alias of a model to a version."""
    head, here = model_page.model_head(name), reverse("model", args=[name])
    form = bind(request, AliasForm, {name: request.GET.get(name, "") for name in ("alias", "version")})
    if request.method == "POST" and form.is_valid():
        try:
            version = aliases.set_alias(
                actor=request.actor,
                model=name,
                alias=form.text("alias"),
                version=form.text("version").strip(),
            )
        except Refusal as refusal:
            missing = "version" if refusal.code in ("no_such_version", "bad_version") else "alias"
            refuse(form, refusal, {"name": "alias"}, otherwise=missing)
        else:
            where = back_to(request, here)
            return done(
                request, where, f"{isolated(form.text('alias'))} points to {isolated(name)} {version.number}"
            )
    context = {
        "form": form,
        "model": head,
        "action": reverse("alias-set", args=[name]),
        "back": here,
        "crumbs": [("Models", reverse("models")), (name, here)],
    }
    return show_form(request, "models/_alias.html", context, title="Set an alias")


@page
@require_POST
def alias_delete(request: PageRequest, name: str) -> HttpResponse:
    """Ends an alias of a model."""
    alias = request.POST.get("alias", "")
    aliases.delete_alias(actor=request.actor, model=name, alias=alias)
    return done(
        request, back_to(request, reverse("model", args=[name])), f"The alias {isolated(alias)} is removed"
    )
