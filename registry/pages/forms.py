"""Forms of the pages: they carry what was typed and show refusals at their fields; services have the rules.

A form opens as a page of its own, and as a dialog over another page when htmx asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry.pages.base import PageRequest
from registry.rules.errors import Refusal


class PlainForm(forms.Form):
    """Fields of text that reach the service as they were typed."""

    def text(self, name: str) -> str:
        """What was typed into a field; empty if the browser sent nothing."""
        return str(self.cleaned_data.get(name) or "")


def text_field(label: str, *, area: bool = False, **options: Any) -> forms.CharField:
    """A field of text that isn't stripped: what a name may begin with is the service's to say."""
    widget = forms.Textarea if area else forms.TextInput
    attrs = {"autocomplete": "off", **options.pop("attrs", {})}
    options.setdefault("required", False)
    return forms.CharField(label=label, strip=False, widget=widget(attrs=attrs), **options)


F = TypeVar("F", bound=PlainForm)


def bind(request: HttpRequest, form: type[F], initial: Mapping[str, Any] | None = None) -> F:
    """The form with what was posted, or empty; its ids differ from the page's when it is a dialog.

    Where a preview is asked for it isn't sent yet, and so never valid: it begins with what was typed.
    """
    ids = "dialog_%s" if in_dialog(request) else "id_%s"
    if previewed(request):
        return form(initial={**(initial or {}), **request.POST.dict()}, auto_id=ids)
    data = request.POST if request.method == "POST" else None
    return form(data, initial=dict(initial or {}), auto_id=ids)


def previewed(request: HttpRequest) -> bool:
    """Whether a form was posted by its button "Preview", there without JavaScript: nothing is saved."""
    return "preview" in request.POST


def in_dialog(request: HttpRequest) -> bool:
    """Whether htmx will put the answer into the page's dialog."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and htmx.target == "dialog"


def refuse(
    form: forms.Form,
    refusal: Refusal,
    names: Mapping[str, str] | None = None,
    *,
    otherwise: str | None = None,
    advice: str = "",
) -> None:
    """Puts a refusal at its fields, or above the form if it concerns none of them.

    Args:
        names: what a field of the refusal is called in the form, where they differ.
        otherwise: the field that it concerns if it names none.
        advice: what to do, in place of the refusal's hint.
    """
    advice, placed = advice or refusal.hint or "", False
    for field, message in refusal.fields.items():
        known = (names or {}).get(field, field)
        if known in form.fields:
            form.add_error(known, f"{_sentence(message, refusal.message)} {advice}".strip())
            placed = True
    if not placed:
        form.add_error(otherwise, f"{refusal.message} {advice}".strip())


def _sentence(message: str, whole: str) -> str:
    """A field's message; the whole refusal where the message alone says too little."""
    return message if len(message.split()) > 2 else whole


def show_form(
    request: PageRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    title: str,
    status: int | None = None,
    right: str = "write",
) -> HttpResponse:
    """A form as a dialog or as a page; status 422 when it was refused, so that htmx swaps it.

    Forbidden before anything is typed, if whoever looks couldn't send it.

    Args:
        right: what sending it takes (see rules.roles).
        template: the form with its header, body and footer (`_name.html`).
        title: what the page is called; the form's heading.
        context: `form`, `action`, `back` (where Cancel leads), `crumbs` (label and address), the form's own.
    """
    if request.method != "POST" or previewed(request):  # what was typed already is kept beside its refusal
        request.actor.require(right, "change anything")
    dialog = in_dialog(request)
    whole = {"crumbs": (), **context, "title": title, "dialog": dialog, "body": template}
    status = status or (422 if context["form"].errors else 200)
    return render(request, template if dialog else "form_page.html", whole, status=status)


def split_words(text: str) -> list[str]:
    """The words of a field that takes several, separated by commas or line breaks."""
    return [word.strip() for word in re.split(r"[,\n]", text) if word.strip()]


def tags_in(request: HttpRequest) -> list[str]:
    """The tags of a form: each `tag` as it is (a chip), and those typed into `tags`."""
    return list(dict.fromkeys([*request.POST.getlist("tag"), *split_words(request.POST.get("tags", ""))]))
