"""pandas' frames, series and indexes come back exactly: by Parquet, or else by a pickle."""

import subprocess
import sys
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from modelcp.errors import ModelcpWarning

pd = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")

PARQUET, PICKLE = "application/vnd.apache.parquet", "application/python-pickle"
NUMBERS = [
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "bool",
]
NULLABLE = ["Int8", "Int64", "UInt32", "Float32", "Float64", "boolean"]


def frame_of(values, **more):
    return pd.DataFrame({"plain": range(len(values)), "x": pd.Series(values, **more)})


HELD = {
    **{dtype: frame_of([0, 1, 1], dtype=dtype) for dtype in NUMBERS},
    **{dtype: frame_of([0, 1, None], dtype=dtype) for dtype in NULLABLE},
    "string": frame_of(["a", "é", None], dtype="string"),
    "extremes": pd.DataFrame({"a": [2**63 - 1, -(2**63)], "b": [np.nan, -np.inf], "c": [-0.0, 5e-324]}),
    "text": frame_of(["", "日本", None, "a\0b"]),
    "bytes": frame_of([b"", b"\xff"]),
    "category": frame_of(["a", "b", "a"], dtype="category"),
    "ordered": frame_of(["lo", "hi"], dtype=pd.CategoricalDtype(["lo", "mid", "hi"], ordered=True)),
    "seconds": frame_of(np.array(["2020-01-01", "NaT"], "datetime64[s]")),
    "nanoseconds": frame_of(np.array(["2020-01-01T00:00:00.000000001", "NaT"], "datetime64[ns]")),
    "zone": frame_of(pd.to_datetime(["2020-03-29 00:30", "2020-07-01 00:00"]).tz_localize("Europe/Berlin")),
    "timedelta": frame_of(pd.to_timedelta([1, None], unit="s")),
    "dates": frame_of([date(2020, 1, 1), date(1, 1, 1)]),
    "decimal": frame_of([Decimal("1.10"), Decimal("2.20")]),
    "period": frame_of(pd.period_range("2020-01", periods=2, freq="M")),
    "interval": frame_of(pd.interval_range(0, 2)),
    "empty": pd.DataFrame(),
    "no rows": pd.DataFrame({"a": pd.Series([], dtype="int8"), "b": pd.Series([], dtype="str")}),
    "integer columns": pd.DataFrame({0: [1], 1: [2]}),
    "filtered": pd.DataFrame({"a": range(9)}).sample(5, random_state=1),
    "range index": pd.DataFrame({"a": [1, 2]}, index=pd.RangeIndex(5, 9, 2, name="n")),
    "text index": pd.DataFrame({"a": [1, 2]}, index=["x", "ÿ"]),
    "times with a frequency": pd.DataFrame(
        {"a": [1.0, 2, 3]}, index=pd.date_range("2020", periods=3, freq="MS")
    ),
    "multiindex": pd.DataFrame(
        {"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", "n"])
    ),
    "unicode names": pd.DataFrame({"größe": [1], "🎈": [2], "": [3], "a b": [4]}, index=[7]),
}

EITHER = {  # by the version of the libraries
    "a column with Arrow's name for an index": pd.DataFrame({"__index_level_0__": [5]}, index=[7]),
}
CHANGED = {
    "lists": frame_of([[1, 2], [3]]),
    "dicts": frame_of([{"a": 1}, {"b": 2}]),
    "mixed": frame_of([1, "a"], dtype="object"),
    "integers as objects": frame_of([1, None], dtype="object"),
    "None and NaN": frame_of([None, np.nan, "a"], dtype="object"),
    "complex": frame_of([1j, 2]),
    "sparse": frame_of([0, 1], dtype="Sparse[int64]"),
    "duplicated columns": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "mixed columns": pd.DataFrame([[1, 2]], columns=["a", 1]),
    "objects": frame_of([object, int]),
    "lone surrogate": frame_of(["\ud800"], dtype="object"),
    "half used levels": pd.DataFrame(
        {"a": [1, 2]}, index=pd.MultiIndex.from_product([["x", "y"], [1, 2]])[:2]
    ),
}


@pytest.mark.filterwarnings("ignore::modelcp.errors.ModelcpWarning")
@pytest.mark.parametrize("name", [*HELD, *EITHER, *CHANGED])
def test_a_frame_comes_back_exactly(trip, name):
    frame = {**HELD, **EITHER, **CHANGED}[name]
    done = trip(frame)
    pd.testing.assert_frame_equal(done.back, frame, check_exact=True, check_freq=True)
    for column in range(frame.shape[1]):
        assert list(map(type, done.back.iloc[:, column])) == list(map(type, frame.iloc[:, column]))
    assert type(done.back.index) is type(frame.index)
    assert done.fields["data_type"] == "pandas.DataFrame"
    assert done.fields["preview"]["kind"] == "table"
    assert done.fields["summary"]["shape"] == list(frame.shape)


