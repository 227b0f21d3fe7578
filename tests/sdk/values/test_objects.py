"""Estimators, other objects, users' own types; what can't be saved; pickles refused."""

import asyncio
import io
import itertools
import subprocess
import sys
import tempfile
import threading
import warnings
from dataclasses import dataclass

import pytest

from modelcp.artifacts import Materializer, SavedAs, register_materializer
from modelcp.artifacts.materializers import choice
from modelcp.artifacts.values import load_value, save_value
from modelcp.errors import DigestMismatch, MaterializationError, ModelcpWarning, PickleRefused
from modelcp.pipelines.logs import StepLog, kept


@dataclass
class Point:
    x: int
    y: int


class Near(Point):
    pass


class Lines(Materializer):
    media_type = "application/x-point"
    suffix = ".point"

    def save(self, value, path):
        path.write_text(f"{value.x},{value.y}")

    def load(self, path, saved):
        return Point(*map(int, path.read_text().split(",")))

    def summary(self, value):
        return {"x": value.x}


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch):
    monkeypatch.setattr(choice, "_registered", {})


def test_an_estimator_predicts_as_before_and_needs_no_warning(trip):
    datasets, svm = pytest.importorskip("sklearn.datasets"), pytest.importorskip("sklearn.svm")
    x, y = datasets.load_iris(return_X_y=True, as_frame=True)
    model = svm.SVC(gamma=0.1).fit(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = trip(model)
    assert (done.back.predict(x) == model.predict(x)).all()
    assert done.fields["data_type"] == "sklearn.svm.SVC"
    facts = done.fields["summary"]
    assert facts["parameters"]["gamma"] == 0.1
    assert (facts["features"], facts["classes"]) == (4, [0, 1, 2])
    assert "sepal length (cm)" in facts["feature_names"]


def test_an_estimator_of_the_users_own_program_loads_in_another(tmp_path):
    """cloudpickle carries the class of a program along, as the loading one doesn't have it."""
    pytest.importorskip("sklearn")
    head = f"""
from pathlib import Path
from modelcp.artifacts.stores import LocalStore
from modelcp.artifacts.materializers.base import SavedAs
from modelcp.artifacts.values import load_value, save_value
store = LocalStore(Path({str(tmp_path)!r}))
"""
    save = """
from sklearn.base import BaseEstimator
class Mine(BaseEstimator):
    def predict(self, x): return x + 1
uri, written = save_value(Mine(), store)
print(uri, written.saved.data_type)
"""
    uri, data_type = _run(head + save).split()
    load = f"""
saved = SavedAs({data_type!r}, "application/python-pickle")
print(load_value(store, {uri!r}, {uri[-64:]!r}, saved).predict(4))
"""
    assert _run(head + load) == "5"


def _run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_last_resort_warns_once_per_type_and_points_at_the_callers_line(trip):
    with pytest.warns(ModelcpWarning) as told:
        backs = [trip(value).back for value in (Point(1, 2), Point(3, 4), Near(3, 4))]
    assert backs == [Point(1, 2), Point(3, 4), Near(3, 4)]
    ours = [str(w.message) for w in told if issubclass(w.category, ModelcpWarning)]
    assert [("Point" in text, "Near" in text) for text in ours] == [(True, False), (False, True)]
    assert "runs code" in ours[0]
    assert all("modelcp/" not in w.filename for w in told)


def test_ones_own_materializer_serves_subclasses_too(trip):
    register_materializer(Point, Lines)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = trip(Near(1, 2))
    assert done.back == Point(1, 2)
    assert done.media_type == "application/x-point"
    assert done.fields["summary"] == {"x": 1}


def test_the_nearest_registered_base_counts(trip):
    class Doubled(Lines):
        media_type = "application/x-near"

        def load(self, path, saved):
            return Near(*map(int, path.read_text().split(",")))

    register_materializer(Point, Lines())
    register_materializer(Near, Doubled())
    assert type(trip(Near(1, 2)).back) is Near
    assert type(trip(Point(1, 2)).back) is Point


def test_ones_own_format_may_be_a_common_one(trip):
    class AsJson(Lines):
        media_type = "application/json"

    register_materializer(Point, AsJson)
    assert trip(Point(1, 2)).back == Point(1, 2)
    assert trip({"a": 1}).back == {"a": 1}


def test_a_format_that_nobody_registered_here_is_named(store, monkeypatch):
    register_materializer(Point, Lines)
    uri, written = save_value(Point(1, 2), store)
    monkeypatch.setattr(choice, "_registered", {})
    with pytest.raises(MaterializationError, match=r"application/x-point.*register_materializer"):
        load_value(store, uri, written.sha256, written.saved)


@pytest.mark.parametrize("wrong", [(Point(1, 2), Lines), (Point, dict), (Point, print)])
def test_registering_nonsense_is_refused(wrong):
    with pytest.raises(MaterializationError):
        register_materializer(*wrong)


async def _later():
    return 1


async def _items():
    yield 1


NO_VALUES = {
    "generator": lambda: (n for n in range(3)),
    "map": lambda: map(str, [1]),
    "zip": lambda: zip([1], [2], strict=True),
    "iterator": lambda: iter([1]),
    "count": itertools.count,
    "async generator": _items,
    "lock": threading.Lock,
    "rlock": threading.RLock,
    "condition": threading.Condition,
    "thread": threading.Thread,
    "stream": lambda: io.StringIO("x"),
    "temporary file": tempfile.NamedTemporaryFile,
}


@pytest.mark.parametrize("name", NO_VALUES)
def test_what_is_no_value_is_refused_and_says_what_to_return(trip, name):
    value = NO_VALUES[name]()
    with pytest.raises(MaterializationError, match=r"can't be saved: it .*(Return|Close it)"):
        trip(value)


def test_a_coroutine_is_refused(trip):
    value = _later()
    with pytest.raises(MaterializationError, match="Await it"):
        trip(value)
    assert asyncio.run(value) == 1


def test_an_open_file_is_refused(trip):
    with open(__file__) as file, pytest.raises(MaterializationError, match="open file"):
        trip(file)


@pytest.mark.filterwarnings("ignore::modelcp.errors.ModelcpWarning")
def test_what_a_step_prints_to_is_an_open_file(trip):
    with kept(StepLog()), pytest.raises(MaterializationError, match="open file"):
        trip(sys.stdout)


def test_what_no_pickle_takes_is_refused_and_leaves_nothing(trip, store):
    with pytest.raises(MaterializationError, match=r"of type list can't be saved.*register_materializer"):
        trip([threading.Lock()])
    assert not list(store.incoming.iterdir())


@pytest.mark.parametrize("setting", ["0", "false", "No", " off "])
def test_pickles_are_refused_where_the_setting_says_so(store, monkeypatch, setting):
    with pytest.warns(ModelcpWarning):
        uri, written = save_value(Point(1, 2), store)
    monkeypatch.setenv("MODELCP_ALLOW_PICKLE", setting)
    with pytest.raises(PickleRefused, match="MODELCP_ALLOW_PICKLE=1"):
        load_value(store, uri, written.sha256, written.saved)
    plain, saved = save_value({"a": (1, 2)}, store)
    assert load_value(store, plain, saved.sha256, saved.saved) == {"a": (1, 2)}


class Bomb:
    loaded = 0

    def __reduce__(self):
        return (_explode, ())


def _explode():
    Bomb.loaded += 1
    return Bomb()


@pytest.mark.filterwarnings("ignore::modelcp.errors.ModelcpWarning")
def test_no_byte_is_unpickled_before_its_digest_is_checked(store, monkeypatch):
    uri, written = save_value(Bomb(), store)
    with pytest.raises(DigestMismatch):
        load_value(store, uri, "0" * 64, written.saved)
    monkeypatch.setenv("MODELCP_ALLOW_PICKLE", "0")
    with pytest.raises(PickleRefused):
        load_value(store, uri, written.sha256, written.saved)
    assert Bomb.loaded == 0
    monkeypatch.delenv("MODELCP_ALLOW_PICKLE")
    load_value(store, uri, written.sha256, written.saved)
    assert Bomb.loaded == 1


@pytest.mark.filterwarnings("ignore::modelcp.errors.ModelcpWarning")
def test_a_picture_that_fails_costs_nothing(trip):
    class Shy:
        def __repr__(self):
            raise RuntimeError("no")

    assert trip(Shy()).fields["preview"] is None


def test_facts_that_are_no_json_are_left_out(trip):
    class Boastful(Lines):
        def summary(self, value):
            return {"x": object(), "n": float("nan")}

        def preview(self, value):
            return {"kind": "text", "text": "x" * 10_000_000}

    register_materializer(Point, Boastful)
    fields = trip(Point(1, 2)).fields
    assert (fields["summary"], fields["preview"]) == ({}, None)


def test_bytes_that_are_no_longer_what_they_say_give_a_sentence(store, tmp_path):
    from modelcp.artifacts.digest import file_digest

    for media_type in (
        "application/json",
        "application/x-npy",
        "application/vnd.apache.parquet",
        "application/python-pickle",
        "application/vnd.modelcp.tagged+json",
    ):
        place = tmp_path / "x"
        place.write_bytes(b"\x93nonsense")
        sha256, _ = file_digest(place)
        uri = store.put(place, sha256)
        with pytest.raises(MaterializationError, match="can't be loaded here"):
            load_value(store, uri, sha256, SavedAs("dict", media_type))
