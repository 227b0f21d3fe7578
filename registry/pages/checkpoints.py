"""A checkpoint that somebody kept, held against the history."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from registry.pages.base import PageRequest, page
from registry.pages.forms import PlainForm, bind, refuse, show_form
from registry.rules.errors import Refusal
from registry.selectors.checkpoints import MAX_SIZE, check_against


class CheckpointForm(PlainForm):
    file = forms.FileField(label="Checkpoint", allow_empty_file=True)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def checkpoint(request: PageRequest) -> HttpResponse:
    """Whether the history holds what a checkpoint says; nothing is stored."""
    form, found = bind(request, CheckpointForm), None
    form.files = request.FILES
    if request.method == "POST" and form.is_valid():
        try:
            found = check_against(form.cleaned_data["file"].read(MAX_SIZE + 1))
        except Refusal as refusal:
            refuse(form, refusal, otherwise="file")
    where = reverse("events")
    context = {
        "form": form,
        "found": found,
        "action": reverse("checkpoint"),
        "back": where,
        "crumbs": [("History", where)],
    }
    return show_form(request, "events/_checkpoint.html", context, title="Check a checkpoint", right="read")
