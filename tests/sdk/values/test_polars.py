"""polars' frames and series come back exactly."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from modelcp.errors import MaterializationError

pl = pytest.importorskip("polars")

NOON = datetime(2020, 1, 1, 12)  # noqa: DTZ001 - polars has times without a zone
FRAMES = {
    "plain": pl.DataFrame(
        {"a": [1, None], "b": [0.5, float("nan")], "größe": ["x", "日本"], "c": [True, None]}
    ),
    "times": pl.DataFrame({"d": [date(2020, 1, 1)], "t": [NOON], "e": [timedelta(1)]}),
    "nested": pl.DataFrame({"l": [[1, 2], []], "s": [{"a": 1}, {"a": None}]}),
    "decimal": pl.DataFrame({"d": pl.Series([Decimal("1.10")], dtype=pl.Decimal(38, 2))}),
    "categorical": pl.DataFrame({"c": pl.Series(["a", "b"], dtype=pl.Categorical)}),
    "enum": pl.DataFrame({"e": pl.Series(["lo"], dtype=pl.Enum(["lo", "hi"]))}),
    "array": pl.DataFrame({"a": pl.Series([[1, 2]], dtype=pl.Array(pl.Int8, 2))}),
    "zone": pl.DataFrame({"z": pl.Series([NOON]).dt.replace_time_zone("Europe/Berlin")}),
    "nothing": pl.DataFrame({"n": [None, None]}),
    "empty": pl.DataFrame(),
    "no rows": pl.DataFrame(schema={"a": pl.Int8}),
}


@pytest.mark.filterwarnings("ignore::modelcp.errors.ModelcpWarning")
@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_comes_back(trip, name):
    done = trip(FRAMES[name])
    assert done.back.schema == FRAMES[name].schema
    assert done.back.equals(FRAMES[name], null_equal=True)
    assert done.fields["data_type"] == "polars.DataFrame"
    assert done.fields["preview"]["kind"] == "table"


def test_plain_frames_are_parquet_that_any_reader_reads(trip, store):
    parquet = pytest.importorskip("pyarrow.parquet")
    done = trip(FRAMES["plain"])
    assert done.media_type == "application/vnd.apache.parquet"
    assert parquet.read_table(store.open(done.uri)).num_rows == 2


def test_a_series_keeps_its_name(trip):
    for series in (pl.Series("größe", [1, 2]), pl.Series([0.5, None])):
        back = trip(series).back
        assert back.equals(series, check_names=True, check_dtypes=True, null_equal=True)


def test_a_lazy_frame_is_run_once_and_comes_back_lazy(trip):
    runs = []

    def look(frame):
        runs.append(1)
        return frame

    lazy = pl.LazyFrame({"a": [1, 2, 3]}).map_batches(look).filter(pl.col("a") > 1)
    back = trip(lazy).back
    assert runs == [1]
    assert isinstance(back, pl.LazyFrame)
    assert back.collect()["a"].to_list() == [2, 3]


def test_a_column_of_python_objects_is_refused_in_a_sentence(trip):
    with pytest.raises(MaterializationError, match=r"polars.DataFrame can't be saved"):
        trip(pl.DataFrame({"o": [object()]}))


def test_the_picture_of_a_frame(trip):
    shown = trip(pl.DataFrame({"n": range(100), "t": ["a", "b"] * 50})).fields["preview"]
    n, t = shown["columns"]
    assert (n["min"], n["max"], sum(n["histogram"]["counts"]), len(shown["head"])) == (0, 99, 100, 20)
    assert sorted(t["top"]) == [["a", 50], ["b", 50]]
