"""Metadata of a version: the tree with who wrote what, older values, adding and removing."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.pages import tables
from registry.pages.base import PageRequest, done, page, page_of_past, show
from registry.pages.forms import PlainForm, bind, refuse, show_form, text_field
from registry.pages.model_forms import GET_OR_POST
from registry.pages.version_forms import crumbs
from registry.pages.versions import frame, shown_value
from registry.pages.words import CODE_TO_LOG
from registry.rules.direction import isolated
from registry.rules.errors import InvalidInput, Refusal
from registry.rules.metadata import nest, split_path
from registry.selectors import version_page
from registry.selectors.version_page import artifact_count
from registry.services import metadata as write

ROWS, OLDER = 30, 5  # values on a page; of each, values that it had before


class MetadataForm(PlainForm):
    """One value to log."""

    path = text_field(
        "Key",
        required=True,
        error_messages={"required": "Give it a key."},
        attrs={"autofocus": True, "spellcheck": "false", "placeholder": "metrics.auc"},
        help_text="Dots nest: metrics.auc is auc within metrics.",
    )
    value = text_field(
        "Value",
        area=True,
        attrs={"rows": 3, "spellcheck": "false"},
        help_text="A number, true or false, or other JSON; anything else is text.",
    )


@page_of_past
@require_safe
def version_metadata(request: PageRequest, name: str, version: str) -> HttpResponse:
    """All metadata of a version, by its first keys, with older values."""
    head = version_page.version_head(name, version, request.at)
    values, _ = version_page.values_beside(head["id"], None, request.at)
    older = version_page.older_values(head["id"], request.at)
    current = {row["path"] for row in values}
    groups: dict[str, list[dict[str, Any]]] = {}
    shown, sides = tables.part(request, values, ROWS)
    gone = sorted({path: rows for path, rows in older.items() if path not in current}.items())
    for row in shown:
        first, *rest = split_path(row["path"])
        before = [shown_value(one) for one in older.get(row["path"], [])[:OLDER]]
        line = {**shown_value(row), "key": ".".join(rest) or first, "older": before}
        groups.setdefault(first if rest else "", []).append(line)
    context = {
        **frame(request, head, values=len(values), artifacts=artifact_count(head["id"], request.at)),
        "tab": "metadata",
        "groups": sorted(groups.items()),
        "gone": [(path, [shown_value(one) for one in rows[:OLDER]]) for path, rows in gone[:ROWS]],
        "gone_count": len(gone),
        "value_count": len(values),
        "shown": len(shown),
        **sides,
        "log_code": CODE_TO_LOG,
    }
    return show(request, "versions/metadata.html", context)


@page
@require_http_methods(GET_OR_POST)
def metadata_add(request: PageRequest, name: str, version: str) -> HttpResponse:
    """Logs one value on a version."""
    head = version_page.version_head(name, version)
    form = bind(
        request, MetadataForm, {"path": request.GET.get("path", ""), "value": request.GET.get("value", "")}
    )
    where = reverse("version-metadata", args=[name, head["number"]])
    if request.method == "POST" and form.is_valid():
        try:
            path = checked_path(form.text("path").strip())
            logged = nest([(path, typed(form.text("value")))])
            write.log_version_metadata(
                actor=request.actor, model=name, version=head["number"], metadata=logged
            )
        except Refusal as refusal:
            refuse(form, refusal, otherwise="path" if "key" in refusal.message else "value")
        else:
            return done(request, where, f"{isolated(path)} is logged on {isolated(name)} {head['number']}")
    context = {
        "form": form,
        "version": head,
        "back": where,
        "action": reverse("metadata-add", args=[name, head["number"]]),
        "crumbs": crumbs(name, head["number"]),
    }
    return show_form(request, "versions/_metadata_add.html", context, title="Add a value")


def checked_path(path: str) -> str:
    """A path as typed, or a refusal if one of its keys is empty."""
    if not all(split_path(path)):
        message = "A key between two dots, or at an end, is empty."
        raise InvalidInput(message, code="bad_metadata", fields={"path": message})
    return path


def typed(text: str) -> Any:
    """The value that somebody typed: JSON if it is that, else text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.replace("\r\n", "\n")


@page
@require_POST
def metadata_remove(request: PageRequest, name: str, version: str) -> HttpResponse:
    """Ends one value; it stays in the history."""
    path = request.POST.get("path", "")
    write.log_version_metadata(actor=request.actor, model=name, version=version, metadata={}, remove=(path,))
    return done(request, reverse("version-metadata", args=[name, version]), f"{isolated(path)} is removed")
