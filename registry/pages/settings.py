"""Settings: my tokens, people and their roles, what this server is."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.pages.base import PageRequest, done, page, page_of_now, show
from registry.pages.forms import PlainForm, bind, refuse, show_form, text_field
from registry.rules import roles
from registry.rules.errors import Refusal
from registry.selectors import access as read
from registry.selectors.health import info
from registry.selectors.pager import leaf
from registry.services import access as write

PEOPLE = 30  # on a page
LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("0", "never"))
ABOUT = {
    roles.VIEWER: "reads everything",
    roles.CONTRIBUTOR: "writes models, versions, artifacts, runs, tags; sets staging and archived",
    roles.PROMOTER: "sets production and undoes promotions",
    roles.ADMIN: "edits gates and webhooks, manages people and others' tokens, purges, passes gates",
}


def _labels(names: Any) -> list[tuple[str, str]]:
    return [(name, f"{name}: {ABOUT[name]}") for name in names]


class TokenForm(PlainForm):
    """A new token: its name, how long it lives."""

    name = text_field(
        "Name", required=True, help_text="Where it will be used, such as laptop or nightly training."
    )
    days = forms.ChoiceField(label="Expires after", choices=LIVES, initial="90")


def _token_form(role: str) -> type[PlainForm]:
    """The form of a new token: it offers one's own role first, then the lower ones."""
    lower = [name for name in reversed(roles.ROLES) if roles.includes(role, name)]
    field = forms.ChoiceField(label="Role", choices=_labels(lower))
    return type("TokenFormWithRoles", (TokenForm,), {"role": field, "field_order": ("name", "role", "days")})


@page_of_now
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: PageRequest) -> HttpResponse:
    """My tokens; a new one's secret is in this answer and nowhere else."""
    actor = request.actor
    form = bind(request, _token_form(actor.role))
    made = secret = None
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["days"]
        expires = timezone.now() + timedelta(days=int(days)) if days != "0" else None
        try:
            made, secret = write.create_token(
                actor=actor,
                name=form.text("name"),
                role=form.cleaned_data["role"] or None,
                expires_at=expires,
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            form = _token_form(actor.role)()
    given = {key: request.GET.getlist(key) for key in ("cursor", "before") if request.GET.get(key)}
    found = leaf(read.TOKENS, read.own_tokens(actor.id or 0), given, {"created": "created_at"})
    context = {
        "form": form,
        "tokens": found.rows,
        "leaf": found,
        "made": made,
        "secret": secret,
        "now": timezone.now(),
        "here": "tokens",
        "address": request.build_absolute_uri("/").rstrip("/"),
    }
    return show(request, "settings/tokens.html", context, status=422 if form.errors else 200)


@page
@require_POST
def token_revoke(request: PageRequest, token: uuid.UUID) -> HttpResponse:
    """Ends a token."""
    write.revoke_token(actor=request.actor, token=token)
    return done(request, reverse("settings"), "The token is revoked: nobody comes in by it any more")


class PersonForm(PlainForm):
    """Somebody new."""

    name = text_field(
        "User name", required=True, attrs={"autofocus": True, "autocapitalize": "none", "spellcheck": "false"}
    )
    role = forms.ChoiceField(label="Role", choices=_labels(roles.ROLES), initial=roles.VIEWER)
    password = forms.CharField(
        label="Password",
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Left empty, they come in by a sign-in link that you make for them.",
    )


@page_of_now
@require_safe
def settings_people(request: PageRequest) -> HttpResponse:
    """People and their roles."""
    request.actor.require("manage_people", "see the people")
    words = request.GET.get("q", "").strip()
    given = {key: request.GET.getlist(key) for key in ("cursor", "before") if request.GET.get(key)}
    given["limit"] = [str(PEOPLE)]
    if words:
        given["name"] = [f"contains:{words}"]
    found = leaf(read.PEOPLE, read.people(), given, {"name": "name"})
    context = {
        "people": found.rows,
        "leaf": found,
        "roles": roles.ROLES,
        "about": ABOUT,
        "here": "people",
        "words": words,
    }
    return show(request, "settings/people.html", context)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def person_new(request: PageRequest) -> HttpResponse:
    """Adds a person."""
    actor = request.actor
    actor.require("manage_people", "add a person")
    form = bind(request, PersonForm)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = write.create_person(
                actor=actor,
                username=form.text("name"),
                password=values["password"] or None,
                role=values["role"],
            )
        except Refusal as refusal:
            refuse(form, refusal, {"username": "name"})
        else:
            return done(request, reverse("settings-people"), f"{made.username} is added as {values['role']}")
    context = {
        "form": form,
        "action": request.path,
        "back": reverse("settings-people"),
        "crumbs": [("Settings", reverse("settings")), ("People", reverse("settings-people"))],
    }
    return show_form(
        request, "settings/_person.html", context, title="Add a person", status=422 if form.errors else 200
    )


@page
@require_POST
def person_role(request: PageRequest, name: str) -> HttpResponse:
    """Gives a person a role."""
    role = request.POST.get("role", "")
    write.set_role(actor=request.actor, username=name, role=role)
    return done(request, reverse("settings-people"), f"{name} is {role} now")


@page
@never_cache
@require_POST
def person_link(request: PageRequest, name: str) -> HttpResponse:
    """Makes a one-time sign-in link for a person; it is in this answer and nowhere else."""
    secret = write.invite(actor=request.actor, username=name)
    link = request.build_absolute_uri(reverse("sign-in-link", args=[secret]))
    return show(request, "settings/link.html", {"name": name, "link": link, "here": "people"})


@page_of_now
@require_safe
def settings_about(request: PageRequest) -> HttpResponse:
    """What this server is: version, database, limits."""
    return show(request, "settings/about.html", {"info": info(), "here": "about"})
