"""The list of models: searched, filtered, sorted, by pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from registry.pages import tables
from registry.pages.base import PageRequest, page_of_past, show
from registry.pages.charts import spark
from registry.pages.words import CODE_TO_REGISTER, first_sentence
from registry.selectors import models_page
from registry.selectors.pager import Leaf

DELETED = 40  # on a page
FILTERS = ("tag", "stage", "owner", "license")
COLUMNS = {
    "production": "Production",
    "staging": "Staging",
    "metric": "Key metric",
    "latest": "Latest",
    "line": "Over versions",
    "versions": "Versions",
    "owner": "Owner",
    "created": "Created",
    "updated": "Updated",
}
SHOWN = [name for name in COLUMNS if name not in ("created", "latest")]
ORDERS = {
    "name": "by name",
    "-name": "by name, from the end",
    "created": "oldest first",
    "-created": "newest first",
    "changed": "last changed at the end",
    "-changed": "last changed first",
    "versions": "fewest versions first",
    "-versions": "most versions first",
}
HEADS = ("name", "-versions", "-created", "-changed")
HEADS_THEN = ("name", "-created")  # of the past there is no order by counts or changes
STAGE_WORDS = {
    "production": "has production",
    "staging": "has staging",
    "not:production": "nothing in production",
    "none": "nothing in staging or production",
    "archived": "has archived",
}


@page_of_past
@require_safe
def models(request: PageRequest) -> HttpResponse:
    """The list of models: searched, filtered, sorted, by pages; those deleted with ?deleted=1."""
    if request.GET.get("deleted") == "1" and request.at is None:
        found, sides = tables.part(request, models_page.deleted_models(), DELETED)
        context = {"models": found, "may_write": request.actor.may("write"), **sides}
        return show(request, "models/deleted.html", context)
    words = request.GET.get("q", "").strip()[:200].replace("\0", "")
    given = {
        name: request.GET.getlist(name)
        for name in (*FILTERS, "sort", *tables.PLACES)
        if request.GET.get(name)
    }
    leaf = models_page.models_leaf(given, words, request.at)
    filters = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    context = {
        "models": [_row(row) for row in leaf.rows],
        "leaf": leaf,
        "words": words,
        "filtered": bool(words or filters),
        "in_all": _in_all(request, leaf, filtered=bool(words or filters)),
        "given": {**filters, "sort": request.GET.get("sort", "")},
        "chips": _chips(request, filters),
        "kept": tables.kept(request, without=("q", *tables.PLACES)),
        "order": ORDERS[leaf.sort],
        "heads": tables.sort_heads(request, leaf.sort, HEADS if request.at is None else HEADS_THEN),
        "register_code": CODE_TO_REGISTER,
        "tag_typed": tables.tag_asked(request),
        **tables.columns(request, COLUMNS, SHOWN),
        **tables.pager(request, leaf),
    }
    return show(request, "models/list.html", context, fragment="models/_models_table.html")


def _in_all(request: PageRequest, leaf: Leaf, *, filtered: bool) -> int | None:
    """How many models there are, filtered or not; not counted beside those of a tag, which cost enough."""
    return models_page.matching(at=request.at).count() if filtered and leaf.total is not None else leaf.total


def _row(row: dict[str, Any]) -> dict[str, Any]:
    line = row["metric"]["line"] if row["metric"] else []
    return {**row, "summary": first_sentence(row["description"]), "spark": spark(line)}


def _chips(request: PageRequest, filters: dict[str, str]) -> list[dict[str, str]]:
    """The filters in force, each with the address without it."""
    return [
        {
            "label": name.capitalize(),
            "words": STAGE_WORDS.get(value, value) if name == "stage" else value.removeprefix("eq:"),
            "without": tables.address(request, **{name: None, "cursor": None, "before": None}),
        }
        for name, value in filters.items()
    ]
