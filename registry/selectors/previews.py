"""Reads of previews: the one made at save, or a look at the first bytes. Nothing is ever unpickled."""

from __future__ import annotations

from typing import Any

import orjson

from modelcp.artifacts.preview import json_preview, text_preview
from registry.models import ArtifactVersion
from registry.rules.contents import held_digest
from registry.selectors.contents import content_size, open_content
from registry.selectors.preview_makers import NPY, csv_preview, npy_preview, parquet_preview

HEAD = 256 * 1024  # bytes of a text that are read
MAX_JSON = 1024 * 1024  # bytes of JSON that are parsed; a longer one is shown as text
TEXTS = (
    "application/x-ndjson",
    "application/jsonl",
    "application/yaml",
    "application/xml",
    "application/toml",
)


def preview_of(version: ArtifactVersion) -> dict[str, Any]:
    """The preview of an artifact version: `preview`, how it was `made`, and `why` there is none."""
    if version.preview is not None:
        return {"preview": version.preview, "made": "save", "why": None}
    held = held_digest(version.uri)
    size = content_size(held) if held else None
    if held is None or size is None:
        return _none("The bytes aren't in this server's store.")
    kind = version.media_type.partition(";")[0].strip().lower()
    try:
        made = _look(kind, held, size)
    except Exception as error:  # what a user stored may be anything
        return _none(
            f"The bytes aren't what their media type {kind or 'says'!r} says: {type(error).__name__}."
        )
    return (
        {"preview": made, "made": "server", "why": None}
        if made
        else _none(f"There is no preview of {kind or 'bytes without a media type'}.")
    )


def _none(why: str) -> dict[str, Any]:
    return {"preview": None, "made": "none", "why": why}


def _look(kind: str, sha256: str, size: int) -> dict[str, Any] | None:
    with open_content(sha256) as file:
        head = file.read(MAX_JSON if kind == "application/json" and size <= MAX_JSON else HEAD)
    if kind == "application/json" and size <= MAX_JSON:
        return json_preview(orjson.loads(head))
    if kind in ("text/csv", "text/tab-separated-values"):
        return csv_preview(head, "\t" if "tab" in kind else ",", whole=size <= len(head))
    if kind == "application/x-npy" or head[:6] == NPY:
        return npy_preview(head, size)
    if kind.startswith("text/") or kind == "application/json" or kind in TEXTS:
        shown = text_preview(head.decode("utf-8", "replace"))
        return {**shown, "truncated": shown["truncated"] or size > len(head)}
    if "parquet" in kind or head[:4] == b"PAR1":
        return parquet_preview(sha256)
    return None
