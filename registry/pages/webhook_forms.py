"""Settings, Webhooks: made, changed, given a new secret, deleted. A secret is in one answer, nowhere else."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from registry.pages.base import PageRequest, done, page, show
from registry.pages.forms import PlainForm, bind, refuse, show_form, text_field
from registry.pages.webhooks import administrators, told
from registry.rules.direction import isolated
from registry.rules.errors import Refusal
from registry.rules.stages import STAGES
from registry.rules.webhooks import SLACK, STANDARD, TOPICS
from registry.selectors import webhooks as read
from registry.services import webhooks as write

FORMS = ["GET", "HEAD", "POST"]
FORMATS = ((STANDARD, "Standard Webhooks: JSON with all facts"), (SLACK, "Slack: one line of text"))
LINES = {"spellcheck": "false"}


def _checks(label: str, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )


class WebhookForm(PlainForm):
    """A webhook: where it posts, and what it is told of."""

    name = text_field("Name", required=True, attrs={"autofocus": True})
    url = text_field(
        "URL",
        required=True,
        attrs={"inputmode": "url", "spellcheck": "false"},
        help_text="Where events are posted. Private addresses need the server's leave.",
    )
    format = forms.ChoiceField(label="Body", choices=FORMATS, initial=STANDARD)
    events = _checks("Events", [(topic, about) for topic, about in TOPICS.items()])
    stages = _checks("Only these stages", [(stage, stage.capitalize()) for stage in STAGES])
    models = text_field(
        "Only these models", area=True, attrs=LINES, help_text="One on each line; empty for all."
    )
    tags = text_field("Only these tags", area=True, attrs=LINES, help_text="One on each line; empty for all.")

    def values(self) -> dict[str, Any]:
        """What was typed, as the service takes it."""
        chosen = {key: self.cleaned_data[key] for key in ("format", "events", "stages")}
        lines = {key: [line for line in self.text(key).splitlines() if line] for key in ("models", "tags")}
        return {"name": self.text("name"), "url": self.text("url"), **chosen, **lines}


@page
@administrators
@require_http_methods(FORMS)
def webhook_new(request: PageRequest) -> HttpResponse:
    """Makes one; its secret is in this answer and nowhere else."""
    form = bind(request, WebhookForm, {"events": list(TOPICS)})
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = write.create_webhook(actor=request.actor, **form.values())
        except Refusal as refusal:
            _refuse(form, refusal)
        else:
            return _secret(request, made.id, secret, new=True)
    context = {"form": form, "action": request.path, "submit": "Make webhook"}
    return _form(request, context, "New webhook", reverse("settings-webhooks"), [])


@page
@administrators
@require_http_methods(FORMS)
def webhook_edit(request: PageRequest, webhook: uuid.UUID) -> HttpResponse:
    """Changes one."""
    row = read.webhook_row(webhook)
    lines = {key: "\n".join(row[key]) for key in ("models", "tags")}
    form = bind(request, WebhookForm, {**row, **lines})
    where = reverse("webhook", args=[webhook])
    if request.method == "POST" and form.is_valid():
        try:
            write.update_webhook(actor=request.actor, webhook=webhook, **form.values())
        except Refusal as refusal:
            _refuse(form, refusal)
        else:
            return done(request, where, f"{isolated(form.text('name'))} is changed")
    context = {"form": form, "action": request.path, "submit": "Save webhook"}
    return _form(request, context, f"Change {isolated(row['name'])}", where, [(row["name"], where)])


def _refuse(form: WebhookForm, refusal: Refusal) -> None:
    """At its field: what isn't found is a model or a tag, by the refusal's code."""
    field = {"no_such_model": "models", "no_such_tag": "tags"}.get(refusal.code)
    refuse(form, refusal, otherwise=field)


def _form(
    request: PageRequest, context: dict[str, Any], title: str, back: str, crumbs: list[tuple[str, str]]
) -> HttpResponse:
    first = [("Settings", reverse("settings")), ("Webhooks", reverse("settings-webhooks"))]
    whole = {**context, "back": back, "crumbs": first + crumbs}
    return show_form(request, "webhooks/_form.html", whole, title=title)


@page
@administrators
@require_http_methods(FORMS)
def webhook_secret(request: PageRequest, webhook: uuid.UUID) -> HttpResponse:
    """A new secret, after asking; it is in this answer and nowhere else."""
    row = read.webhook_row(webhook)
    if request.method == "POST":
        _, secret = write.update_webhook(actor=request.actor, webhook=webhook, rotate=True)
        return _secret(request, webhook, secret or "", new=False)
    context = {"form": PlainForm(), "action": request.path, "webhook": row}
    where = reverse("webhook", args=[webhook])
    whole = {
        **context,
        "back": where,
        "crumbs": [("Webhooks", reverse("settings-webhooks")), (row["name"], where)],
    }
    return show_form(
        request, "webhooks/_new_secret.html", whole, title=f"A new secret for {isolated(row['name'])}"
    )


def _secret(request: PageRequest, webhook: uuid.UUID, secret: str, *, new: bool) -> HttpResponse:
    context = {"webhook": told(read.webhook_row(webhook)), "secret": secret, "new": new, "here": "webhooks"}
    return show(request, "webhooks/secret.html", context)


@page
@administrators
@require_http_methods(FORMS)
def webhook_delete(request: PageRequest, webhook: uuid.UUID) -> HttpResponse:
    """Deletes one with its deliveries, after asking."""
    row = read.webhook_row(webhook)
    if request.method == "POST":
        write.delete_webhook(actor=request.actor, webhook=webhook)
        return done(request, reverse("settings-webhooks"), f"The webhook {isolated(row['name'])} is deleted")
    where = reverse("webhook", args=[webhook])
    context = {
        "form": PlainForm(),
        "action": request.path,
        "webhook": row,
        "back": where,
        "crumbs": [("Webhooks", reverse("settings-webhooks")), (row["name"], where)],
    }
    return show_form(
        request, "webhooks/_delete.html", context, title=f"Delete the webhook {isolated(row['name'])}"
    )
