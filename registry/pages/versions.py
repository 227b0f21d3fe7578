"""A version's page: how to load it, metrics beside production's, artifacts, metadata, run, history."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.pages import tables
from registry.pages.approval_cards import approval_cards
from registry.pages.base import PageRequest, page_of_past, show
from registry.pages.board_cards import May, moves
from registry.pages.event_words import tell
from registry.pages.words import load_code
from registry.rules.direction import isolated
from registry.rules.metrics import verdict, way_of
from registry.rules.plans import METRICS
from registry.selectors import version_page
from registry.selectors.ahead import ahead_of
from registry.selectors.events import newest_about
from registry.selectors.heartbeats import instances_of
from registry.selectors.version_page import value_count
from registry.templatetags import formats, prose

DESCRIPTION = 6_000  # bytes that there is room for
FEW, ROWS = 8, 30  # lines of a card before it points to its own page; of that page
SHAPES = ("shape", "rows", "length", "class", "type")
UNITS = {"rows": "row", "length": "item"}


@page_of_past
@require_safe
def version(request: PageRequest, name: str, version: str) -> HttpResponse:
    """A version: everything about it, the most asked first."""
    return show_version(request, name, version)


def show_version(
    request: PageRequest, name: str, version: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The version's page; `more` context tells of what was refused on it."""
    head, at = version_page.version_head(name, version, request.at), request.at
    holder = head["holder"]
    values, basis = version_page.values_beside(head["id"], holder["id"] if holder else None, at)
    artifacts = [artifact_line(row) for row in by_kind(version_page.linked_artifacts(head["id"], at))]
    around = version_page.around(head["run_id"], [row["av"] for row in artifacts], at)
    metrics = [
        _metric(row, basis, head["directions"]) for row in values if row["path"].startswith("metrics.")
    ]
    others = [shown_value(row) for row in values if not row["path"].startswith("metrics.")]
    ahead, requests = ahead_of(head, at)
    context = {
        **frame(request, head, artifacts=len(artifacts), values=len(values)),
        "tab": "overview",
        "description": head["description"]
        if request.GET.get("about") == "whole"
        else prose.beginning(head["description"], DESCRIPTION, prose.render),
        "load": load_code(head, artifacts, request.build_absolute_uri("/")),
        "metrics": metrics[:FEW],
        "metric_count": len(metrics),
        "groups": grouped(artifacts[:FEW]),
        "artifact_count": len(artifacts),
        "more_artifacts": len(artifacts) > FEW,
        "facts": others[:FEW],
        "value_count": len(values),
        "steps": version_page.steps_of(head["run_id"]),
        "around": around,
        "ahead": ahead,
        **(_approvals(request, head, requests) if at is None else {}),
        "instances": instances_of(head["id"]) if at is None else [],
        "deployed": [row for row in artifacts if row["kind"] == "deployment"],
        "events": [
            tell(row, within_model=True)
            for row in newest_about("version", head["id"], {head["model_id"]: name}, 6, at)
        ],
        **more,
    }
    return show(request, "versions/version.html", context, status=status)


def _approvals(request: PageRequest, head: dict[str, Any], requests: list[dict[str, Any]]) -> dict[str, Any]:
    """The card of approvals: the requests that are open, and its form where none is for the next stage."""
    asked = {row["stage"] for row in requests}
    following = "production" if head["stage"] == "staging" else "staging"
    return {
        **approval_cards(request.actor, requests),
        "version_model": head["model"],
        "approvals_next": reverse("version", args=[head["model"], head["number"]]),
        "ask_for": [] if asked or head["stage"] == "production" else [following],
    }


@page_of_past
@require_safe
def version_artifacts(request: PageRequest, name: str, version: str) -> HttpResponse:
    """All artifacts of a version, with who linked each and which step made it."""
    head = version_page.version_head(name, version, request.at)
    artifacts = by_kind(version_page.linked_artifacts(head["id"], request.at))
    shown, sides = tables.part(request, artifacts, ROWS)
    context = {
        **frame(request, head, artifacts=len(artifacts), values=value_count(head["id"], request.at)),
        "tab": "artifacts",
        "groups": grouped([artifact_line(row) for row in shown]),
        "artifact_count": len(artifacts),
        "shown": len(shown),
        "wide": True,
        **sides,
    }
    return show(request, "versions/artifacts.html", context)


