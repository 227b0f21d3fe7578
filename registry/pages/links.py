"""Artifacts of a version: linking a known one or a URI, uploading a file, unlinking."""

from __future__ import annotations

import hashlib
import mimetypes
import uuid
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from registry.pages.base import PageRequest, back_to, done, page
from registry.pages.forms import PlainForm, bind, refuse, show_form, text_field
from registry.pages.model_forms import GET_OR_POST
from registry.pages.version_forms import crumbs
from registry.rules.contents import uri_of
from registry.rules.direction import isolated
from registry.rules.errors import Refusal
from registry.rules.ids import new_id
from registry.rules.names import check_name
from registry.rules.runs import KINDS, NewArtifactVersion
from registry.selectors import version_page
from registry.services import links as write
from registry.services.contents import put_content

KIND_WORDS = {"data": "Data", "model": "Model", "deployment": "Deployment"}
NAMES = {"number": "number", "artifact": "artifact", "uri": "uri", "name": "name", "kind": "kind"}


def kind_field() -> forms.ChoiceField:
    """Which kind of artifact it is for the version."""
    return forms.ChoiceField(
        label="Kind", choices=[(kind, KIND_WORDS[kind]) for kind in KINDS], initial="data", required=False
    )


class LinkForm(PlainForm):
    """Linking an artifact: one that is known, or a new one by its URI."""

    artifact = text_field(
        "Artifact",
        required=True,
        error_messages={"required": "Name the artifact."},
        attrs={"autofocus": True, "spellcheck": "false", "list": "known-artifacts"},
    )
    number = text_field("Its version", help_text="A number; the latest if left empty.")
    uri = text_field(
        "URI",
        attrs={"spellcheck": "false", "placeholder": "s3://bucket/path"},
        help_text="Only for a new artifact version that is kept elsewhere.",
    )
    name = text_field("Name in this version", help_text="The artifact's own if left empty.")
    kind = kind_field()

    def clean_uri(self) -> str:
        """The URI of a new artifact version, whose number the server gives."""
        uri = self.text("uri").strip()
        if uri and self.text("number").strip():
            self.add_error(
                "number", "Leave this empty with a URI: a new artifact version gets the next number."
            )
        return uri


class UploadForm(PlainForm):
    """Uploading a file as a new artifact version."""

    file = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"hx-preserve": "true"}),  # a refusal can't give a field its file back
        error_messages={"required": "Choose a file.", "empty": "This file is empty."},
        allow_empty_file=True,
    )
    artifact = text_field(
        "Artifact", help_text="The file's name if left empty.", attrs={"list": "known-artifacts"}
    )
    kind = kind_field()


@page
@require_http_methods(GET_OR_POST)
def link_new(request: PageRequest, name: str, version: str) -> HttpResponse:
    """Links an artifact to a version."""
    head, form = version_page.version_head(name, version), bind(request, LinkForm)
    if request.method == "POST" and form.is_valid():
        try:
            link, changed = write.link_artifact(
                actor=request.actor,
                model=name,
                version=head["number"],
                name=form.text("name") or None,
                kind=form.text("kind") or "data",
                **_what(form),
            )
        except Refusal as refusal:
            refuse(form, refusal, NAMES, otherwise=_field_of(refusal))
        else:
            told = "is linked" if changed else "was linked already"
            return done(
                request, reverse("version", args=[name, head["number"]]), f"{isolated(link.name)} {told}"
            )
    return _show(request, "versions/_link.html", form, head, view="link-new", title="Link an artifact")


def _what(form: LinkForm) -> dict[str, Any]:
    """The artifact version that the form names, as the service takes it."""
    if uri := form.text("uri"):
        return {"new": NewArtifactVersion(id=new_id(), artifact=form.text("artifact"), uri=uri)}
    return {"artifact": form.text("artifact"), "number": form.text("number").strip() or None}


def _field_of(refusal: Refusal) -> str | None:
    return {
        "no_such_artifact": "artifact",
        "no_such_artifact_version": "number",
        "bad_version": "number",
    }.get(refusal.code)


@page
@require_http_methods(GET_OR_POST)
def upload(request: PageRequest, name: str, version: str) -> HttpResponse:
    """Stores a file in the server's store and links it to a version as a new artifact version."""
    head, form = version_page.version_head(name, version), _bind_upload(request)
    if request.method == "POST" and form.is_valid():
        file: UploadedFile = form.cleaned_data["file"]
        try:
            new = _stored(request, file, form.text("artifact").strip() or (file.name or "file"))
            link, _ = write.link_artifact(
                actor=request.actor,
                model=name,
                version=head["number"],
                kind=form.text("kind") or "data",
                new=new,
            )
        except Refusal as refusal:
            refuse(form, refusal, {"name": "artifact", "sha256": "file", "size": "file"}, otherwise="file")
        else:
            return done(
                request,
                reverse("version", args=[name, head["number"]]),
                f"{isolated(link.name)} is stored and linked",
            )
    return _show(request, "versions/_upload.html", form, head, view="upload", title="Upload a file")


def _bind_upload(request: PageRequest) -> UploadForm:
    form = bind(request, UploadForm)
    if request.method == "POST":
        form.files = request.FILES
    return form


def _stored(request: PageRequest, file: UploadedFile, artifact: str) -> NewArtifactVersion:
    """Puts the file's bytes into the store; its digest is taken here, since a browser sends none."""
    request.actor.require("write", "upload a file")
    artifact = check_name(artifact, "The artifact's name")  # before bytes are kept that nothing would name
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    sha256 = digest.hexdigest()
    size, _ = put_content(actor=request.actor, sha256=sha256, source=file, size=file.size)
    guessed = mimetypes.guess_type(file.name or "")[0]
    return NewArtifactVersion(
        id=new_id(),
        artifact=artifact,
        uri=uri_of(sha256),
        sha256=sha256,
        size=size,
        media_type=(guessed or file.content_type or "")[:127],
        summary={"file": file.name or ""},
    )


def _show(
    request: PageRequest, template: str, form: PlainForm, head: dict[str, object], *, view: str, title: str
) -> HttpResponse:
    name, number = str(head["model"]), int(str(head["number"]))
    context = {
        "form": form,
        "version": head,
        "back": reverse("version", args=[name, number]),
        "action": reverse(view, args=[name, number]),
        "crumbs": crumbs(name, number),
    }
    return show_form(request, template, context, title=title)


@page
@require_POST
def unlink(request: PageRequest, name: str, version: str, link: uuid.UUID) -> HttpResponse:
    """Ends a link; the artifact stays."""
    write.unlink_artifact(
        actor=request.actor,
        model=name,
        version=version,
        link=link,
        reason=request.POST.get("reason", "").strip(),
    )
    where = back_to(request, reverse("version", args=[name, version]))
    return done(request, where, "The link is removed; the artifact stays")
