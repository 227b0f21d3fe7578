"""A version's metadata over HTTP."""

from typing import Any

import pytest

from tests.support.chains import assert_chains_whole
from tests.support.doors import Api, database

pytestmark = pytest.mark.django_db
PATH = "models/churn/versions/1/metadata/"


@pytest.fixture
def api() -> Api:
    api = Api()
    api.post("models/", {"name": "churn"})
    api.post("models/churn/versions/", {})
    return api


def log(api: Api, metadata: Any, **more: Any) -> Any:
    status, answer = api.call("PATCH", PATH, {"metadata": metadata, **more})
    assert status == 200, answer
    assert answer == api.get(PATH)
    return answer["metadata"]


def test_metadata_merges_key_by_key_and_keeps_its_types(api: Api) -> None:
    first = {"metrics": {"auc": 0.9, "n": 1, "ok": True}, "a.b": {"c\\": None}, "list": [1, {"x": []}]}
    assert log(api, first) == first
    merged = log(api, {"metrics": {"auc": 1, "n": 1.0}, "more": "text"})
    assert merged == {**first, "metrics": {"auc": 1, "n": 1.0, "ok": True}, "more": "text"}
    assert type(merged["metrics"]["n"]) is float
    assert_chains_whole()


def test_the_same_again_writes_nothing(api: Api) -> None:
    log(api, {"a": {"b": 1}})
    before = database()
    log(api, {"a": {"b": 1}})
    assert database() == before


def test_a_value_takes_the_place_of_what_is_above_or_below_it(api: Api) -> None:
    log(api, {"a": {"b": 1, "c": 2}})
    assert log(api, {"a": 5}) == {"a": 5}
    assert log(api, {"a": {"b": 1}}) == {"a": {"b": 1}}


def test_a_path_is_removed(api: Api) -> None:
    log(api, {"a": {"b": 1, "c": 2}})
    assert log(api, {}, remove=["a.b", "not.there"]) == {"a": {"c": 2}}


def test_each_value_tells_who_wrote_it_and_when(api: Api) -> None:
    log(api, {"a": 1})
    (value,) = api.get(f"{PATH}?detail=true")["values"]
    assert (value["path"], value["value"], value["by"], value["door"]) == ("a", 1, api.actor.name, "sdk")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ('{"metadata": {"a": NaN}}', 400),
        ('{"metadata": {"a": Infinity}}', 400),
        ('{"metadata": {"": 1}}', 400),
        ('{"metadata": []}', 400),
        ('{"metadata": "x"}', 400),
        ('{"metadata": {"a": "\\ud800"}}', 400),
        ('{"metadata": ' + '{"a":' * 40 + "1" + "}" * 41, 400),
        ('{"metadata": {"' + "k" * 600 + '": 1}}', 400),
        ('{"metadata": {"a": "' + "x" * 1_100_000 + '"}}', 413),
        ('{"metadata": {"a": 1}, "more": 2}', 400),
        ('{"metadata": {}, "remove": "a"}', 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_hostile_metadata_is_refused(api: Api, raw: str, status: int) -> None:
    before = database()
    api.refused("PATCH", PATH, raw, status)
    assert database() == before


def test_odd_but_honest_metadata_is_kept(api: Api) -> None:
    odd = {
        "nul": "a\0b",
        "big": 2**63,
        "neg": -(2**63),
        "tiny": 1e-320,
        "unicode": "名\u200f😀",
        "empty": {},
        "e": "",
    }
    assert log(api, odd) == odd


def test_two_small_ones_that_are_too_large_together_are_refused(api: Api) -> None:
    log(api, {"a": "x" * 700_000})
    error = api.refused("PATCH", PATH, {"metadata": {"b": "x" * 700_000}}, 413, "metadata_too_large")
    assert "artifact" in error["hint"]
