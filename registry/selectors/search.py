"""Reads of search: models, versions, artifacts, runs and tags that hold the words, a few of each."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.db.models import F, Q, QuerySet

from registry.models import CardRevision, ModelVersion
from registry.rules.names import normal
from registry.selectors.artifacts import alive_artifacts
from registry.selectors.catalog import alive_models, alive_versions
from registry.selectors.columns import prefix
from registry.selectors.lists import any_of
from registry.selectors.models_page import plain
from registry.selectors.runs import all_runs
from registry.selectors.tags import alive_tags

MOST = 8
MAX_WORDS = 200  # characters
RECENT = 10_000  # versions
_SHORT_ID = re.compile(r"[0-9a-f]{4,32}")


def search(words: str, most: int = MOST) -> dict[str, list[dict[str, Any]]]:
    """What holds the words, by kind, the best and newest first; at most `most` of each, in five queries."""
    words = normal(words.replace("\0", "").strip()[:MAX_WORDS])
    if not words:
        return {}
    found = {
        "models": _models(words, most),
        "versions": _versions(words, most),
        "artifacts": _artifacts(words, most),
        "runs": _runs(words, most),
        "tags": _tags(words, most),
    }
    return {kind: rows for kind, rows in found.items() if rows}


def _best(rows: list[dict[str, Any]], words: str, most: int) -> list[dict[str, Any]]:
    """Those that are the words first, then those that begin with them."""
    low = words.lower()
    return sorted(
        rows, key=lambda row: (row["name"].lower() != low, not row["name"].lower().startswith(low))
    )[:most]


def _models(words: str, most: int) -> list[dict[str, Any]]:
    cards = CardRevision.objects.filter(valid_to__isnull=True, description__icontains=words)
    rows = alive_models().filter(Q(name__icontains=words) | Q(pk__in=cards.values("model_id")))
    return _best(
        plain(rows.order_by("-chain__last_at", "pk").values("name", count=F("version_count"))[: 4 * most]),
        words,
        most,
    )


def _versions(words: str, most: int) -> list[dict[str, Any]]:
    """Versions by their name, or by their model and number as people write them: "churn 14".

    Names are looked through in the newest RECENT versions; of older ones those are found that begin so.
    """
    alive, wanted = alive_versions(), _number(words)
    if wanted is not None:
        found = alive.filter(number=wanted)
    else:
        newest = alive.order_by("-created_at", "-pk").values("pk")[:RECENT]
        found = any_of(
            ModelVersion.objects.filter(pk__in=newest, name__icontains=words),
            *(_beginning(start, 4 * most) for start in {words, words.lower(), words.capitalize()}),
            _numbered(*words.rpartition(" ")[::2]),
        )
    rows = found.order_by("-created_at", "-pk")
    return plain(rows.values("name", "number", "stage", model_name=F("model__name"))[:most])


def _beginning(start: str, most: int) -> QuerySet[ModelVersion]:
    named = alive_versions().filter(prefix("name", start)).order_by("name", "pk")
    return ModelVersion.objects.filter(pk__in=named.values("pk")[:most])


def _numbered(model: str, number: str) -> QuerySet[ModelVersion]:
    """The versions of that number of the models whose name holds the words."""
    wanted = _number(number)
    if not model or wanted is None:
        return ModelVersion.objects.none()
    named = alive_models().filter(name__icontains=model.strip()).values_list("pk", flat=True)
    alive = ModelVersion.objects.filter(deleted_at__isnull=True)
    return alive.filter(model__in=list(named[:1000]), number=wanted)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _artifacts(words: str, most: int) -> list[dict[str, Any]]:
    rows = alive_artifacts().filter(name__icontains=words).order_by("-created_at", "-pk")
    return _best(plain(rows.values("name", count=F("last_number"))[: 4 * most]), words, most)


def _runs(words: str, most: int) -> list[dict[str, Any]]:
    """Runs by name, pipeline, or the end of their id, by which the pages call them.

    Names are looked through in the newest RECENT runs; of older ones those are found that begin so.
    """
    newest = all_runs().order_by("-started_at", "-pk").values("pk")[:RECENT]
    named = Q(name__icontains=words) | Q(pipeline__name__icontains=words)
    beginning = all_runs().filter(prefix("name", words)).order_by("name", "pk").values("pk")[: 4 * most]
    found = [all_runs().filter(named, pk__in=newest), all_runs().filter(pk__in=beginning)]
    low = words.lower().replace("-", "")
    if _SHORT_ID.fullmatch(low):
        short = Q(id=uuid.UUID(low)) if len(low) == 32 else Q(id__endswith=low[-12:])
        found.append(all_runs().filter(short))
    rows = any_of(*found).order_by("-started_at", "-pk")
    return plain(rows.values("id", "name", "status", "started_at", pipeline_name=F("pipeline__name"))[:most])


def _tags(words: str, most: int) -> list[dict[str, Any]]:
    return _best(
        plain(
            alive_tags().filter(name__icontains=words).order_by("name").values("name", "color")[: 4 * most]
        ),
        words,
        most,
    )
