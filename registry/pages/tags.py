"""Tags: the list with counts; made, coloured, renamed, merged, deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from registry.pages.base import PageRequest, done, page, page_of_now, show
from registry.pages.forms import PlainForm, bind, refuse, show_form, text_field
from registry.pages.tables import PLACES
from registry.rules.direction import isolated
from registry.rules.errors import Conflict, Refusal
from registry.selectors import tags as read
from registry.selectors.catalog import alive_versions
from registry.selectors.catalog_lists import VERSIONS
from registry.selectors.models_page import with_colors
from registry.selectors.pager import leaf
from registry.services import tags as write

COLORS = (
    (1, "Blue"),
    (2, "Teal"),
    (3, "Green"),
    (4, "Orange"),
    (5, "Rose"),
    (6, "Violet"),
    (7, "Grey"),
    (8, "Brown"),
)
KEYS = {"name": "name", "created": "created_at"}


class TagForm(PlainForm):
    """A tag's name and colour."""

    name = text_field("Name", required=True, attrs={"autofocus": True})
    color = forms.TypedChoiceField(
        label="Colour", choices=COLORS, coerce=int, required=False, empty_value=None
    )
    merge = forms.BooleanField(label="Merge into the tag that has this name", required=False)


@page_of_now
@require_safe
def tags(request: PageRequest) -> HttpResponse:
    """The tags, with how many things carry each."""
    words = request.GET.get("q", "").strip()
    given = {
        key: request.GET.getlist(key) for key in ("name", "sort", "cursor", "before") if request.GET.get(key)
    }
    if words:
        given["name"] = [f"contains:{words}"]
    found = leaf(read.TAGS, read.alive_tags(), given, KEYS)
    context = {"tags": found.rows, "leaf": found, "words": words, "filtered": bool(words or "name" in given)}
    return show(request, "tags/list.html", context, fragment="tags/_tags_table.html")


@page_of_now
@require_safe
def tag_versions(request: PageRequest, name: str) -> HttpResponse:
    """The versions of all models that carry a tag, the newest first."""
    tag = read.find_tag(name)
    given = {key: request.GET.getlist(key) for key in PLACES if request.GET.get(key)}
    found = leaf(VERSIONS, alive_versions(), {**given, "tag": [f"eq:{tag.name}"]}, KEYS)
    return show(
        request, "tags/versions.html", {"tag": tag, "versions": with_colors(found.rows), "leaf": found}
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def tag_new(request: PageRequest) -> HttpResponse:
    """Makes a tag."""
    form = bind(request, TagForm)
    if request.method == "POST" and form.is_valid():
        try:
            made = write.create_tag(
                actor=request.actor, name=form.text("name"), color=form.cleaned_data["color"]
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            return done(request, reverse("tags"), f"The tag {isolated(made.name)} is made")
    return _form(request, form, {"action": request.path, "submit": "Make tag"}, "New tag")


@page
@require_http_methods(["GET", "HEAD", "POST"])
def tag_edit(request: PageRequest, name: str) -> HttpResponse:
    """Renames or colours a tag; offers to merge it where the name is taken."""
    tag = read.find_tag(name)
    form = bind(request, TagForm, {"name": tag.name, "color": tag.color})
    form.fields["name"].help_text = "The name of another tag merges the two into that one, after asking."
    taken = False
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = form.cleaned_data
        try:
            write.update_tag(
                actor=request.actor,
                tag=tag.name,
                name=form.text("name"),
                color=values["color"],
                merge=values["merge"],
            )
        except Refusal as refusal:
            taken = isinstance(refusal, Conflict) and refusal.code == "name_taken"
            refuse(form, refusal)
        else:
            return done(request, reverse("tags"), f"The tag {isolated(form.text('name'))} is changed")
    context = {
        "action": request.path,
        "submit": "Save tag",
        "tag": tag,
        "taken": taken or bool(form.data.get("merge")),
    }
    return _form(request, form, context, f"Change the tag {isolated(tag.name)}")


def _form(request: PageRequest, form: PlainForm, context: dict[str, Any], title: str) -> HttpResponse:
    chosen = form["color"].value()
    whole = {
        **context,
        "form": form,
        "back": reverse("tags"),
        "crumbs": [("Tags", reverse("tags"))],
        "colors": COLORS,
        "chosen": int(chosen) if str(chosen).isdecimal() else None,
    }
    return show_form(request, "tags/_form.html", whole, title=title, status=422 if form.errors else 200)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def tag_delete(request: PageRequest, name: str) -> HttpResponse:
    """Takes a tag off everything and deletes it, after asking."""
    row = read.tag_row(read.find_tag(name))
    if request.method == "POST":
        write.delete_tag(actor=request.actor, tag=name)
        return done(request, reverse("tags"), f"The tag {isolated(row['name'])} is deleted")
    context = {
        "tag": row,
        "action": request.path,
        "back": reverse("tags"),
        "crumbs": [("Tags", reverse("tags"))],
        "carried": sum(row[key] for key in read.COUNTED),
    }
    return show_form(
        request, "tags/_delete.html", context, title=f"Delete the tag {isolated(row['name'])}", status=200
    )
