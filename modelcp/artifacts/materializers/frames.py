"""pandas by Parquet: frames, series and indexes, exactly or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from modelcp.artifacts.materializers.base import Materializer, SavedAs, Unholdable, has_library, library
from modelcp.artifacts.preview import MAX_COLUMNS, MAX_ROWS, cell, cut, numbers_summary, table_preview

EXTRA = "modelcp[pandas]"
NOTHING = "modelcp"
KEY = b"modelcp"  # in the file's own metadata: what the frame stands for
MAX_SAMPLE = 50_000  # rows looked at for the picture
_EXACT = {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
_EXACT |= {"float32", "float64", "datetime64[ns]", "datetime64[us]", "datetime64[ms]", "str"}


class PandasMaterializer(Materializer):
    """A DataFrame, a Series or an Index as Parquet.

    Plain columns are known to survive. Any other frame is read back from the written file and
    compared: what differs in the least is left to the next materializer.
    """

    media_type = "application/vnd.apache.parquet"
    suffix = ".parquet"

    def save(self, value: Any, path: Path) -> None:
        if not has_library("pyarrow.parquet"):
            raise Unholdable(f"pyarrow isn't installed (pip install '{EXTRA}')")
        frame, note = _as_frame(value)
        try:
            _write(frame, note, path)
        except (OSError, MemoryError):
            raise
        except Exception as error:  # whatever Arrow says of a type that it doesn't know
            raise Unholdable(f"Parquet can't hold it ({cut(str(error).splitlines()[0], 120)})") from None
        if not _surely_exact(frame) or note.get("check"):
            why = _difference(value, path)
            if why:
                raise Unholdable(f"Parquet would change it ({cut(why, 120)})")

    def load(self, path: Path, saved: SavedAs) -> Any:
        library("pandas", EXTRA)
        return _read(path)

    def summary(self, value: Any) -> dict[str, Any]:
        facts: dict[str, Any] = {"shape": list(value.shape), "rows": len(value)}
        if value.ndim == 2:
            names = [cut(str(name), 100) for name in value.columns[:200]]
            facts["columns"] = {name: str(dtype) for name, dtype in zip(names, value.dtypes, strict=False)}
        else:
            facts["dtype"] = str(value.dtype)
        return facts

    def preview(self, value: Any) -> dict[str, Any] | None:
        pd = library("pandas", EXTRA)
        frame = value if value.ndim == 2 else pd.DataFrame({_shown_name(value): value.array})
        step = max(1, len(frame) // MAX_SAMPLE)
        sample = frame.iloc[::step]
        width = min(frame.shape[1], MAX_COLUMNS)
        columns = [_column(str(frame.columns[i]), sample.iloc[:, i]) for i in range(width)]
        head = frame.iloc[:MAX_ROWS, :width].itertuples(index=False, name=None)
        return table_preview(len(frame), columns, head, frame.shape[1], sampled=step > 1)


def _shown_name(value: Any) -> str:
    return "value" if value.name is None else str(value.name)


def _as_frame(value: Any) -> tuple[Any, dict[str, Any]]:
    """`value` as a frame, and the note that turns the frame back."""
    pd = library("pandas", EXTRA)
    if isinstance(value, pd.DataFrame):
        if len({type(name) for name in value.columns}) > 1:
            raise Unholdable("its columns' names are of several types")
        return value, {"is": "frame", **_freq(value.index), **_seconds(value)}
    if isinstance(value, pd.Index):
        # A column that says nothing: without one, Arrow counts no rows.
        return pd.DataFrame({NOTHING: False}, index=value), {"is": "index", "check": True, **_freq(value)}
    if not isinstance(value.name, (str, type(None))):
        raise Unholdable("its name isn't a text")
    frame = value.to_frame("value")
    frame.attrs = dict(value.attrs)
    return frame, {"is": "series", "name": value.name, **_freq(value.index), **_seconds(frame)}


def _freq(index: Any) -> dict[str, str]:
    """The frequency of an index of times, which Arrow forgets."""
    freq = getattr(index, "freqstr", None)
    return (
        {"freq": freq}
        if freq and index.nlevels == 1 and str(index.dtype).startswith(("date", "time"))
        else {}
    )


def _seconds(frame: Any) -> dict[str, Any]:
    """The columns of times in whole seconds, which Parquet keeps as milliseconds."""
    found = {str(i): str(dtype) for i, dtype in enumerate(frame.dtypes) if "64[s" in str(dtype)}
    return {"seconds": found} if found else {}


def _write(frame: Any, note: dict[str, Any], path: Path) -> None:
    arrow, parquet = library("pyarrow", EXTRA), library("pyarrow.parquet", EXTRA)
    table = arrow.Table.from_pandas(frame, preserve_index=None)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), KEY: json.dumps(note).encode()})
    parquet.write_table(table, path)


def _read(path: Path) -> Any:
    parquet = library("pyarrow.parquet", EXTRA)
    # ParquetFile: a path is one file, whatever its folders are called.
    with parquet.ParquetFile(path) as file:
        table = file.read()
    note = json.loads((table.schema.metadata or {}).get(KEY, b"{}"))
    frame = table.to_pandas()
    for position, dtype in note.get("seconds", {}).items():
        frame.isetitem(int(position), frame.iloc[:, int(position)].astype(dtype))
    if "freq" in note:
        frame.index.freq = note["freq"]
    if note.get("is") == "index":
        return frame.index
    if note.get("is") != "series":
        return frame
    series = frame["value"].rename(note["name"])
    series.attrs = dict(frame.attrs)
    return series


def _surely_exact(frame: Any) -> bool:
    """Whether every part is of a kind that Parquet is known to hold exactly."""
    pd = library("pandas", EXTRA)
    names, index = frame.columns, frame.index
    if frame.attrs or not frame.flags.allows_duplicate_labels or not len(names):
        return False
    if names.name is not None or names.dtype != pd.Index(["a"]).dtype or not names.is_unique:
        return False
    if not all(type(name) is str and not name.startswith("__index_level_") for name in names):
        return False
    if type(index) is not pd.RangeIndex and (type(index) is not pd.Index or str(index.dtype) != "int64"):
        return False
    if index.name is not None and (type(index.name) is not str or index.name in names):
        return False
    return all(str(dtype) in _EXACT for dtype in frame.dtypes)


def _difference(value: Any, path: Path) -> str | None:
    """What is not the same after reading the file back; None when all is."""
    pd = library("pandas", EXTRA)
    testing = library("pandas.testing", EXTRA)
    try:
        again = _read(path)
        if isinstance(value, pd.Index):
            why = _index_difference(value, again)
            testing.assert_index_equal(value, again, exact=True, check_exact=True)
            return why
        why = _index_difference(value.index, again.index) or _cell_difference(value, again)
        compare = testing.assert_frame_equal if value.ndim == 2 else testing.assert_series_equal
        compare(value, again, check_exact=True)
        return "its attrs" if value.attrs != again.attrs or value.flags != again.flags else why
    except Exception as error:  # AssertionError, or a type that pandas can't rebuild
        return " ".join(str(error).split()) or type(error).__name__


def _index_difference(value: Any, again: Any) -> str | None:
    if type(value) is not type(again) or list(value.names) != list(again.names):
        return "its index"
    if getattr(value, "freq", None) != getattr(again, "freq", None):
        return "the frequency of its index"
    if value.nlevels > 1:
        levels = zip(value.levels, again.levels, strict=True)
        same = all(one.equals(other) and one.dtype == other.dtype for one, other in levels)
        return None if same else "the levels of its index"
    same = str(value.dtype) != "object" or _kinds(value) == _kinds(again)
    return None if same else "the cells of its index"


def _cell_difference(value: Any, again: Any) -> str | None:
    """pandas calls a list equal to an array, and None equal to NaN: here they aren't."""
    pairs = (
        [(value, again)]
        if value.ndim == 1
        else [(value.iloc[:, i], again.iloc[:, i]) for i in range(value.shape[1])]
    )
    for one, other in pairs:
        if str(one.dtype) == "object" and _kinds(one) != _kinds(other):
            return f"the types in column {one.name!r}"
    return None


def _kinds(values: Any) -> list[type]:
    return [type(item) for item in values]


def _column(name: str, series: Any) -> dict[str, Any]:
    """One column's facts; a column that can't be described still has its name and type."""
    facts: dict[str, Any] = {"name": cut(name, 100), "type": cut(str(series.dtype), 100)}
    try:
        present = series.dropna()
        facts["nulls"] = len(series) - len(present)
        kind = series.dtype.kind if hasattr(series.dtype, "kind") else "O"
        if kind in "biuf":
            facts |= numbers_summary(present.to_numpy())
        elif kind in "mM" and len(present):
            facts |= {"min": cell(present.min()), "max": cell(present.max())}
        elif len(present):
            counts = present.value_counts()
            facts |= {"distinct": len(counts), "top": [[cell(k), int(n)] for k, n in counts.head(5).items()]}
    except Exception:
        facts.setdefault("nulls", None)
    return facts
