"""Versions side by side: metrics, parameters, metadata, artifacts, code, run, tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from registry.pages import tables
from registry.pages.base import PageRequest, page_of_past, show
from registry.pages.compare_rows import Version, groups_of, markdown
from registry.pages.forms import split_words
from registry.rules.errors import Refusal
from registry.selectors import compare_page
from registry.selectors.catalog import find_model

MOST = 6
NEXT = ("staging", None, "archived", "production")  # which of the versions one would promote
CELLS = {"Metrics": 100}  # of a group, unless it is asked for whole with ?whole=; of another OTHER_CELLS
OTHER_CELLS = 48


@page_of_past
@require_safe
def compare(request: PageRequest, name: str) -> HttpResponse:
    """Two to six versions of a model side by side; only what differs with ?differences=1."""
    asked = [word for text in request.GET.getlist("versions") for word in split_words(text)]
    asked = list(dict.fromkeys([*asked, *split_words(request.GET.get("add", ""))]))
    if len(asked) < 2:
        return _choose(request, name, asked)
    if len(asked) > MOST:
        return _choose(
            request,
            name,
            asked[:MOST],
            problem=f"At most {MOST} versions fit side by side, not {len(asked)}.",
        )
    try:
        versions = compare_page.side_by_side(name, asked, request.at)
    except Refusal as refusal:
        return _choose(request, name, [], problem=f"{refusal.message} {refusal.hint or ''}")
    if len(versions) < 2:
        return _choose(
            request, name, [str(versions[0]["number"])], problem="These are one and the same version."
        )
    return show(request, "models/compare.html", _context(request, name, versions))


def _choose(request: PageRequest, name: str, chosen: Sequence[str], problem: str = "") -> HttpResponse:
    found = find_model(name, at=request.at)
    context = {
        "model_name": found.name,
        "choices": compare_page.newest(found.id, request.at),
        "chosen": list(chosen),
        "problem": problem,
        "most": MOST,
    }
    return show(request, "models/compare_choose.html", context, status=422 if problem else 200)


def _context(request: PageRequest, name: str, versions: list[Version]) -> dict[str, Any]:
    base = _baseline(request, versions)
    groups = groups_of(versions, base)
    numbers = [str(version["number"]) for version in versions]
    told = differences(request, groups)
    for version in versions:
        rest = [number for number in numbers if number != str(version["number"])]
        version["without"] = (
            tables.address(request, versions=",".join(rest), add=None) if len(rest) > 1 else ""
        )
        version["is_base"] = version is base
        version["as_base"] = tables.address(
            request, versions=",".join(numbers), add=None, baseline=version["number"]
        )
    ahead = sorted(versions, key=lambda version: NEXT.index(version["stage"]))
    waiting = ahead[0] if ahead[0]["stage"] != "production" else None
    return {
        "model_name": name,
        "versions": versions,
        **told,
        "numbers": numbers,
        "base": base,
        "can_add": len(versions) < MOST,
        "waiting": waiting,
        "columns": len(versions) + 1,
        "markdown": markdown(name, versions, groups),
        "said": _list(numbers),
        "kept": tables.kept(request, ("versions", "add")),
        "switch_kept": [
            ("versions", ",".join(numbers)),
            *tables.kept(request, ("versions", "add", "differences")),
        ],
    }


def differences(request: PageRequest, groups: list[dict[str, Any]]) -> dict[str, Any]:
    """What a comparison shows of its groups: only what differs with ?differences=1; how much does."""
    only = request.GET.get("differences") == "1"
    lines = [line for group in groups for line in group["lines"]]
    differ = sum(not line["same"] for line in lines)
    for group in groups:
        group.update(_fold(request, group, only=only))
    return {
        "groups": [group for group in groups if group["lines"]],
        "only": only,
        "differ": differ,
        "equal": len(lines) - differ,
        "every": tables.address(request, differences=None),
    }


def _fold(request: PageRequest, group: dict[str, Any], *, only: bool) -> dict[str, Any]:
    """The rows that are shown, how many are folded, and the address that unfolds them.

    Packages that are equal are folded: there are a hundred, and they say nothing. So is what is beyond
    the page's measure.
    """
    packages, title = group["title"] == "Packages", group["title"]
    lines = [line for line in group["lines"] if not (only and line["same"])]
    whole = title in request.GET.getlist("whole")
    shown = lines if whole else _first([line for line in lines if not (packages and line["same"])], title)
    asked = request.GET.getlist("whole")
    others = [other for other in asked if other != title]
    return {
        "shown": shown,
        "folded": len(lines) - len(shown),
        "folded_equal": packages and group["differ"] == sum(not line["same"] for line in shown),
        "unfold": tables.address(request, whole=[*others, title]) if len(shown) < len(lines) else "",
        "fold": tables.address(request, whole=others or None) if whole else "",
    }


def _first(lines: list[dict[str, Any]], title: str) -> list[dict[str, Any]]:
    """As many rows as the page's measure allows, in their order: those that differ before equal ones."""
    if not lines:
        return []
    most = max(CELLS.get(title, OTHER_CELLS) // len(lines[0]["cells"]), 4)
    kept = {id(line) for line in sorted(lines, key=lambda line: line["same"])[:most]}
    return [line for line in lines if id(line) in kept]


def _baseline(request: PageRequest, versions: list[Version]) -> Version:
    asked = request.GET.get("baseline", "")
    named = next((version for version in versions if str(version["number"]) == asked), None)
    return named or next((version for version in versions if version["stage"] == "production"), versions[0])


def _list(numbers: list[str]) -> str:
    return f"{', '.join(numbers[:-1])} and {numbers[-1]}"
