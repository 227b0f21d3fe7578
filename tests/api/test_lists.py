"""Lists over HTTP: the grammar on every list, pages by key, and a cost that doesn't grow."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.rules.filters import NOT_FILTERS
from registry.selectors import lists
from registry.services import catalog, metadata, stages, versions
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(api: Api) -> Api:
    """Two models: `fraud` with 12 versions, `churn` with 3; tags, stages, metrics, names, aliases."""
    for name, count in (("fraud", 12), ("churn", 3)):
        catalog.create_model(
            actor=api.actor, name=name, card={"license": "MIT" if count > 3 else ""}, tags=[name]
        )
        for number in range(1, count + 1):
            tags = ["even"] * (number % 2 == 0) + ["third"] * (number % 3 == 0)
            versions.create_version(actor=api.actor, model=name, name=f"v{number:02}", tags=tags)
            log = {"metrics": {"auc": number / 10, "loss": "low"}}
            metadata.log_version_metadata(actor=api.actor, model=name, version=number, metadata=log)
    for number, stage in ((1, "production"), (2, "production"), (3, "staging")):
        stages.promote(actor=api.actor, model="fraud", version=number, to=stage)
    api.call("PUT", "models/fraud/aliases/best/", {"version": 7})
    return api


def numbers(api: Api, question: str, model: str = "fraud") -> list[int]:
    return [row["number"] for row in api.get(f"models/{model}/versions/?{question}")["results"]]


WANTED = [
    ("", list(range(12, 0, -1))),
    ("sort=number&limit=3", [1, 2, 3]),
    ("sort=-created&limit=2", [12, 11]),
    ("sort=name&limit=2", [1, 2]),
    ("stage=production", [2]),
    ("stage=none", [12, 11, 10, 9, 8, 7, 6, 5, 4]),
    ("stage=not:none", [3, 2, 1]),
    ("stage=not:production&number=lt:5", [4, 3, 1]),
    ("stage=in:staging,none&number=lte:4", [4, 3]),
    ("tag=even", [12, 10, 8, 6, 4, 2]),
    ("tag=even&tag=third", [12, 6]),
    ("tag=in:even,third&number=lt:5", [4, 3, 2]),
    ("tag=not:even&number=gt:8", [11, 9]),
    ("tag=nothing", []),
    ("name=v07", [7]),
    ("name=startswith:v1", [12, 11, 10]),
    ("name=contains:V1", [12, 11, 10]),
    ("name=in:v01,v03", [3, 1]),
    ("name=not:v12&number=gt:10", [11]),
    ("number=in:3,5,99", [5, 3]),
    ("number=1.5", []),
    ("number=in:1.5,2", [2]),
    ("number=gt:1e30", []),
    ("alias=best", [7]),
    ("alias=startswith:be", [7]),
    ("metric.auc=gt:1", [12, 11]),
    ("metric.auc=gte:1", [12, 11, 10]),
    ("metric.auc=0.5", [5]),
    ("metric.loss=gt:0", []),
    ("metric.auc=gt:0.5&tag=even&stage=none&limit=2", [12, 10]),
    ("created=gte:2000-01-01&number=1", [1]),
    ("created=lt:2000-01-01", []),
    ("by=not-a-user", []),
    ("run=00000000-0000-0000-0000-000000000001", []),
]


@pytest.mark.parametrize("few", [lists.FEW, 0], ids=["looked up", "walked"])
@pytest.mark.parametrize(("question", "wanted"), WANTED, ids=[question for question, _ in WANTED])
def test_a_filter_gives_what_it_says(
    many: Api, monkeypatch: pytest.MonkeyPatch, question: str, wanted: list[int], few: int
) -> None:
    monkeypatch.setattr(lists, "FEW", few)
    assert numbers(many, question) == wanted


@pytest.mark.parametrize("few", [lists.FEW, 0], ids=["looked up", "walked"])
def test_versions_of_all_models(many: Api, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(lists, "FEW", few)

    def found(question: str) -> list[tuple[str, int]]:
        return [(row["model"], row["number"]) for row in many.get(f"versions/?{question}")["results"]]

    assert found("limit=2") == [("churn", 3), ("churn", 2)]
    assert found("tag=third&model=churn") == [("churn", 3)]
    assert found("stage=not:none&sort=created") == [("fraud", 1), ("fraud", 2), ("fraud", 3)]
    assert found("metric.auc=gt:1.1") == [("fraud", 12)]
    assert len(found(f"by={many.actor.name}")) == 15
    assert found("by=none") == found("model=none-such") == []


def test_models_are_found(many: Api) -> None:
    def found(question: str) -> list[str]:
        return [row["name"] for row in many.get(f"models/?{question}")["results"]]

    assert found("") == ["churn", "fraud"]
    assert found("sort=-versions") == found("sort=created") == ["fraud", "churn"]
    assert found("name=contains:RAU") == found("tag=fraud") == found("license=MIT") == ["fraud"]
    assert found("stage=production") == found("stage=staging") == ["fraud"]
    assert found("stage=none") == found("stage=not:production") == found("license=not:MIT") == ["churn"]
    assert found(f"owner={many.actor.name}&changed=gte:2000-01-01") == ["churn", "fraud"]
    assert found("owner=none") == []


@pytest.mark.parametrize(
    "question",
    ["", "sort=name", "sort=number", "tag=even", "stage=none", "metric.auc=gt:0.2", "name=startswith:v"],
)
@pytest.mark.parametrize("few", [lists.FEW, 0], ids=["looked up", "walked"])
def test_the_pages_together_are_the_list(
    many: Api, monkeypatch: pytest.MonkeyPatch, question: str, few: int
) -> None:
    monkeypatch.setattr(lists, "FEW", few)
    whole = numbers(many, question)
    seen, cursor = [], ""
    while True:
        answer = many.get(f"models/fraud/versions/?{question}&limit=2{cursor}")
        seen += [row["number"] for row in answer["results"]]
        assert len(answer["results"]) == 2 or answer["next"] is None
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
    assert seen == whole


def test_a_page_is_kept_while_rows_come_and_go(many: Api) -> None:
    first = many.get("models/fraud/versions/?limit=3")
    many.post("models/fraud/versions/", {})
    many.call("DELETE", "models/fraud/versions/10/")  # the row that the cursor stands on
    assert numbers(many, f"limit=3&cursor={first['next']}") == [9, 8, 7]


def test_the_total_is_counted_when_asked(many: Api) -> None:
    answer = many.get("models/fraud/versions/?tag=even&limit=1&total=1")
    assert (answer["total"], len(answer["results"])) == (6, 1)
    assert "total" not in many.get("models/fraud/versions/?limit=1")


LISTS = [
    "models/",
    "versions/",
    "models/fraud/versions/",
    "models/fraud/stages/history/",
    "models/fraud/aliases/",
    "tags/",
    "events/",
    "tokens/",
    "people/",
]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_speaks_the_grammar(many: Api, path: str) -> None:
    known = many.refused("GET", f"{path}?nonsense=1", None, 400, "unknown_filter")["message"]
    assert "Known are:" in known
    many.refused("GET", f"{path}?sort=nonsense", None, 400, "unknown_sort")
    many.refused("GET", f"{path}?cursor=nonsense", None, 400, "bad_cursor")
    many.refused("GET", f"{path}?limit=nonsense", None, 400, "bad_filter")
    answer = many.get(f"{path}?limit=1")
    assert len(answer["results"]) == 1
    if answer["next"]:
        following = many.get(f"{path}?limit=1&cursor={answer['next']}")
        assert following["results"]
        assert following["results"] != answer["results"]


def documented() -> list[tuple[str, str, dict[str, Any]]]:
    """Every list's path and each of its filters, as the OpenAPI document has them."""
    from registry.api.openapi import document

    found = []
    for path, methods in document()["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            names = {one["name"] for one in methods["get"]["parameters"]}
            others = {*NOT_FILTERS, "as_of"}
            if "cursor" in names and parameter["in"] == "query" and parameter["name"] not in others:
                found.append((path.removeprefix("/api/v1/"), parameter["name"], parameter))
    return found


def test_every_documented_filter_and_op_is_answered_on_a_full_and_a_short_way(
    many: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0
    for few in (lists.FEW, 0):
        monkeypatch.setattr(lists, "FEW", few)
        for path, name, parameter in documented():
            if "{" in path.replace("{model}", ""):
                continue
            ops = parameter["description"].split("OP one of ")[1].split(";")[0].split(", ")
            kind = parameter["description"].split("; a ")[1].split()[0].rstrip(".;")
            value = {"number": "1", "time": "2026-01-01", "bool": "true", "id": "0" * 32}.get(kind, "none")
            if " among " in parameter["description"]:
                value = parameter["description"].split(" among ")[1].split(",")[0].split(";")[0].rstrip(".")
            for op in ops:
                asked = f"{path.replace('{model}', 'fraud')}?{name.replace('NAME', 'auc')}={op}:{value}"
                many.get(asked)
                tried += 1
    assert tried > 100


def queries(api: Api, path: str) -> int:
    api.get(path)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        api.get(path)
    return len(captured)


@pytest.mark.parametrize("path", [*LISTS, "models/fraud/versions/?tag=even&stage=none&metric.auc=gt:0"])
def test_a_list_asks_as_many_queries_for_one_row_as_for_many(many: Api, path: str) -> None:
    joint = "&" if "?" in path else "?"
    few, all_of_them = queries(many, f"{path}{joint}limit=1"), queries(many, f"{path}{joint}limit=500")
    assert all_of_them == few <= 12


def test_the_holder_of_a_stage_takes_two_queries(many: Api) -> None:
    assert queries(many, "models/fraud/versions/production/") == 2  # its token, and itself


def test_a_name_typed_with_its_accents_apart_is_found(api: Api) -> None:
    apart = "cafe\u0301"
    api.call("POST", "models/", {"name": apart, "tags": [apart]})
    for question in (
        {"name": apart},
        {"tag": apart},
        {"name": f"startswith:{apart}"},
        {"name": f"contains:{apart}"},
    ):
        assert [row["name"] for row in api.get(f"models/?{urlencode(question)}")["results"]] == ["caf\u00e9"]
