"""A preview as a page can draw it: checked, cut to size, histograms as bars. A client may send anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MAX_ROWS, MAX_COLUMNS, MAX_CELL, MAX_TEXT, MAX_LIST = 20, 60, 120, 16_000, 200
BARS_WIDTH, BARS_HEIGHT = 96, 24
KINDS = ("json", "text", "table", "array", "tensors", "file", "folder", "object")
WEB = {"text/html": "html", "application/xhtml+xml": "html"}
# How the bytes of an image begin, and within how many.
IMAGES = {
    "image/png": ((b"\x89PNG\r\n\x1a\n", 8),),
    "image/jpeg": ((b"\xff\xd8\xff", 3),),
    "image/gif": ((b"GIF87a", 6), (b"GIF89a", 6)),
    "image/webp": ((b"WEBP", 12),),
    "image/svg+xml": ((b"<svg", 1024), (b"<!DOCTYPE svg", 1024)),
    "image/avif": ((b"ftypavif", 12), (b"ftypavis", 12)),
    "image/bmp": ((b"BM", 2),),
}
MAX_SHOWN = 8 * 1024 * 1024  # bytes of a page or an image that are sent


def drawable(preview: Any, media_type: str) -> dict[str, Any] | None:
    """The preview in the shape that `artifacts/preview/` draws; None if it is of no known kind."""
    if not isinstance(preview, Mapping) or preview.get("kind") not in KINDS:
        return None
    kind = str(preview["kind"])
    made = {"table": _table, "array": _array, "tensors": _tensors, "folder": _folder}.get(kind, _plain)(
        preview
    )
    if kind == "text" and bare(media_type) in ("text/markdown", "text/x-markdown"):
        made["markdown"] = True
    return {**made, "kind": kind, "truncated": bool(preview.get("truncated"))}


def bare(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def looked_at(media_type: str, head: bytes) -> str | None:
    """How the bytes themselves are shown: "html" in a frame, "image" if they begin as one, or not at all.

    Args:
        head: the first 1,024 bytes.
    """
    kind = bare(media_type)
    if kind in IMAGES and any(mark in head[:place] for mark, place in IMAGES[kind]):
        return "image"
    return WEB.get(kind)


def _plain(preview: Mapping[str, Any]) -> dict[str, Any]:
    text = preview.get("text")
    return {
        "text": text[:MAX_TEXT] if isinstance(text, str) else "",
        "value": preview.get("value"),
        "type": _cell(preview.get("type")),
        "name": _cell(preview.get("name")),
        "size": preview.get("size") if isinstance(preview.get("size"), int) else None,
    }


def _table(preview: Mapping[str, Any]) -> dict[str, Any]:
    columns = [
        _column(column)
        for column in _list(preview.get("columns"))[:MAX_COLUMNS]
        if isinstance(column, Mapping)
    ]
    head = [
        [_value(cell) for cell in _list(row)[: len(columns)]] for row in _list(preview.get("head"))[:MAX_ROWS]
    ]
    width = preview.get("width")
    return {
        "columns": columns,
        "head": head,
        "rows": _number(preview.get("rows")),
        "width": width if isinstance(width, int) else len(columns),
        "sampled": bool(preview.get("sampled")),
    }


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(column.get("type", ""))[:40]
    top = [item for item in _list(column.get("top"))[:3] if isinstance(item, list | tuple) and len(item) == 2]
    return {
        "name": str(column.get("name", ""))[:MAX_CELL],
        "type": kind,
        "numeric": _number(column.get("min")) is not None
        or kind.lower().startswith(("int", "float", "uint", "double")),
        "nulls": _number(column.get("nulls")),
        "min": _number(column.get("min")),
        "max": _number(column.get("max")),
        "mean": _number(column.get("mean")),
        "top": [(_cell(value), _number(count)) for value, count in top],
        "bars": bars(column.get("histogram")),
    }


def bars(histogram: Any) -> list[tuple[float, float, float, float, str]]:
    """A histogram as bars for SVG: x, y, width, height, and what each counts."""
    if not isinstance(histogram, Mapping):
        return []
    counts = [_number(count) or 0 for count in _list(histogram.get("counts"))[:40]]
    edges = [_number(edge) for edge in _list(histogram.get("edges"))[:41]]
    top = max(counts, default=0)
    if top <= 0:
        return []
    step = BARS_WIDTH / len(counts)
    drawn = []
    for place, count in enumerate(counts):
        height = max(round(BARS_HEIGHT * count / top, 1), 1.0 if count else 0.0)
        drawn.append(
            (
                round(place * step, 1),
                round(BARS_HEIGHT - height, 1),
                round(step - 1, 1),
                height,
                _between(edges, place, count),
            )
        )
    return drawn


def _between(edges: Sequence[Any], place: int, count: Any) -> str:
    if place + 1 < len(edges) and None not in (edges[place], edges[place + 1]):
        return f"{edges[place]:.6g} to {edges[place + 1]:.6g}: {count:,}"
    return f"{count:,}"


def _array(preview: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": _cell(preview.get("type")),
        "shape": [_cell(size) for size in _list(preview.get("shape"))[:12]],
        "head": [_value(item) for item in _list(preview.get("head"))[:MAX_ROWS]],
        "column": _column({**preview, "name": "", "type": ""}),
        "sampled": bool(preview.get("sampled")),
    }


def _tensors(preview: Mapping[str, Any]) -> dict[str, Any]:
    rows = [row for row in _list(preview.get("tensors"))[:MAX_LIST] if isinstance(row, Mapping)]
    return {
        "tensors": [
            {
                "name": _cell(row.get("name")),
                "type": _cell(row.get("type")),
                "parameters": _number(row.get("parameters")),
                "shape": " × ".join(_cell(size) for size in _list(row.get("shape"))[:12]),
            }
            for row in rows
        ],
        "parameters": _number(preview.get("parameters")),
    }


def _folder(preview: Mapping[str, Any]) -> dict[str, Any]:
    rows = [row for row in _list(preview.get("files"))[:MAX_LIST] if isinstance(row, Mapping)]
    return {"files": [{"name": _cell(row.get("name")), "size": _number(row.get("size"))} for row in rows]}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _value(value: Any) -> Any:
    """A cell: numbers stay numbers, so that they line up; None is missing."""
    return value if value is None or isinstance(value, int | float) else _cell(value)


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + "…"
