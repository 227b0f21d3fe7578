"""Values of Python itself come back equal, of the same types, and without a pickle."""

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcp.artifacts.stores import LocalStore
from modelcp.artifacts.values import load_value, save_value
from modelcp.errors import MaterializationError, ModelcpWarning

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(alphabet="$\ud800\udc00é\0")
)
JSON_LIKE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)
MOMENTS = st.datetimes() | st.datetimes(timezones=st.just(UTC)) | st.dates() | st.times() | st.timedeltas()
PLAIN = (
    SCALARS
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.uuids()
    | MOMENTS
    | st.complex_numbers()
)
HASHABLE = st.integers() | st.text() | st.tuples(st.integers(), st.text()) | st.binary() | st.dates()
PYTHON = st.recursive(
    PLAIN | st.frozensets(HASHABLE, max_size=4) | st.sets(HASHABLE, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.lists(inner, max_size=4)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.dictionaries(st.sampled_from(["$tuple", "$dict", "$", "a"]), inner, max_size=2)
    ),
    max_leaves=15,
)


def same(one: object, other: object) -> bool:
    """Equal in value and in type, all the way down; NaN is equal to NaN, and 0.0 isn't -0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float) and isinstance(other, float):
        return (one == other and math.copysign(1, one) == math.copysign(1, other)) or (
            one != one and other != other
        )
    if isinstance(one, complex) and isinstance(other, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(
            same(a, b) for a, b in zip(one.values(), other.values(), strict=True)
        )
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return one == other


@pytest.fixture(scope="module")
def one_store(tmp_path_factory):
    return LocalStore(tmp_path_factory.mktemp("store"), flush=False)


@settings(max_examples=300, deadline=None)
@given(JSON_LIKE)
def test_json_like_values_come_back(one_store, value):
    uri, written = save_value(value, one_store)
    assert same(load_value(one_store, uri, written.sha256, written.saved), value)


@settings(max_examples=300, deadline=None)
@given(PYTHON)
def test_python_values_come_back_without_a_pickle(one_store, value):
    uri, written = save_value(value, one_store)
    assert same(load_value(one_store, uri, written.sha256, written.saved), value)
    assert written.saved.media_type != "application/python-pickle"


@pytest.mark.parametrize(
    ("value", "media_type"),
    [
        (None, "application/json"),
        ({"auc": 0.93, "names": ["ä", "日本", "🎈"], "n": 2**80}, "application/json"),
        ("Größe\r\n日本\0", "text/plain"),
        ("lone \ud800", "application/vnd.modelcp.tagged+json"),
        (b"\0\xff", "application/octet-stream"),
        (bytearray(b"abc"), "application/octet-stream"),
        ((1, [2, (3,)]), "application/vnd.modelcp.tagged+json"),
        ({"loss": math.inf}, "application/vnd.modelcp.tagged+json"),
        ({1: "a", (2, 3): "b"}, "application/vnd.modelcp.tagged+json"),
        (datetime(2026, 1, 2, tzinfo=UTC), "application/vnd.modelcp.tagged+json"),
        (
            [date(2026, 1, 2), time(3, 4), timedelta(days=-1, microseconds=5)],
            "application/vnd.modelcp.tagged+json",
        ),
        (
            [Decimal("1.10"), Fraction(1, 3), UUID(int=5), 1j, range(1, 9, 2), slice(None, 3)],
            "application/vnd.modelcp.tagged+json",
        ),
    ],
)
def test_the_format_is_the_simplest_that_holds_it(trip, value, media_type):
    done = trip(value)
    assert same(done.back, value)
    assert done.media_type == media_type


def test_two_halves_of_a_pair_stay_two(trip):
    done = trip({"text": "\ud83d\ude00"})
    assert done.back == {"text": "\ud83d\ude00"}
    assert len(done.back["text"]) == 2


@pytest.mark.filterwarnings("ignore::modelcp.errors.ModelcpWarning")
def test_a_time_in_a_zone_comes_back(trip):
    moment = datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2), "here"))
    assert trip(moment).back.tzname() == "here"


@pytest.mark.filterwarnings("ignore::modelcp.errors.ModelcpWarning")
def test_a_list_that_holds_itself_comes_back(trip):
    value: list[object] = [1]
    value.append(value)
    back = trip(value).back
    assert back[1] is back


def test_what_is_nested_too_deeply_is_refused_in_a_sentence(trip):
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(MaterializationError, match="list can't be saved"):
        trip(value)


def test_equal_sets_have_equal_bytes(trip):
    assert trip({f"{n}" for n in range(50)}).uri == trip({f"{n}" for n in reversed(range(50))}).uri


def test_subclasses_are_not_flattened(trip):
    class Word(str):
        pass

    with pytest.warns(ModelcpWarning, match="Word"):
        back = trip(Word("x")).back
    assert type(back).__name__ == "Word"


def test_what_a_page_shows_is_bounded(trip):
    shown = trip({f"key {n}": ["x" * 1000] * 1000 for n in range(1000)}).fields["preview"]
    assert shown["truncated"]
    assert len(str(shown)) < 200_000
    assert trip({"a": [1, "b", None]}).fields["preview"] == {
        "kind": "json",
        "value": {"a": [1, "b", None]},
        "truncated": False,
    }


def test_small_values_are_quick(store: LocalStore):
    """A wide bound: it catches a library that gets imported, or a file that is read many times."""
    import time

    save_value({"warm": 1}, store)
    start = time.process_time()
    for n in range(200):
        save_value({"auc": n / 7, "n": n}, store)
    assert (time.process_time() - start) / 200 < 0.005


def test_a_file_of_the_first_version_is_read(tmp_path: Path, store: LocalStore):
    """The format is a promise: bytes written by hand, as the first version wrote them."""
    from modelcp.artifacts.digest import file_digest
    from modelcp.artifacts.materializers.base import SavedAs

    place = tmp_path / "value.json"
    place.write_text('{"$dict":[[1,{"$tuple":[{"$float":"nan"},{"$date":"2026-01-02"}]}]]}')
    sha256, _ = file_digest(place)
    uri = store.put(place, sha256)
    back = load_value(store, uri, sha256, SavedAs("dict", "application/vnd.modelcp.tagged+json"))
    assert same(back, {1: (math.nan, date(2026, 1, 2))})
