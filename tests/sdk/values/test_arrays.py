"""NumPy's arrays and scalars come back exactly, and never by a pickle unless they hold objects."""

import pytest

from modelcp.errors import ModelcpWarning

np = pytest.importorskip("numpy")

ARRAYS = {
    "floats": np.arange(12.0).reshape(3, 4),
    "fortran": np.asfortranarray(np.arange(12).reshape(3, 4)),
    "strided": np.arange(20)[::3],
    "no dimensions": np.array(5),
    "empty": np.zeros((0, 3), "float32"),
    "not finite": np.array([np.nan, np.inf, -np.inf, -0.0]),
    "half": np.array([1.5], "float16"),
    "complex": np.array([1j]),
    "big endian": np.array([1, 2], ">i4"),
    "text": np.array(["a", "日本"]),
    "bytes": np.array([b"a", b"bc"]),
    "times": np.array(["2020-01-01", "NaT"], "datetime64[s]"),
    "records": np.array([(1, "a")], dtype=[("n", "i4"), ("größe", "U3")]),
    "booleans": np.array([True, False]),
}
SCALARS = [
    np.float64(0.1),
    np.float32("nan"),
    np.int8(-5),
    np.uint64(2**64 - 1),
    np.bool_(True),
    np.str_("ä"),
    np.bytes_(b"a"),
    np.datetime64("2020-01-01T00:00:01"),
    np.timedelta64(3, "D"),
    np.complex64(1j),
    np.float16(2),
]


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_comes_back(trip, name):
    array = ARRAYS[name]
    done = trip(array)
    assert (done.back.dtype, done.back.shape) == (array.dtype, array.shape)
    assert done.back.tobytes() == array.tobytes()
    assert type(done.back) is np.ndarray
    assert done.media_type == "application/x-npy"
    assert done.fields["summary"] == {"dtype": str(array.dtype), "shape": list(array.shape)}


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda s: type(s).__name__)
def test_a_scalar_stays_a_scalar(trip, scalar):
    done = trip(scalar)
    assert type(done.back) is type(scalar)
    assert repr(done.back) == repr(scalar)
    assert done.media_type == "application/x-npy"
    assert done.fields["data_type"] == f"numpy.{type(scalar).__name__}"


@pytest.mark.parametrize(
    "value",
    [
        np.array([{"a": 1}, None], dtype=object),
        np.ma.masked_array([1, 2], mask=[True, False]),
        np.bytes_(b"a\0"),
        [np.arange(3)],
        {"weights": np.arange(3)},
    ],
    ids=["objects", "masked", "trailing zero", "list of arrays", "dict of arrays"],
)
def test_what_the_format_would_change_is_pickled_with_a_warning(trip, value):
    with pytest.warns(ModelcpWarning, match="is saved as a pickle"):
        done = trip(value)
    assert repr(done.back) == repr(value)


def test_a_mapped_file_is_saved_as_the_array_that_it_is(trip, tmp_path):
    mapped = np.memmap(tmp_path / "map", dtype="int32", mode="w+", shape=(5,))
    mapped[:] = range(5)
    done = trip(mapped)
    assert done.back.tolist() == [0, 1, 2, 3, 4]
    assert done.fields["data_type"] == "numpy.ndarray"


def test_the_picture_of_an_array(trip):
    shown = trip(np.array([1.0, 2.0, np.nan, np.inf])).fields["preview"]
    assert shown["head"] == [1.0, 2.0, "nan", "inf"]
    assert (shown["min"], shown["max"], shown["nulls"]) == (1.0, 2.0, 1)
    same = trip(np.full(3, 2**64 - 1, "uint64")).fields["preview"]
    assert same["histogram"]["counts"] == [3]
    apart = trip(np.array([1e308, -1e308])).fields["preview"]
    assert (apart["min"], apart["max"]) == (-1e308, 1e308)
    large = trip(np.arange(1_000_000)).fields["preview"]
    assert large["sampled"]
    assert large["truncated"]