def frame(request: PageRequest, head: dict[str, Any], *, artifacts: int, values: int) -> dict[str, Any]:
    """What the head of every page of a version needs."""
    stage = head["stage"]
    return {
        "version": head,
        "named": head["name"] != str(head["number"]),
        "artifacts_in_tab": artifacts,
        "values_in_tab": values,
        "next_stage": "production" if stage in ("staging", "production") else "staging",
        "stage_choices": _stage_choices(head, request.actor.may),
        "run_label": _run_label(head),
        "run_seconds": (head["run_ended"] - head["run_started"]).total_seconds()
        if head["run_ended"]
        else None,
    }


def _stage_choices(head: dict[str, Any], may: May) -> list[dict[str, Any]]:
    """The moves from here, the next one first, which stands out if it may be made."""
    holder = {"production": head["holder"]["number"] if head["holder"] else None, "staging": head["staged"]}
    found = moves({"stage": head["stage"], **holder}, may)
    return [{**move, "first": at == 0 and not move["refused"]} for at, move in enumerate(found)]


def _run_label(head: dict[str, Any]) -> str:
    """What a run is called beside its pipeline: the end of its id."""
    return f"{isolated(head['run_pipeline'])} {str(head['run_id'])[-4:]}" if head["run_id"] else ""


def _metric(row: dict[str, Any], basis: dict[str, Any], declared: dict[str, str]) -> dict[str, Any]:
    way = way_of(row["path"].removeprefix(METRICS), declared)
    beside = basis.get(row["path"])
    other = beside["value"] if beside else None
    change, said = verdict(row["value"], other, way)
    return {
        **shown_value(row),
        "name": row["path"].removeprefix(METRICS),
        "way": way or "",
        "basis": other,
        "basis_late": bool(beside and beside["late"]),
        "change": change,
        "verdict": said,
    }


def shown_value(row: dict[str, Any]) -> dict[str, Any]:
    """A logged value as pages show it: JSON where it isn't plain, and as one would type it again."""
    value = row["value"]
    plain = isinstance(value, str | bool | int | float) and value != ""
    text = json.dumps(value, ensure_ascii=False)
    return {**row, "shown_json": "" if plain else text, "as_typed": value if _reads_as_text(value) else text}


def _reads_as_text(value: Any) -> bool:
    """Whether a value is text that no JSON reader would take for something else."""
    if not isinstance(value, str):
        return False
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return True
    return False


def artifact_line(row: dict[str, Any]) -> dict[str, Any]:
    """An artifact as tables show it: with its type, what it holds and where to download it."""
    held = row["uri"].startswith("modelcp:")
    place = reverse("artifact-content", args=[row["artifact"], row["number"]])
    return {
        **row,
        "type": row["data_type"].rpartition(".")[2] or row["media_type"].rpartition("/")[2],
        "holds": contents_of(row),
        "download": place if held else "",
        "away": row["uri"] if row["uri"].startswith(("http://", "https://")) else "",
    }


def contents_of(row: dict[str, Any]) -> str:
    """What an artifact holds in a few words, from its summary; else where it is."""
    summary = row["summary"] if isinstance(row["summary"], dict) else {}
    shape = summary.get("shape")
    if isinstance(shape, list) and shape and all(isinstance(side, int) for side in shape):
        return " × ".join(formats.thousands(side) for side in shape)
    for key in SHAPES:
        if isinstance(summary.get(key), str | int):
            return f"{formats.thousands(summary[key])}{_unit(key, summary[key], row['data_type'])}"
    return "" if row["uri"].startswith("modelcp:") else formats.middle(row["uri"], 48)


def _unit(key: str, many: object, data_type: str) -> str:
    """What a summary counts, after its number; nothing after a word."""
    if not isinstance(many, int) or key not in UNITS:
        return ""
    unit = "key" if data_type == "dict" else "character" if data_type == "str" else UNITS[key]
    return f" {unit}" if many == 1 else f" {unit}s"


def by_kind(artifacts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The artifacts in the order of their kinds."""
    return sorted(artifacts, key=lambda row: version_page.KINDS.index(row["kind"]))


def grouped(artifacts: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The artifacts by kind, without the kinds that have none."""
    groups = [(kind, [row for row in artifacts if row["kind"] == kind]) for kind in version_page.KINDS]
    return [(kind, rows) for kind, rows in groups if rows]
