"""What a version's row gathers in one query is what a list's row gathers in four, whatever the texts."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import OuterRef
from django.test.utils import CaptureQueriesContext

from registry.models import MetadataValue, ModelVersion
from registry.selectors.catalog_rows import version_row, version_rows
from registry.selectors.gathered import Gathered
from registry.selectors.late import metrics_of
from registry.selectors.pointers import get_version
from tests.support.doors import Api

pytestmark = pytest.mark.django_db

METRICS = {
    "auc": 0.1 + 0.2,
    'quoted "x" \\ back': 10**15,
    "nested": {"ünï": -1e-300, "none": None},
    "told": ["a", {"b": True}, "\u0000 \u2028 </script> \u202e"],
    "a.dot": "1",
}


def log(api: Api, version: int, metadata: dict[str, Any]) -> None:
    answer = api.call("PATCH", f"models/fraud/versions/{version}/metadata/", {"metadata": metadata})
    assert answer[0] == 200, answer


@pytest.fixture
def api() -> Api:
    """A promoted version with tags, aliases, metrics and weights, and another beside it."""
    api = Api()
    api.post("models/", {"name": "fraud"})
    for _ in range(2):
        api.post("models/fraud/versions/", {"tags": ["b", "Ä", 'a "quoted"', "a"]})
    log(api, 1, {"metrics": METRICS, "other": 1})
    for alias in ("z", "champion"):
        api.call("PUT", f"models/fraud/aliases/{alias}/", {"version": 1})
    for name, kind in (("weights", "model"), ("another", "model"), ("table", "data")):
        linked = {"artifact": name, "uri": f"s3://bucket/{name}", "kind": kind}
        api.post("models/fraud/versions/1/artifacts/", linked)
    api.post("models/fraud/versions/1/stage/", {"stage": "production"})
    log(api, 1, {"metrics": {"late": 1}})
    return api


def test_a_row_is_what_a_list_tells(api: Api) -> None:
    rows = version_rows(ModelVersion.objects.order_by("number"))
    assert [version_row(version) for version in ModelVersion.objects.order_by("number")] == rows
    assert rows[0]["metrics"]["nested"] == METRICS["nested"]
    assert rows[0]["metrics"]["told"] == METRICS["told"]
    assert rows[0]["tags"] == ["a", 'a "quoted"', "b", "Ä"]
    assert (rows[0]["aliases"], rows[0]["changed_after_promotion"]) == (["champion", "z"], ["late"])
    assert (rows[1]["aliases"], rows[1]["metrics"]) == ([], {})


@pytest.mark.parametrize("reference", ["production", "@champion", 1])
def test_a_pointer_tells_the_row_and_what_it_loads(api: Api, reference: object) -> None:
    found = get_version("fraud", reference)
    kept = {key: found[key] for key in version_row(ModelVersion.objects.get(number=1))}
    assert kept == version_rows(ModelVersion.objects.filter(number=1))[0]
    assert [one["name"] for one in found["artifacts"]] == ["another", "weights"]
    assert [one["uri"] for one in found["artifacts"]] == ["s3://bucket/another", "s3://bucket/weights"]
    assert [one["sha256"] for one in found["artifacts"]] == ["", ""]
    assert found["digest"] == get_version("fraud", 1)["digest"]


def test_a_pointer_is_one_query(api: Api) -> None:
    get_version("fraud", "production")
    with CaptureQueriesContext(connection) as asked:
        get_version("fraud", "production")
    assert len(asked) == 1


def test_metrics_are_told_from_what_is_merely_named_alike(api: Api) -> None:
    alike: dict[str, Any] = {"metrics2": {"auc": 9}, "Metrics": {"auc": 9}, "metrics": {"auc": 1}}
    log(api, 2, alike)
    second = ModelVersion.objects.get(number=2)
    assert metrics_of([second.id])[second.id] == ({"auc": 1}, [])
    assert version_row(second)["metrics"] == {"auc": 1}


def test_rows_come_in_their_order_and_up_to_their_bound(api: Api) -> None:
    values = MetadataValue.objects.filter(version=OuterRef("pk")).order_by("-path")[:2]
    (told,) = ModelVersion.objects.filter(number=1).values_list(Gathered(values, "path"))[0]
    assert told == [["other"], ["metrics.told"]]
