"""Forms about versions: making one by hand, its name, description and tags, deleting it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from registry.pages.base import PageRequest, done, page
from registry.pages.forms import PlainForm, bind, refuse, show_form, tags_in, text_field
from registry.pages.model_forms import GET_OR_POST, tags_told
from registry.rules.direction import isolated
from registry.rules.errors import Refusal
from registry.selectors import model_page, version_page
from registry.services import versions as write


class VersionForm(PlainForm):
    """A version's name and description."""

    name = text_field("Name", attrs={"autofocus": True, "spellcheck": "false"})
    description = text_field("Description", area=True, attrs={"rows": 6})

    def described(self) -> str:
        """The description with the line ends that everything else has."""
        return self.text("description").replace("\r\n", "\n")


class DeleteForm(PlainForm):
    """Why a version goes."""

    reason = text_field("Reason", help_text="It stays in the history.", attrs={"autofocus": True})


def crumbs(name: str, number: int | None = None) -> list[tuple[str, str]]:
    """The steps above a form of a model's version."""
    above = [("Models", reverse("models")), (name, reverse("model", args=[name]))]
    return [*above, (str(number), reverse("version", args=[name, number]))] if number is not None else above


@page
@require_http_methods(GET_OR_POST)
def version_new(request: PageRequest, name: str) -> HttpResponse:
    """Makes a model's next version by hand."""
    head, form = model_page.model_head(name), bind(request, VersionForm)
    form.fields["name"].help_text = "Without one it is called by its number, which the server gives."
    if request.method == "POST" and form.is_valid():
        try:
            made, _ = write.create_version(
                actor=request.actor,
                model=name,
                name=form.text("name") or None,
                description=form.described(),
                tags=tags_in(request),
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            where = reverse("version", args=[name, made.number])
            return done(request, where, f"{isolated(name)} {made.number} is made")
    context = {
        "form": form,
        "model": head,
        "tags": tags_in(request),
        "action": reverse("version-new", args=[name]),
        "back": reverse("model", args=[name]),
        "crumbs": crumbs(name),
    }
    return show_form(request, "versions/_new.html", context, title="New version")


@page
@require_http_methods(GET_OR_POST)
def version_edit(request: PageRequest, name: str, version: str) -> HttpResponse:
    """Changes a version's name and description."""
    head = version_page.version_head(name, version)
    form = bind(request, VersionForm, {"name": head["name"], "description": head["description"]})
    here = reverse("version", args=[name, head["number"]])
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = {"description": form.described()}
        if form.text("name") != head["name"]:
            given["name"] = form.text("name")
        try:
            write.update_version(actor=request.actor, model=name, version=head["number"], **given)
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            return done(request, here, f"{isolated(name)} {head['number']} is changed")
    context = {
        "form": form,
        "version": head,
        "back": here,
        "crumbs": crumbs(name, head["number"]),
        "action": reverse("version-edit", args=[name, head["number"]]),
    }
    return show_form(request, "versions/_edit.html", context, title="Edit name and description")


@page
@require_POST
def version_tags(request: PageRequest, name: str, version: str) -> HttpResponse:
    """Attaches tags to a version, or detaches those named by `remove`."""
    gone, new = request.POST.getlist("remove"), tags_in(request)
    this = write.update_version(
        actor=request.actor, model=name, version=version, add_tags=new, remove_tags=gone
    )
    where = reverse("version", args=[name, this.number])
    return done(request, where, tags_told(f"{isolated(name)} {this.number}", new, gone))


@page
@require_http_methods(GET_OR_POST)
def version_delete(request: PageRequest, name: str, version: str) -> HttpResponse:
    """Deletes a version; its number stays used."""
    head, form = version_page.version_head(name, version), bind(request, DeleteForm)
    if request.method == "POST" and form.is_valid():
        try:
            write.delete_version(
                actor=request.actor,
                model=name,
                version=head["number"],
                reason=form.text("reason"),
                force=request.POST.get("force") == "1",
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            return done(
                request, reverse("model", args=[name]), f"{isolated(name)} {head['number']} is deleted"
            )
    context = {
        "form": form,
        "version": head,
        "back": reverse("version", args=[name, head["number"]]),
        "action": reverse("version-delete", args=[name, head["number"]]),
        "crumbs": crumbs(name, head["number"]),
        "may_force": request.actor.may("force_delete"),
    }
    return show_form(request, "versions/_delete.html", context, title="Delete version")
