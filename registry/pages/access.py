"""Coming in and leaving: by password, by the one-time link that `modelcp up` prints."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import auth
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from registry.pages.base import back_to
from registry.rules.errors import Unauthorized
from registry.selectors.access import user_of_session
from registry.selectors.health import package_version
from registry.services import access

BACKEND = "registry.pages.access.Sessions"
HOME = "/"
WRONG = "This user name and password don't belong together."
LOCKED = "Too many wrong passwords for this name: try again in a quarter of an hour, or use a sign-in link."


class Sessions(ModelBackend):
    """People who sign in: each page finds the user, their role and the shell's facts by one query."""

    def get_user(self, user_id: int) -> User | None:
        """The user of a session."""
        return user_of_session(user_id)


class SignInForm(forms.Form):
    """A user name and a password."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form; signs in and goes where the reader wanted to."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(back_to(request, HOME))
        return _form(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=422)
    # axes counts wrong passwords by the request; it answers with `locked_out` when there were too many.
    user = auth.authenticate(request, **form.cleaned_data)
    if user is None:
        form.add_error("password", WRONG)
        return _form(request, form, status=422)
    auth.login(request, user)
    return HttpResponseRedirect(back_to(request, HOME))


@never_cache
@require_GET
def sign_in_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Signs in who opens the link, once."""
    try:
        user = access.use_sign_in_link(secret)
    except Unauthorized:
        if request.user.is_authenticated:  # reloaded, or opened from the history
            return HttpResponseRedirect(HOME)
        raise
    auth.login(request, user, backend=BACKEND)
    return HttpResponseRedirect(HOME)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    auth.logout(request)
    return HttpResponseRedirect(HOME)


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """What axes answers after too many wrong passwords; it also hands over its own response and the names."""
    form = SignInForm(request.POST)
    form.is_valid()
    form.add_error("password", LOCKED)
    return _form(request, form, status=429)


def _form(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    where = {"next": back_to(request, ""), "host": request.get_host(), "version": package_version()}
    return render(request, "access/sign_in.html", {"form": form, **where}, status=status)
