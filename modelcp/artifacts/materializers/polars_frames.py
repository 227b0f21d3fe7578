"""polars by Parquet, written by polars itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelcp.artifacts.materializers.base import Materializer, SavedAs, Unholdable, library
from modelcp.artifacts.preview import MAX_COLUMNS, MAX_ROWS, cell, cut, table_preview

EXTRA = "modelcp[polars]"
MAX_SAMPLE = 50_000  # rows looked at for the picture
_EXACT = {"Boolean", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"}
_EXACT |= {"Float32", "Float64", "String", "Date", "Binary"}


class PolarsMaterializer(Materializer):
    """A DataFrame, a Series, or a LazyFrame, which is collected first and comes back lazy.

    Columns of other than the plain types are read back from the written file and compared.
    """

    media_type = "application/vnd.apache.parquet"
    suffix = ".parquet"

    def prepare(self, value: Any) -> Any:
        """A LazyFrame's query is run here, once for file, summary and picture."""
        return _Collected(value.collect()) if type(value).__name__ == "LazyFrame" else value

    def data_type(self, value: Any) -> str:
        return "polars.LazyFrame" if isinstance(value, _Collected) else super().data_type(value)

    def save(self, value: Any, path: Path) -> None:
        frame = _as_frame(value)
        try:
            frame.write_parquet(path)
        except (OSError, MemoryError):
            raise
        except BaseException as error:  # polars panics on a column of Python objects
            if not isinstance(error, Exception) and "Panic" not in type(error).__name__:
                raise
            raise Unholdable(f"Parquet can't hold it ({cut(str(error), 120)})") from None
        if not all(str(dtype) in _EXACT for dtype in frame.dtypes):
            again = library("polars", EXTRA).read_parquet(path, glob=False)
            if again.schema != frame.schema or not again.equals(frame, null_equal=True):
                raise Unholdable("Parquet would change it")

    def load(self, path: Path, saved: SavedAs) -> Any:
        frame = library("polars", EXTRA).read_parquet(path, glob=False, memory_map=False)
        if saved.data_type == "polars.LazyFrame":
            return frame.lazy()
        return frame.to_series() if saved.data_type == "polars.Series" else frame

    def summary(self, value: Any) -> dict[str, Any]:
        frame = _as_frame(value)
        shape = list(frame.shape) if _is_table(value) else [frame.height]
        columns = {cut(name, 100): str(kind) for name, kind in list(frame.schema.items())[:200]}
        return {"shape": shape, "rows": frame.height, "columns": columns}

    def preview(self, value: Any) -> dict[str, Any] | None:
        frame = _as_frame(value)
        step = max(1, frame.height // MAX_SAMPLE)
        shown = frame[:, :MAX_COLUMNS]
        sample = shown.gather_every(step)
        columns = [_column(series) for series in sample.get_columns()]
        head = shown.head(MAX_ROWS).rows()
        return table_preview(frame.height, columns, head, frame.width, sampled=step > 1)


class _Collected:
    """A LazyFrame's rows."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame


def _is_table(value: Any) -> bool:
    return isinstance(value, _Collected) or type(value).__name__ == "DataFrame"


def _as_frame(value: Any) -> Any:
    if isinstance(value, _Collected):
        return value.frame
    return value if _is_table(value) else value.to_frame()


def _column(series: Any) -> dict[str, Any]:
    """One column's facts; a column that can't be described still has its name and type."""
    facts: dict[str, Any] = {"name": cut(series.name, 100), "type": cut(str(series.dtype), 100)}
    try:
        present = series.drop_nulls()
        facts["nulls"] = int(series.null_count())
        if series.dtype.is_numeric() and len(present):
            finite = present.filter(present.is_finite()) if series.dtype.is_float() else present
            facts |= {name: cell(getattr(finite, name)()) for name in ("min", "max", "mean")}
            facts |= _histogram(finite)
        elif series.dtype.is_temporal() and len(present):
            facts |= {"min": cell(present.min()), "max": cell(present.max())}
        elif len(present) and not series.dtype.is_nested():
            counts = present.value_counts(sort=True)
            top = [[cell(value), int(count)] for value, count in counts.head(5).rows()]
            facts |= {"distinct": counts.height, "top": top}
    except Exception:
        facts.setdefault("nulls", None)
    return facts


def _histogram(finite: Any) -> dict[str, Any]:
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        return {"histogram": {"edges": [low, high], "counts": [len(finite)]}}
    bins = finite.hist(bin_count=10)
    edges = [low, *(float(edge) for edge in bins["breakpoint"])]
    return {"histogram": {"edges": edges, "counts": [int(count) for count in bins["count"]]}}
