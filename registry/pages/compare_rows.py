"""The rows of a comparison: what is compared of a version, and how a row of it is drawn. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from registry.rules.direction import spelled
from registry.rules.metadata import leaves_of
from registry.rules.metrics import HIGHER, verdict, way_of
from registry.templatetags import formats

SLOT, LONG, HOVER = 22, 64, 400  # characters: beside a column's slot, in a cell, on hover
DIGEST = re.compile(r"[0-9a-f]{32,}")
Version = dict[str, Any]
Facts = Callable[[Version], dict[str, Any]]
ABSENT: Any = object()  # what isn't there, unlike what was logged as null


def groups_of(versions: list[Version], base: Version) -> list[dict[str, Any]]:
    """All rows by what they are about: each group its `title`, `lines`, how many `differ` and are `equal`.

    Args:
        base: the version that the metrics of the others are judged against.
    """
    return [
        _group("Metrics", versions, _metrics_of, lambda path, it: _judged(path, it, versions, base)),
        _group("Parameters", versions, _parameters_of, _plain),
        _group("Metadata", versions, _metadata_of, _plain),
        _group("Artifacts", versions, _artifacts_of, lambda path, rows: _bytes(path, rows, versions)),
        _group("Code and environment", versions, _code_of, _plain),
        _group("Packages", versions, _packages_of, _plain),
        _group("Run and tags", versions, _run_of, _of_run),
    ]


def _metrics_of(version: Version) -> dict[str, Any]:
    return {path[8:]: value for path, value in version["values"].items() if path.startswith("metrics.")}


def _metadata_of(version: Version) -> dict[str, Any]:
    return {path: value for path, value in version["values"].items() if not path.startswith("metrics.")}


def _parameters_of(version: Version) -> dict[str, Any]:
    return leaves_of(version["parameters"])


def _code_of(version: Version) -> dict[str, Any]:
    around = {key: value for key, value in (version["environment"] or {}).items() if key != "packages"}
    return {**leaves_of(version["code"]), **leaves_of(around)}


def _packages_of(version: Version) -> dict[str, Any]:
    packages = (version["environment"] or {}).get("packages")
    return packages if isinstance(packages, dict) else {}


def _artifacts_of(version: Version) -> dict[str, Any]:
    return {f"{kind}\t{name}": row for (kind, name), row in version["artifacts"].items()}


def _run_of(version: Version) -> dict[str, Any]:
    facts: dict[str, Any] = {"tags": version["tags"] or None}
    if version["run_id"]:
        seconds = (version["ended"] - version["started"]).total_seconds() if version["ended"] else None
        facts |= {
            "run": version["status"],
            "duration": formats.duration(seconds) if seconds is not None else None,
        }
    return {key: value for key, value in facts.items() if value is not None}


def _group(
    title: str, versions: list[Version], facts: Facts, draw: Callable[[str, list[Any]], dict[str, Any]]
) -> dict[str, Any]:
    columns = [facts(version) for version in versions]
    paths = sorted({path for column in columns for path in column})
    lines = [draw(path, [column.get(path, ABSENT) for column in columns]) for path in paths]
    for line in lines:
        for cell, version in zip(line["cells"], versions, strict=True):
            cell["number"] = version["number"]
    differ = sum(not line["same"] for line in lines)
    return {"title": title, "lines": lines, "differ": differ, "equal": len(lines) - differ}


def _judged(path: str, values: list[Any], versions: list[Version], base: Version) -> dict[str, Any]:
    """A metric's line: the change from the baseline's value, the best one marked, and those changed late."""
    same, values = _same(values), _or_none(values)
    way, basis = way_of(path, base.get("directions")), values[versions.index(base)]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    best = (max if way == HIGHER else min)(numbers) if way and len(set(numbers)) > 1 else None
    cells: list[dict[str, Any]] = []
    for version, value in zip(versions, values, strict=True):
        change, said = verdict(value, basis, way)
        marked = best is not None and value == best
        cells.append(
            {
                "value": value,
                "change": change,
                "verdict": said,
                "best": marked,
                "is_base": version is base,
                "late": f"metrics.{path}" in version["late"],
            }
        )
    return {"label": path, "way": way or "", "cells": cells, "same": same, "judged": True}


def _plain(path: str, values: list[Any]) -> dict[str, Any]:
    return {
        "label": path,
        "mono": True,
        "cells": [_cell(_logged(value)) for value in values],
        "same": _same(values),
    }


def _logged(value: Any) -> str | None:
    """A value as text, also null; None where there is no value."""
    return None if value is ABSENT else "null" if value is None else value_text(value)


def _of_run(path: str, values: list[Any]) -> dict[str, Any]:
    """A line about the runs, or of the versions' tags, which keep their colours."""
    if path != "tags":
        return _plain(path, values)
    values = _or_none(values)
    cells = [
        {"value": ", ".join(tag["name"] for tag in tags) if tags else None, "tags": tags} for tags in values
    ]
    return {"label": path, "mono": True, "cells": cells, "same": _same(values)}


def _cell(text: str | None) -> dict[str, Any]:
    """A value as text: a digest by its beginning, what is long cut in the middle, whole on hover."""
    if text is None:
        return {"value": None}
    short = f"{text[:8]}…" if DIGEST.fullmatch(text) else formats.middle(text, LONG)
    whole = "" if short == text else text[:HOVER]
    return {"value": text, "short": short, "whole": whole, "long": len(short) > SLOT}


def _bytes(path: str, rows: list[Any], versions: list[Version]) -> dict[str, Any]:
    """An artifact's line: its version, size and digest; whether the bytes are another version's too."""
    kind, _, name = path.partition("\t")
    first: dict[str, int] = {}
    rows = _or_none(rows)
    cells: list[dict[str, Any]] = []
    for at, row in enumerate(rows):
        digest = row["sha256"] if row else ""
        cells.append({"artifact": row, "same_as": first.get(digest) if digest else None})
        if digest:
            first.setdefault(digest, versions[at]["number"])
    digests = {row["sha256"] if row else None for row in rows}
    return {"label": name, "kind": kind, "cells": cells, "same": len(digests) == 1 and digests != {""}}


def _or_none(values: list[Any]) -> list[Any]:
    return [None if value is ABSENT else value for value in values]


def _same(values: list[Any]) -> bool:
    return len({"" if value is ABSENT else json.dumps(value, sort_keys=True) for value in values}) == 1


def value_text(value: Any) -> str | None:
    """A logged value as a cell shows it; None where there is none."""
    if value is None or isinstance(value, str):
        return value
    return (
        formats.metric(value)
        if isinstance(value, bool | int | float)
        else spelled(json.dumps(value, ensure_ascii=False))
    )


def markdown(name: str, versions: list[Version], groups: list[dict[str, Any]]) -> str:
    """The shown rows that differ as a Markdown table, to paste into a review."""
    heads = [f"{name} {version['number']}" for version in versions]
    lines = ["| | " + " | ".join(map(_escaped, heads)) + " |", "|---|" + "---|" * len(heads)]
    for group in groups:
        for line in group["shown"]:
            if not line["same"]:
                cells = [_escaped(_cell_text(cell)) for cell in line["cells"]]
                lines.append(f"| {_escaped(line['label'])} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell_text(cell: dict[str, Any]) -> str:
    if "artifact" in cell:
        row = cell["artifact"]
        return f"{row['artifact']} {row['number']} {row['sha256'][:8]}" if row else "–"
    return "–" if cell["value"] is None else formats.middle(value_text(cell["value"]), HOVER)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