@pytest.mark.parametrize("name", HELD)
def test_parquet_holds_the_usual_ones(trip, name, recwarn):
    assert trip(HELD[name]).media_type == PARQUET
    assert not [w for w in recwarn if issubclass(w.category, ModelcpWarning)]


@pytest.mark.parametrize("name", CHANGED)
def test_what_parquet_would_change_is_pickled_with_one_warning(trip, name):
    with pytest.warns(ModelcpWarning, match="pandas.DataFrame is saved as a pickle, because") as told:
        formats = [trip(CHANGED[name]).media_type for _ in range(2)]
    assert formats == [PICKLE, PICKLE]
    assert len([w for w in told if issubclass(w.category, ModelcpWarning)]) == 1


def test_attrs_are_kept(trip):
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["source"] = "sensor é"
    assert trip(frame).back.attrs == {"source": "sensor é"}
    assert trip(frame["a"]).back.attrs == {"source": "sensor é"}


@pytest.mark.filterwarnings("ignore::modelcp.errors.ModelcpWarning")
@pytest.mark.parametrize("name", [None, "größe", "value", 5, ("a", 1)])
@pytest.mark.parametrize("dtype", ["int64", "str", "category", "datetime64[ns]", "object"])
def test_a_series_comes_back(trip, name, dtype):
    values = pd.Series(["2020-01-01", "2021-01-01"] if dtype == "datetime64[ns]" else [1, 2])
    series = values.astype(dtype).rename(name)
    pd.testing.assert_series_equal(trip(series).back, series, check_exact=True)


INDEXES = [
    pd.RangeIndex(3),
    pd.RangeIndex(0),
    pd.Index([3, 1], name="n"),
    pd.Index(["a", None]),
    pd.Index([1.5, np.nan]),
    pd.date_range("2020", periods=3, freq="D", tz="Asia/Tokyo"),
    pd.MultiIndex.from_product([["x", "y"], [1, 2]]),
    pd.CategoricalIndex(["a", "b"]),
    pd.period_range("2020", periods=2, freq="Y"),
    pd.Index([], dtype="float32"),
]


@pytest.mark.parametrize("index", INDEXES, ids=lambda index: type(index).__name__)
def test_an_index_comes_back_by_parquet(trip, index):
    done = trip(index)
    pd.testing.assert_index_equal(done.back, index, exact=True, check_exact=True)
    assert type(done.back) is type(index)
    assert getattr(done.back, "freq", None) == getattr(index, "freq", None)
    assert done.media_type == PARQUET


def test_a_subclass_keeps_its_class(trip):
    class Measured(pd.DataFrame):
        @property
        def _constructor(self):
            return Measured

    with pytest.warns(ModelcpWarning):
        assert type(trip(Measured({"a": [1]})).back).__name__ == "Measured"


def test_the_picture_of_a_frame(trip):
    frame = pd.DataFrame(
        {
            "n": range(100),
            "x": [1.5, None] * 50,
            "t": ["a", "b", "b", None] * 25,
            "d": pd.date_range("2020", periods=100),
            "b": [True, False] * 50,
        }
    )
    shown = trip(frame).fields["preview"]
    assert (shown["rows"], shown["width"], len(shown["head"])) == (100, 5, 20)
    by_name = {column["name"]: column for column in shown["columns"]}
    assert by_name["n"]["min"] == 0
    assert by_name["n"]["max"] == 99
    assert sum(by_name["n"]["histogram"]["counts"]) == 100
    assert by_name["x"]["nulls"] == 50
    assert by_name["t"]["top"][0] == ["b", 50]
    assert by_name["d"]["max"].startswith("2020-04-09")
    assert by_name["b"]["top"] == [[True, 50], [False, 50]]


def test_the_same_frame_has_the_same_bytes(trip):
    frame = pd.DataFrame({"a": np.arange(10_000) / 7, "b": ["x"] * 10_000})
    assert trip(frame).uri == trip(frame.copy()).uri


def test_without_pyarrow_a_frame_is_pickled_with_a_warning_that_says_so(tmp_path):
    program = f"""
import sys, warnings
sys.modules["pyarrow"] = None
import pandas as pd
from pathlib import Path
from modelcp.artifacts.stores import LocalStore
from modelcp.artifacts.values import load_value, save_value
store, frame = LocalStore(Path({str(tmp_path)!r})), pd.DataFrame({{"a": [1, 2]}})
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    for _ in range(2):
        uri, written = save_value(frame, store)
pd.testing.assert_frame_equal(load_value(store, uri, written.sha256, written.saved), frame)
print(written.saved.media_type, [str(w.message) for w in told if "modelcp[pandas]" in str(w.message)])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(PICKLE)
    assert done.stdout.count("pyarrow isn't installed") == 1
