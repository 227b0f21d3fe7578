"""The forms of a model: registering, editing the card, tags, deleting and restoring."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from registry.pages.base import PageRequest, done, page
from registry.pages.forms import PlainForm, bind, refuse, show_form, tags_in, text_field
from registry.rules.direction import isolated
from registry.rules.errors import Refusal
from registry.rules.names import check_model_name
from registry.selectors import model_page
from registry.selectors.catalog import CARD_FIELDS
from registry.services import catalog as write

GET_OR_POST = ["GET", "HEAD", "POST"]


class CardForm(PlainForm):
    """The fields of a model's card."""

    license = text_field("License")
    description = text_field("Description", area=True, attrs={"rows": 9})
    audience = text_field("Audience", area=True, attrs={"rows": 2}, help_text="Who it is for.")
    use_cases = text_field("Use cases", area=True, attrs={"rows": 2}, help_text="What it is used for.")
    limitations = text_field(
        "Limitations", area=True, attrs={"rows": 2}, help_text="Where it must not be used."
    )
    trade_offs = text_field(
        "Trade-offs", area=True, attrs={"rows": 2}, help_text="What was given up for what."
    )
    ethics = text_field("Ethics", area=True, attrs={"rows": 2}, help_text="Who could be harmed, and how.")

    @property
    def folded(self) -> list[Any]:
        """The fields that the form folds away."""
        return [self[name] for name in ("audience", "use_cases", "limitations", "trade_offs", "ethics")]

    @property
    def open(self) -> bool:
        """Whether one of the folded fields has something to show."""
        return any(field.value() or field.errors for field in self.folded)

    def card(self) -> dict[str, str]:
        """The card's fields as typed, with the line ends that everything else has."""
        return {name: self.text(name).replace("\r\n", "\n") for name in CARD_FIELDS}


class NewModelForm(CardForm):
    """Registering a model."""

    name = text_field(
        "Name",
        required=True,
        error_messages={"required": "Give it a name."},
        attrs={"autofocus": True, "spellcheck": "false"},
    )


class EditModelForm(NewModelForm):
    """Changing a model's name, owner and card."""

    owner = text_field("Owner", max_length=150, attrs={"list": "owners"})


@page
@require_http_methods(GET_OR_POST)
def model_new(request: PageRequest) -> HttpResponse:
    """Registers a model."""
    form = bind(request, NewModelForm)
    if request.method == "POST" and form.is_valid():
        try:
            made, _ = write.create_model(
                actor=request.actor, name=form.text("name"), card=form.card(), tags=tags_in(request)
            )
        except Refusal as refusal:
            refuse(form, refusal, advice=allowed_name(form.text("name")))
        else:
            return done(request, reverse("model", args=[made.name]), f"{isolated(made.name)} is registered")
    context = {
        "form": form,
        "action": reverse("model-new"),
        "back": reverse("models"),
        "tags": tags_in(request),
        "crumbs": [("Models", reverse("models"))],
    }
    return show_form(request, "models/_new.html", context, title="Register model")


def allowed_name(name: str) -> str:
    """Advice for a name that isn't allowed: the nearest one that is."""
    near = re.sub(r"[/\s]+", "_", re.sub(r"^@+|^alias:", "", name.strip())).strip("_")[:255]
    try:
        return f"Try “{check_model_name(near)}”." if near != name else ""
    except Refusal:
        return ""


@page
@require_http_methods(GET_OR_POST)
def model_edit(request: PageRequest, name: str) -> HttpResponse:
    """Changes a model's name, owner and card."""
    head = model_page.model_head(name)
    card = {field: head["card"][field] for field in CARD_FIELDS}
    form = bind(request, EditModelForm, {"name": name, "owner": head["owner"] or "", **card})
    here = reverse("model", args=[name])
    if request.method == "POST" and form.is_valid():
        try:
            changed = write.update_model(
                actor=request.actor,
                model=name,
                name=form.text("name"),
                card=form.card(),
                owner=form.text("owner") or None,
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            return done(
                request, reverse("model", args=[changed.name]), f"{isolated(changed.name)} is changed"
            )
    context = {
        "form": form,
        "action": reverse("model-edit", args=[name]),
        "back": here,
        "crumbs": [("Models", reverse("models")), (name, here)],
    }
    return show_form(request, "models/_edit.html", context, title="Edit the card")


@page
@require_POST
def model_tags(request: PageRequest, name: str) -> HttpResponse:
    """Attaches tags to a model, or detaches those named by `remove`."""
    gone, new = request.POST.getlist("remove"), tags_in(request)
    write.update_model(actor=request.actor, model=name, add_tags=new, remove_tags=gone)
    return done(request, reverse("model", args=[name]), tags_told(isolated(name), new, gone))


def tags_told(what: str, new: list[str], gone: list[str]) -> str:
    """What a toast says of changed tags."""
    if new:
        return f"{what} is tagged {', '.join(map(isolated, new))}"
    return (
        f"{', '.join(map(isolated, gone))} is taken off {what}" if gone else f"Nothing was changed on {what}"
    )


class DeleteForm(PlainForm):
    """Deleting asks for the name."""

    confirm = text_field("Its name, to confirm", attrs={"autofocus": True, "spellcheck": "false"})
    reason = text_field("Reason", help_text="It stays in the history.")


@page
@require_http_methods(GET_OR_POST)
def model_delete(request: PageRequest, name: str) -> HttpResponse:
    """Deletes a model, so that it can be restored."""
    head, here = model_page.model_head(name), reverse("model", args=[name])
    form = bind(request, DeleteForm)
    if request.method == "POST" and form.is_valid():
        try:
            write.delete_model(
                actor=request.actor,
                model=name,
                confirm=form.text("confirm"),
                reason=form.text("reason"),
                force=request.POST.get("force") == "1",
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            return done(request, reverse("models"), f"{isolated(name)} is deleted; it can be restored")
    context = {
        "form": form,
        "model": head,
        "action": reverse("model-delete", args=[name]),
        "back": here,
        "crumbs": [("Models", reverse("models")), (name, here)],
        "may_force": request.actor.may("force_delete"),
    }
    return show_form(request, "models/_delete.html", context, title="Delete model")


@page
@require_POST
def model_restore(request: PageRequest, name: str) -> HttpResponse:
    """Brings a deleted model back."""
    write.restore_model(actor=request.actor, model=name)
    return done(request, reverse("model", args=[name]), f"{isolated(name)} is restored")


@page
@require_POST
def markdown_preview(request: PageRequest) -> HttpResponse:
    """What a description will look like."""
    text = next((request.POST[field] for field in ("description", "text") if field in request.POST), "")
    return render(request, "parts/_preview.html", {"text": text[:200_000]})
