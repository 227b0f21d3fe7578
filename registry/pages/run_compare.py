"""A run beside another of its pipeline: what it was given, read, wrote and reached."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from registry.pages import tables
from registry.pages.base import PageRequest, page_of_past, show
from registry.pages.compare import differences
from registry.pages.compare_rows import Version, groups_of, markdown
from registry.selectors import run_compare as read
from registry.selectors.runs import run_id


@page_of_past
@require_safe
def run_compare(request: PageRequest, run: uuid.UUID) -> HttpResponse:
    """A run beside the one before, or the one that ?with= names; only what differs with ?differences=1."""
    earlier = read.runs_before(run, request.at)
    asked = request.GET.get("with", "").strip()
    other = run_id(asked) if asked else earlier[0]["id"] if earlier else None
    pair = read.runs_side_by_side([run] if other is None else [other, run], request.at)
    for one in pair:
        one["number"] = str(one["id"])[-4:]
    context: dict[str, Any] = {"run": pair[-1], "earlier": _choices(request, earlier, other)}
    if other is not None:
        context |= _beside(request, pair)
    return show(request, "runs/compare.html", context)


def _choices(
    request: PageRequest, earlier: list[dict[str, Any]], other: uuid.UUID | None
) -> list[dict[str, Any]]:
    return [
        {**row, "url": tables.address(request, **{"with": str(row["id"])}), "chosen": row["id"] == other}
        for row in earlier
    ]


def _beside(request: PageRequest, pair: list[Version]) -> dict[str, Any]:
    for one in pair:
        one["artifacts"] = {
            ("artifact", f"{step} {way} {name}"): row for (way, step, name), row in one["artifacts"].items()
        }
    groups = groups_of(pair, pair[0])
    return {
        **differences(request, groups),
        "pair": pair,
        "base": pair[0],
        "columns": 3,
        "markdown": markdown(pair[-1]["pipeline_name"], pair, groups),
        "switch_kept": tables.kept(request, ("differences",)),
    }
