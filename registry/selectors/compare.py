"""Versions side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from registry.models import ArtifactLink, ModelVersion, Run
from registry.rules.errors import InvalidInput
from registry.rules.metadata import leaves_of
from registry.selectors.attached import metadata_of
from registry.selectors.catalog import find_model, find_version
from registry.selectors.catalog_rows import version_rows
from registry.selectors.lists import in_order
from registry.selectors.moments import open_at

MOST = 20


def compare(model: str, references: Sequence[object], at: datetime | None = None) -> dict[str, Any]:
    """Two to twenty versions of a model side by side, in the order named, now or at a moment.

    Returns:
        their rows; metadata and run parameters by path, a value per version (None where it has none);
        artifacts by link name and kind, with their digests.
    """
    if not 2 <= len(references) <= MOST:
        raise InvalidInput(
            f"Name 2 to {MOST} versions to compare, not {len(references)}.",
            code="bad_comparison",
            fields={"versions": "Name them by commas: 3,5,production."},
        )
    found = find_model(model, at=at)
    versions = [find_version(found, str(reference).strip(), at) for reference in references]
    ids = [version.id for version in versions]
    rows = in_order(version_rows(ModelVersion.objects.filter(id__in=ids), at), ids)
    metadata, parameters = metadata_of("version", ids, at=at), _parameters(versions)
    return {
        "versions": rows,
        "metadata": aligned([metadata.get(ident, {}) for ident in ids]),
        "parameters": aligned([parameters.get(version.created_by_run_id, {}) for version in versions]),
        "artifacts": _artifacts(ids, at),
    }


def _parameters(versions: Sequence[ModelVersion]) -> dict[Any, dict[str, Any]]:
    runs = Run.objects.filter(id__in=[version.created_by_run_id for version in versions])
    return {
        ident: value if isinstance(value, dict) else {}
        for ident, value in runs.values_list("id", "parameters")
    }


def aligned(objects: Sequence[Mapping[str, Any]], *, flat: bool = False) -> list[dict[str, Any]]:
    """One row a path: its value in each object, and whether they are all the same.

    Args:
        flat: the objects' keys are paths already.
    """
    leaves = [dict(one) if flat else leaves_of(one) for one in objects]
    paths = sorted({path for one in leaves for path in one})
    return [
        _line(path, [one.get(path) for one in leaves], all(path in one for one in leaves)) for path in paths
    ]


def _line(path: str, values: list[Any], everywhere: bool) -> dict[str, Any]:
    same = everywhere and len({json.dumps(value, sort_keys=True) for value in values}) == 1
    return {"path": path, "values": values, "same": same}


def _artifacts(ids: Sequence[Any], at: datetime | None) -> list[dict[str, Any]]:
    links = ArtifactLink.objects.filter(open_at(at), version_id__in=ids).order_by("valid_from", "id")
    by_name: dict[tuple[str, str], dict[Any, dict[str, Any]]] = {}
    for version, kind, name, artifact, number, digest, size in links.values_list(
        "version_id",
        "kind",
        "name",
        "artifact_version__artifact__name",
        "artifact_version__number",
        "artifact_version__sha256",
        "artifact_version__size",
    ):
        fact = {"artifact": artifact, "number": number, "sha256": digest, "size": size}
        by_name.setdefault((kind, name), {})[version] = fact
    return [
        _artifact(kind, name, [held.get(ident) for ident in ids])
        for (kind, name), held in sorted(by_name.items())
    ]


def _artifact(kind: str, name: str, versions: list[dict[str, Any] | None]) -> dict[str, Any]:
    digests = {version["sha256"] if version else None for version in versions}
    return {"name": name, "kind": kind, "versions": versions, "same": len(digests) == 1 and digests != {""}}
