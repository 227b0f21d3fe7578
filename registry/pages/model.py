"""A model's page: its card, a metric over its versions, its versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from registry.pages import tables
from registry.pages.base import PageRequest, page_of_past, show
from registry.pages.charts import Chart, metric_chart
from registry.pages.words import CODE_TO_LOG, first_sentence, version_code
from registry.rules.direction import isolated
from registry.rules.metadata import split_path
from registry.rules.metrics import key_metric, verdict, way_of
from registry.rules.stages import STAGES
from registry.selectors import model_page
from registry.selectors.ahead import before_staged
from registry.templatetags import formats, prose, words

DESCRIPTION, FIELD = 14_000, 1_500  # bytes that a card has room for
FIRST = 8  # versions in the table below the chart
MOST_METRICS = 40  # in menus
CARD_LABELS = {
    "audience": "Audience",
    "use_cases": "Use cases",
    "limitations": "Limitations",
    "trade_offs": "Trade-offs",
    "ethics": "Ethics",
}
WAYS = {"higher": "higher is better", "lower": "lower is better", None: ""}
ORDERS = {
    "-number": "newest first",
    "number": "oldest first",
    "name": "by name",
    "-name": "by name, from the end",
}
FILTERS = ("stage", "tag", "name", "sort", *tables.PLACES)


@page_of_past
@require_safe
def model(request: PageRequest, name: str) -> HttpResponse:
    """A model: its card, the holders of its stages, a metric over its versions, the newest versions."""
    head = model_page.model_head(name, request.at)
    versions = model_page.newest_versions(head["id"], at=request.at)
    names = metric_names(versions, head["directions"])
    basis = next((row for row in versions if row["stage"] == "production"), None)
    metric = _chosen_metric(request, names, basis, versions, head["directions"])
    context = {
        **frame(head),
        "staged": before_staged(head, request.at),
        **_card(head["card"], whole=request.GET.get("card") == "whole"),
        "tab": "overview",
        "chart": _chart(versions, metric, model_page.tenures(head["id"], request.at)) if metric else None,
        "metric": metric,
        "way": WAYS[way_of(metric, head["directions"])] if metric else "",
        "metrics": names[:MOST_METRICS],
        "as_table": request.GET.get("as") == "table",
        "versions_shown": versions[:FIRST],
        **version_table(
            request,
            versions[:FIRST],
            names=names,
            metric=metric,
            basis=basis["metrics"] if basis else {},
            head=head,
        ),
    }
    return show(request, "models/model.html", context, fragment="models/_model_chart.html")


@page_of_past
@require_safe
def model_versions(request: PageRequest, name: str) -> HttpResponse:
    """All versions of a model: filtered, sorted, by pages."""
    head = model_page.model_head(name, request.at)
    given = {field: request.GET.getlist(field) for field in FILTERS if request.GET.get(field)}
    words_ = request.GET.get("q", "").strip()[:200].replace("\0", "")
    if words_:
        given["name"] = [f"contains:{words_}"]
    leaf, basis = model_page.versions_leaf(head, given, request.at)
    names = metric_names([*leaf.rows, {"metrics": basis}], head["directions"])
    metric = key_metric(names, head["directions"])
    context = {
        **frame(head),
        "tab": "versions",
        "leaf": leaf,
        "words": words_,
        "filtered": bool(set(given) - {"sort"}),
        "in_all": None if set(given) - {"sort", *tables.PLACES} else head["counts"]["versions"],
        "stage": request.GET.get("stage", ""),
        "kept": tables.kept(request, without=("q", *tables.PLACES)),
        "order": ORDERS.get(leaf.sort, ""),
        "heads": tables.sort_heads(request, leaf.sort, ("-number", "name")),
        **tables.pager(request, leaf),
        **version_table(request, leaf.rows, names=names, metric=metric, basis=basis, head=head),
    }
    return show(request, "models/versions.html", context, fragment="models/_versions_table.html")


def frame(head: dict[str, Any]) -> dict[str, Any]:
    """What the head of every page of a model needs."""
    card, production = head["card"], head["production"]
    waiting = head["staging"] or head["latest"]
    candidate = waiting["number"] if waiting and waiting["stage"] != "production" else None
    pair = [str(one["number"]) for one in (production, waiting) if one]
    return {
        "model": head,
        "summary": first_sentence(card["description"]),
        "candidate": candidate,
        "compare_with": ",".join(dict.fromkeys(pair)) if candidate and production else "",
        "log_code": CODE_TO_LOG,
        "version_code": version_code(head["name"]),
        "stages": [("none", "New"), *((stage, stage.capitalize()) for stage in STAGES)],
    }


def _card(card: Mapping[str, str], *, whole: bool) -> dict[str, Any]:
    """The card's texts, their beginnings if they are long and not the `whole` is asked for."""
    texts = {field: card[field] for field in ("description", *CARD_LABELS)}
    if not whole:
        room = {"description": (DESCRIPTION, prose.render)}
        texts = {
            field: prose.beginning(text, *room.get(field, (FIELD, prose.lines)))
            for field, text in texts.items()
        }
    return {
        "description": texts["description"],
        "card_fields": [(label, texts[field]) for field, label in CARD_LABELS.items()],
        "card_goes_on": any(texts[field] != card[field] for field in texts),
    }


