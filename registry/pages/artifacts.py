"""Artifacts: the list, one with its versions, a version with a look inside, its impact; delete."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.pages.base import PageRequest, done, page, page_of_now, page_of_past, show
from registry.pages.forms import PlainForm, bind, refuse, show_form, tags_in, text_field
from registry.pages.model_forms import tags_told
from registry.pages.previews import IMAGES, MAX_SHOWN, bare, drawable, looked_at
from registry.pages.tables import tag_asked
from registry.rules.contents import held_digest
from registry.rules.direction import isolated
from registry.rules.errors import NotFound, Refusal
from registry.selectors import artifact_page as read
from registry.selectors.artifacts import find_artifact_version
from registry.selectors.contents import content_size, open_content
from registry.selectors.lineage_impact import impact_of
from registry.selectors.models_page import with_colors
from registry.selectors.previews import preview_of
from registry.services import artifacts as write

FILTERS = ("tag", "by", "sort", "cursor", "before")
SHOWN_IMPACT = 60
# By an artifact's own age: the list shows when its last version was saved, by which no index goes.
ORDERS = {
    "-created": "newest artifacts first",
    "created": "oldest artifacts first",
    "name": "by name",
    "-name": "by name, from the end",
}
# What is looked at in a frame may draw itself, and nothing else: no script, no form, no request.
SANDBOX = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"


@page_of_past
@require_safe
def artifacts(request: PageRequest) -> HttpResponse:
    """The list of artifacts: searched, by pages."""
    words = request.GET.get("q", "").strip()
    given = {name: request.GET.getlist(name) for name in FILTERS if request.GET.get(name)}
    leaf = read.artifacts_leaf(given, words, request.at)
    context = {
        "artifacts": with_colors(leaf.rows),
        "leaf": leaf,
        "order": ORDERS[leaf.sort],
        "words": words,
        "tag": tag_asked(request),
        "filtered": bool(words or set(given) - {"sort", "cursor", "before"}),
    }
    return show(request, "artifacts/list.html", context, fragment="artifacts/_artifacts_table.html")


@page_of_past
@require_safe
def artifact(request: PageRequest, name: str) -> HttpResponse:
    """An artifact: its versions."""
    given = {key: request.GET.getlist(key) for key in ("cursor", "before") if request.GET.get(key)}
    head = read.artifact_head(name, request.at)
    leaf = read.versions_leaf(head["id"], given, request.at)
    return show(request, "artifacts/artifact.html", {"artifact": head, "leaf": leaf})


@page
@require_POST
def artifact_tags(request: PageRequest, name: str) -> HttpResponse:
    """Attaches tags to an artifact, or detaches those named by `remove`."""
    gone, new = request.POST.getlist("remove"), tags_in(request)
    this = write.update_artifact(actor=request.actor, artifact=name, add_tags=new, remove_tags=gone)
    where = reverse("artifact", args=[this.name])
    return done(request, where, tags_told(isolated(this.name), new, gone))


@page_of_past
@require_safe
def artifact_version(request: PageRequest, name: str, number: str) -> HttpResponse:
    """An artifact version: a look inside, where it is, who made it, who uses it."""
    version = read.version_page(name, number, request.at)
    looked = preview_of(SimpleNamespace(**version))  # type: ignore[arg-type]
    look = _look(version["held"], version["media_type"], version["size"] or 0)
    if look is None and bare(version["media_type"]) in IMAGES and looked["why"]:
        looked["why"] = f"The bytes don't begin as {bare(version['media_type'])} does, or are too many."
    context: dict[str, Any] = {
        "version": version,
        "preview": drawable(looked["preview"], version["media_type"]),
        "why": looked["why"],
        "look": look,
        "location": version["uri"] if not held_digest(version["uri"]) else None,
    }
    return show(request, "artifacts/version.html", context)


@page_of_now
@require_safe
def artifact_content(_request: PageRequest, name: str, number: str) -> HttpResponse:
    """Leads to the bytes, which the API streams."""
    found = find_artifact_version(name, number)
    where = f"/api/v1/artifacts/{quote(found.artifact.name, safe='')}/versions/{found.number}/content/"
    return HttpResponseRedirect(where)


def _look(held: str | None, media_type: str, size: int) -> str | None:
    """How the bytes of a digest are shown, if they are here and few enough."""
    if not held or size > MAX_SHOWN:
        return None
    with open_content(held) as file:
        return looked_at(media_type, file.read(1024))


@page_of_now
@require_safe
@xframe_options_sameorigin
def artifact_preview(_request: PageRequest, name: str, number: str) -> HttpResponse:
    """The bytes of an image or an HTML page, to be looked at in a frame that may do nothing."""
    found = find_artifact_version(name, number)
    held = held_digest(found.uri)
    size = content_size(held) if held else None
    kind = _look(held, found.media_type, size) if held and size is not None else None
    if held is None or kind is None:
        raise NotFound(
            "There is no look inside this artifact.", code="no_preview", hint="Download it instead."
        )
    headers = {
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
        "Content-Disposition": "inline",
    }
    media_type = bare(found.media_type) if kind == "image" else "text/html; charset=utf-8"
    return HttpResponse(open_content(held).read(), content_type=media_type, headers=headers)


@page_of_past
@require_safe
def artifact_impact(request: PageRequest, name: str, number: str) -> HttpResponse:
    """Everything downstream of an artifact version: which model versions, in which stages now and before."""
    found = find_artifact_version(name, number, request.at)
    impact = impact_of(found.id, request.at, limit=SHOWN_IMPACT, cursor=request.GET.get("cursor"))
    return show(request, "artifacts/impact.html", {"version": found, "impact": impact})


class DeleteForm(PlainForm):
    """Deleting an artifact version: its name typed again, and why."""

    name = text_field(
        "Type the artifact's name to delete this version",
        required=True,
        attrs={"autofocus": True, "spellcheck": "false"},
    )
    reason = text_field("Reason", attrs={"maxlength": 1000})


@page
@require_http_methods(["GET", "HEAD", "POST"])
def artifact_delete(request: PageRequest, name: str, number: str) -> HttpResponse:
    """Deletes an artifact version, its links with it; asks for the artifact's name."""
    version = read.version_page(name, number)
    form = bind(request, DeleteForm)
    if request.method == "POST" and form.is_valid():
        if form.text("name") != version["artifact"]:
            form.add_error("name", f"This is not {version['artifact']!r}.")
        else:
            try:
                write.delete_artifact_version(
                    actor=request.actor,
                    artifact=name,
                    number=number,
                    end_links=True,
                    reason=form.text("reason"),
                )
            except Refusal as refusal:
                refuse(form, refusal)
            else:
                return done(
                    request,
                    reverse("artifact", args=[name]),
                    f"{isolated(version['artifact'])} {version['number']} is deleted",
                )
    where = reverse("artifact-version", args=[name, version["number"]])
    context = {
        "form": form,
        "version": version,
        "action": request.path,
        "back": where,
        "crumbs": [
            ("Artifacts", reverse("artifacts")),
            (name, reverse("artifact", args=[name])),
            (version["number"], where),
        ],
    }
    title = f"Delete {isolated(version['artifact'])} {version['number']}"
    return show_form(
        request, "artifacts/_delete.html", context, title=title, status=422 if form.errors else 200
    )
