"""Small pictures of values, as strict JSON: what the pages show without opening the bytes.

Each has a ``kind``: ``json`` (value), ``text`` (text), ``table`` (rows, columns, head), ``array``
(shape, type …), ``tensors`` (tensors, parameters), ``file`` (name, size), ``folder`` (files),
``object`` (type, text). ``truncated`` says that there is more than is shown.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Sequence
from typing import Any

MAX_TEXT = 300  # characters of one text
MAX_ITEMS = 50  # of one list or dict
MAX_DEPTH = 6
MAX_NODES = 400
MAX_ROWS = 20
MAX_COLUMNS = 60
MAX_PAGE = 4000  # characters of a text shown whole
BINS = 10
SAFE_INTEGER = 2**53  # larger ones lose digits in a browser


def cut(text: str, limit: int = MAX_TEXT) -> str:
    """`text` in at most `limit` characters, as valid Unicode."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return shown.encode("utf-8", "replace").decode()


def cell(value: Any) -> Any:
    """One value as a JSON scalar: numbers stay numbers where JSON and browsers can hold them."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) < SAFE_INTEGER else cut(_digits(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    item = getattr(value, "item", None)  # NumPy's scalars know their Python value
    if item is not None and type(value).__module__ == "numpy":
        plain = item()
        return cell(plain) if isinstance(plain, (bool, int, float, str)) else cut(str(value))
    if isinstance(value, str):
        return cut(value)
    if isinstance(value, (bytes, bytearray)):
        return cut(repr(bytes(value[:100])))
    return cut(reprlib.repr(value)) if isinstance(value, (list, dict, tuple, set)) else cut(str(value))


def _digits(value: int) -> str:
    return str(value) if value.bit_length() < 10_000 else f"an integer of {value.bit_length()} bits"


class _Budget:
    def __init__(self) -> None:
        self.nodes = MAX_NODES
        self.truncated = False

    def cut_short(self) -> str:
        self.truncated = True
        return "…"


def json_preview(value: Any) -> dict[str, Any]:
    """A tree of lists, dicts and scalars, cut to a few hundred nodes."""
    budget = _Budget()
    tree = _tree(value, budget, 0)
    return {"kind": "json", "value": tree, "truncated": budget.truncated}


def _tree(value: Any, budget: _Budget, depth: int) -> Any:
    budget.nodes -= 1
    if isinstance(value, dict):
        if depth >= MAX_DEPTH:
            return budget.cut_short()
        shown = {cut(str(k)): _tree(v, budget, depth + 1) for k, v in _some(value.items(), budget)}
        return shown if len(shown) == len(value) else {**shown, "…": f"{len(value) - len(shown):,} more"}
    if isinstance(value, (list, tuple, set, frozenset)):
        if depth >= MAX_DEPTH:
            return budget.cut_short()
        items = [_tree(v, budget, depth + 1) for v in _some(value, budget)]
        return items if len(items) == len(value) else [*items, f"… {len(value) - len(items):,} more"]
    if isinstance(value, str) and len(value) > MAX_TEXT:
        budget.cut_short()
    return cell(value)


def _some(items: Iterable[Any], budget: _Budget) -> Iterable[Any]:
    for count, item in enumerate(items):
        if count >= MAX_ITEMS or budget.nodes <= 0:
            budget.cut_short()
            return
        yield item


def text_preview(text: str) -> dict[str, Any]:
    """The beginning of a text."""
    return {"kind": "text", "text": cut(text, MAX_PAGE), "truncated": len(text) > MAX_PAGE}


def object_preview(value: Any, type_text: str) -> dict[str, Any]:
    """What an object says of itself."""
    text = reprlib.repr(value) if isinstance(value, (list, dict, tuple, set)) else repr(value)
    return {"kind": "object", "type": type_text, "text": cut(text, 2000), "truncated": len(text) > 2000}


def table_preview(
    rows: int,
    columns: Sequence[dict[str, Any]],
    head: Iterable[Sequence[Any]],
    width: int,
    *,
    sampled: bool = False,
) -> dict[str, Any]:
    """A table's head and a summary of each column.

    Args:
        rows: How many rows the whole table has.
        columns: name, type, nulls, and min, max, mean, histogram or top where there are such.
        head: The first rows.
        width: How many columns the whole table has.
        sampled: The columns' facts come from a sample of the rows.
    """
    return {
        "kind": "table",
        "rows": rows,
        "width": width,
        "columns": list(columns),
        "head": [[cell(value) for value in row] for row in head],
        "sampled": sampled,
        "truncated": rows > MAX_ROWS or width > len(columns),
    }


def numbers_summary(values: Any) -> dict[str, Any]:
    """min, max, mean and a histogram of a NumPy array of numbers; what isn't finite is left out."""
    import numpy as np

    flat = np.asarray(values).ravel()
    if flat.dtype.kind == "b":
        return {"top": [[True, int(flat.sum())], [False, int(flat.size - flat.sum())]]}
    finite = flat[np.isfinite(flat)] if flat.dtype.kind == "f" else flat
    if not finite.size:
        return {}
    low, high = finite.min(), finite.max()
    facts = {"min": cell(low), "max": cell(high), "mean": cell(float(finite.mean(dtype=np.float64)))}
    histogram = _histogram(np, finite.astype(np.float64, copy=False))
    return {**facts, "histogram": histogram} if histogram else facts


def _histogram(np: Any, values: Any) -> dict[str, Any] | None:
    low, high = float(values.min()), float(values.max())
    if low == high:
        return {"edges": [low, high], "counts": [len(values)]}
    if not math.isfinite(high - low):
        return None
    try:
        counts, edges = np.histogram(values, bins=BINS)
    except ValueError:  # too close together for ten bins
        return None
    return {"edges": [float(edge) for edge in edges], "counts": [int(count) for count in counts]}