def metric_names(versions: Sequence[Mapping[str, Any]], declared: Mapping[str, str]) -> list[str]:
    """The metrics that these versions have: the key one first, then the common and the judged ones.

    Args:
        declared: the directions declared for them.
    """
    held = Counter(name for row in versions for name in row["metrics"])
    first = key_metric(held, declared)
    return sorted(held, key=lambda name: (name != first, way_of(name, declared) is None, -held[name], name))


def _chosen_metric(
    request: PageRequest,
    names: list[str],
    basis: Mapping[str, Any] | None,
    versions: Sequence[Mapping[str, Any]],
    declared: Mapping[str, str],
) -> str | None:
    """The metric asked for; else the key one of production, else of the newest version that has any."""
    asked = request.GET.get("metric", "")
    if asked in names:
        return asked
    candidates = [basis, *versions] if basis else versions
    return next((key_metric(row["metrics"], declared) for row in candidates if row and row["metrics"]), None)


def _chart(versions: list[dict[str, Any]], metric: str, tenures: list[dict[str, Any]]) -> Chart:
    """The chart, with the sentence that says the same."""
    points = [
        {**row, "value": row["metrics"].get(metric), "late": metric in row["late"]}
        for row in reversed(versions)
    ]
    chart = metric_chart(points, tenures)
    known = [point for point in chart.points if point["known"]]
    for point in chart.points:
        stage = words.stage(point["stage"])
        value = formats.metric(point["value"]) if point["known"] else "no value"
        point["said"] = (
            f"Version {point['number']}: {value}"
            + (f", {stage.word.lower()}" if point["stage"] else "")
            + (", changed after promotion" if point["late"] else "")
        )
        point["marked"] = stage if point["stage"] in ("production", "staging") else None
        point["state"] = words.state(point["run"]) if not point["known"] and point["run"] else None
    marked = [point["said"] for point in known if point["marked"]]
    ends = [known[0]["said"], *marked, known[-1]["said"]] if known else []
    chart.said = f"{isolated(metric)} by version. " + ". ".join(dict.fromkeys(ends))
    return chart


def version_table(
    request: PageRequest,
    versions: Sequence[dict[str, Any]],
    *,
    names: list[str],
    metric: str | None,
    basis: Mapping[str, Any],
    head: Mapping[str, Any],
) -> dict[str, Any]:
    """Context of the table of versions: its lines, the metrics shown, the columns to choose from.

    Args:
        names: the metrics there are, in order.
        metric: the one that is compared with production's.
        basis: production's metrics.
    """
    front = ([metric] if metric else []) + [name for name in names if name != metric]
    known = {f"metric:{name}": name for name in front[:MOST_METRICS]}
    others = {"against": "Against production", "tags": "Tags", "run": "Run", "author": "Author", "age": "Age"}
    default = [*list(known)[:3], "against", "run", "author", "age"]
    chosen = tables.columns(request, {**known, **others}, default)
    metrics = [name for key, name in known.items() if chosen["shown"][key]]
    aliases: dict[int, list[str]] = {}
    for alias in head["aliases"]:
        aliases.setdefault(alias["number"], []).append(alias["name"])
    way = way_of(metric, head["directions"]) if metric else None
    lines = [
        {
            **row,
            "cells": [{"value": row["metrics"].get(name), "late": name in row["late"]} for name in metrics],
            "aliases": aliases.get(row["number"], []),
            "delta": verdict(row["metrics"].get(metric), basis.get(metric), way) if metric else None,
        }
        for row in versions
    ]
    return {
        "lines": lines,
        "metric_columns": [(split_path(name)[-1], name) for name in metrics],
        "against": metric,
        "holder": head["production"],
        **chosen,
    }
