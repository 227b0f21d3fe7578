"""Runs over HTTP: which version they get, reports that merge, failures, the cache."""

from typing import Any

import pytest

from registry.models import Event, ModelVersion
from registry.services import stages
from tests.support.chains import assert_chains_whole
from tests.support.doors import Api, database, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db


@pytest.fixture
def churn(api: Api) -> Api:
    """A model with versions 1, `named` (2, in production) and 3."""
    api.post("models/", {"name": "churn", "license": "MIT", "tags": ["q3"]})
    for name in (None, "named", None):
        api.post("models/churn/versions/", {"name": name} if name else {})
    stages.promote(actor=api.actor, model="churn", version=2, to="production")
    api.call("PUT", "models/churn/aliases/champion/", {"version": 2})
    return api


NUMBER = [
    # version, create_new, the number it gets, whether it is new
    (None, None, 4, True),
    (None, True, 4, True),
    (None, False, 3, False),
    ("fresh", None, 4, True),
    ("fresh", True, 4, True),
    ("named", None, 2, False),
    ("named", False, 2, False),
    (1, None, 1, False),
    ("1", False, 1, False),
    ("production", None, 2, False),
    ("production", False, 2, False),
    ("latest", None, 3, False),
    ("latest", False, 3, False),
    ("@champion", None, 2, False),
    ("alias:champion", False, 2, False),
]
REFUSED = [
    ("fresh", False, 404, "no_such_version"),
    ("named", True, 409, "version_exists"),
    (1, True, 409, "version_exists"),
    (9, None, 404, "no_such_version"),
    (9, False, 404, "no_such_version"),
    (9, True, 422, "number_given"),
    ("staging", None, 404, "no_such_version"),
    ("production", True, 422, "floating_name"),
    ("latest", True, 422, "floating_name"),
    ("@champion", True, 422, "floating_name"),
    ("@nobody", None, 404, "no_such_version"),
    ("None", True, 422, "bad_name"),
    ("a/b", None, 422, "bad_name"),
    (1.5, None, 400, "invalid"),
    ([1], None, 400, "invalid"),
    (True, None, 400, "invalid"),
]


@pytest.mark.parametrize(("version", "create_new", "number", "made"), NUMBER)
def test_the_version_that_a_run_uses(
    churn: Api, version: Any, create_new: Any, number: int, made: bool
) -> None:
    answer = churn.post("runs/", started(wanted(version=version, create_new=create_new)))
    got = answer["versions"][0]
    assert (got["version"]["number"], got["created"]) == (number, made)
    assert got["asked"] == (str(version) if version is not None else "new" if made else "latest")
    assert got["version"]["name"] == (
        "fresh" if version == "fresh" else "named" if number == 2 else str(number)
    )
    assert_chains_whole()


@pytest.mark.parametrize(("version", "create_new", "status", "code"), REFUSED)
def test_a_version_that_cannot_be_had_refuses_the_whole_run(
    churn: Api, version: Any, create_new: Any, status: int, code: str
) -> None:
    before = database()
    body = started(wanted("brand new model"), wanted(version=version, create_new=create_new))
    error = churn.refused("POST", "runs/", body, status, code)
    assert database() == before
    if version == 9 and not create_new:
        assert "numbers are given by the server" in error["message"].lower()
    if status == 404:
        assert "It has: 3, 2 (named) in production, 1" in error["hint"]


def test_a_model_without_versions_has_no_latest(api: Api) -> None:
    for code in ("no_such_model", "no_such_version"):
        before = database()
        api.refused("POST", "runs/", started(wanted(create_new=False)), 404, code)
        assert database() == before
        if code == "no_such_model":
            api.post("models/", {"name": "churn"})


def test_a_missing_model_is_made_with_what_was_given(api: Api) -> None:
    card = {"license": "Apache-2.0", "audience": "banks"}
    answer = api.post("runs/", started(wanted(card=card, tags=["a", "b"])))
    model = api.get("models/churn/")
    assert (model["license"], model["audience"], model["tags"]) == ("Apache-2.0", "banks", ["a", "b"])
    assert answer["versions"][0]["warnings"] == []
    assert answer["versions"][0]["version"]["tags"] == ["a", "b"]


def test_a_version_may_be_called_new(churn: Api) -> None:
    run = started(wanted(), wanted(version="new"), wanted(version="new"), wanted("other", version="new"))
    rows = churn.post("runs/", run)["versions"]
    assert [(row["version"]["number"], row["version"]["name"], row["created"]) for row in rows] == [
        (4, "4", True),
        (5, "new", True),
        (5, "new", False),
        (1, "new", True),
    ]
    late = churn.post(f"runs/{run['id']}/versions/", wanted())
    assert (late["version"]["number"], late["created"]) == (4, False)


def test_given_fields_that_differ_are_reported_and_do_not_overwrite(churn: Api) -> None:
    body = started(wanted(version=1, card={"license": "Apache-2.0", "audience": ""}, tags=["new"]))
    warnings = churn.post("runs/", body)["versions"][0]["warnings"]
    assert len(warnings) == 2
    assert "'MIT', not 'Apache-2.0'" in warnings[0]
    assert "new" in warnings[1]
    body = started(wanted(card={"license": ""}, tags=["new"]))
    made = churn.post("runs/", body)["versions"][0]
    assert made["warnings"] == [
        "The license of 'churn' is 'MIT', not empty: the model keeps its own.",
        "The model 'churn' exists and doesn't get the tags new.",
    ]
    assert made["version"]["tags"] == ["new"]
    assert churn.get("models/churn/")["license"] == "MIT"


def test_a_version_that_was_found_already_is_only_recorded(churn: Api) -> None:
    run = churn.post("runs/", started())["run"]
    path, first = f"runs/{run['id']}/versions/", churn.get("models/churn/versions/1/")
    noted = churn.post(
        path, wanted(version="production", found=first["id"])
    )  # who holds it has changed since
    assert (noted["version"]["number"], noted["asked"], noted["created"]) == (1, "production", False)
    churn.post("models/", {"name": "other"})
    before = database()
    for model, code in (("other", "no_such_version"), ("nowhere", "no_such_model")):
        churn.refused("POST", path, wanted(model, version="production", found=first["id"]), 404, code)
    assert database() == before


def test_a_model_is_resolved_once_per_run(churn: Api) -> None:
    run = started(wanted(), wanted("other"))
    first = churn.post("runs/", run)["versions"][0]["version"]
    path = f"runs/{run['id']}/versions/"
    again = churn.post(path, wanted())
    assert (again["version"]["id"], again["created"]) == (first["id"], False)
    assert churn.post(path, wanted(create_new=True))["version"]["id"] == first["id"]
    named = churn.post(path, wanted(version="mine", create_new=True))
    assert named["version"]["number"] == 5
    assert churn.post(path, wanted(version="mine", create_new=True))["version"]["number"] == 5
    assert churn.post(path, wanted(version="production"))["version"]["number"] == 2
    stages.promote(actor=churn.actor, model="churn", version=1, to="production")
    assert churn.post(path, wanted(version="production"))["version"]["number"] == 2, (
        "the same words in one run"
    )
    assert churn.post("runs/", started(wanted(version="production")))["versions"][0]["version"]["number"] == 1


def test_starting_twice_changes_nothing(api: Api) -> None:
    told = {"parameters": {"c": 0.1, "big": 2**63, "text": "a\0\u2028"}, "environment": {"python": "3.13"}}
    run = started(wanted(tags=["x"]), tags=["nightly"], **told)
    first = api.call("POST", "runs/", run)
    before = database()
    second = api.call("POST", "runs/", run)
    assert (first[0], second[0]) == (201, 200)
    assert database() == before
    assert second[1]["versions"][0]["version"] == first[1]["versions"][0]["version"]
    for other in ({"pipeline": "other"}, {"parameters": {"a": 1}}, {"code": {"commit": "b"}}, {"name": "b"}):
        api.refused("POST", "runs/", {**run, **other}, 409, "id_taken")
    api.refused("POST", "runs/", {**run, "versions": [wanted("third")]}, 409, "id_taken")
    resolve = wanted(version="mine")
    api.post(f"runs/{run['id']}/versions/", resolve)
    before = database()
    api.post(f"runs/{run['id']}/versions/", resolve)
    assert database() == before
    api.refused("POST", f"runs/{run['id']}/versions/", {**resolve, "model": "other"}, 409, "id_taken")


def test_a_version_knows_the_run_that_made_it(api: Api) -> None:
    run = started(wanted())
    api.post("runs/", run)
    version = api.get("models/churn/versions/1/")
    assert (version["run"]["id"], version["run"]["status"]) == (run["id"], "running")
    assert str(Event.objects.get(action="version.created").run_id) == run["id"]
    api.post(f"runs/{run['id']}/", {"status": "failed"})
    assert api.get("models/churn/versions/1/")["run"]["status"] == "failed"


def test_a_failed_run_takes_the_versions_it_made_if_told_to(churn: Api) -> None:
    run = started(wanted(delete_on_failure=True), wanted("kept"), wanted("staged", delete_on_failure=True))
    churn.post("runs/", run)
    reuse = wanted("other", version=None, delete_on_failure=True)
    churn.post("models/", {"name": "other"})
    churn.post("models/other/versions/", {})
    churn.post(f"runs/{run['id']}/versions/", {**reuse, "create_new": False})
    stages.promote(actor=churn.actor, model="staged", version=1, to="staging")
    late = step(outputs=[output(new_version("weights"), resolution=run["versions"][0]["id"])])
    churn.post(f"runs/{run['id']}/", {"status": "failed", "error": "boom", "steps": [late]})
    alive = set(ModelVersion.objects.filter(deleted_at__isnull=True).values_list("model__name", "number"))
    assert alive == {("churn", 1), ("churn", 2), ("churn", 3), ("kept", 1), ("staged", 1), ("other", 1)}
    gone = Event.objects.get(action="version.deleted")
    assert "failed" in gone.payload
    assert str(gone.run_id) == run["id"]
    assert churn.get("models/churn/")["versions"] == 3
    shown = {v["model"]: v["deleted"] for v in churn.get(f"runs/{run['id']}/")["versions"]}
    assert shown == {"churn": True, "kept": False, "staged": False, "other": False}
    before = database()
    churn.post(f"runs/{run['id']}/", {"status": "failed", "error": "boom", "steps": [late]})
    assert database() == before, "what was linked to it isn't linked anew"
    assert churn.post("models/churn/versions/", {})["number"] == 5, "numbers aren't reused"
    assert_chains_whole()


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_only_failure_takes_versions(api: Api, status: str) -> None:
    run = started(wanted(delete_on_failure=True))
    api.post("runs/", run)
    api.post(f"runs/{run['id']}/", {"status": status})
    assert api.get("models/churn/versions/1/")["run"]["status"] == status


def test_roles() -> None:
    viewer, owner = Api("viewer"), Api()
    run = started(wanted())
    viewer.refused("POST", "runs/", run, 403, "role_too_low")
    owner.post("runs/", run)
    for method, path, body in [
        ("POST", f"runs/{run['id']}/", {"status": "failed"}),
        ("PATCH", f"runs/{run['id']}/", {"add_tags": ["x"]}),
        ("PATCH", f"runs/{run['id']}/metadata/", {"metadata": {"a": 1}}),
        ("POST", f"runs/{run['id']}/versions/", wanted()),
    ]:
        viewer.refused(method, path, body, 403, "role_too_low")
    assert viewer.get(f"runs/{run['id']}/")["status"] == "running"


def test_runs_are_found_by_the_version_that_they_resolved(churn: Api) -> None:
    one, two = started(wanted(version=1)), started(wanted(version="production"), wanted("other"))
    for run in (one, two):
        churn.post("runs/", run)
    ident = churn.get("models/churn/versions/2/")["id"]

    def ids(query: str) -> list[str]:
        return [row["id"] for row in churn.get(f"runs/?{query}")["results"]]

    for version in (2, "named", "production", "@champion", "alias:champion", ident, "eq:production"):
        assert ids(f"model=churn&version={version}") == [two["id"]], version
    assert ids(f"version={ident}") == ids(f"version=in:{ident}") == [two["id"]]
    assert set(ids("model=eq:churn&version=in:1,production")) == {one["id"], two["id"]}
    assert (
        ids("model=churn&version=3")
        == ids("model=churn&model=other&version=" + ident.replace("0", "1"))
        == []
    )
    for query, status, code in [
        ("version=production", 400, "bad_filter"),
        ("model=startswith:ch&version=production", 400, "bad_filter"),
        ("model=churn&version=not:production", 400, "unknown_op"),
        ("model=churn&version=staging", 404, "no_such_version"),
        ("model=nowhere&version=1", 404, "no_such_model"),
    ]:
        churn.refused("GET", f"runs/?{query}", None, status, code)


def test_lists_and_tags_and_metadata_of_runs(api: Api) -> None:
    one, two = started(wanted(), tags=["nightly"]), started(pipeline="score", name="last night")
    api.post("runs/", one)
    api.post("runs/", two)
    api.post(f"runs/{one['id']}/", {"status": "failed", "metadata": {"metrics": {"auc": 0.8}}})

    def ids(query: str) -> list[str]:
        return [row["id"] for row in api.get(f"runs/?{query}")["results"]]

    assert set(ids("")) == {one["id"], two["id"]}
    for query in ("pipeline=train", "status=failed", "tag=nightly", "model=churn", "metric.auc=gt:0.5"):
        assert ids(query) == [one["id"]], query
    assert ids("name=last night") == [two["id"]]
    assert [row["id"] for row in api.get("models/churn/versions/1/runs/")["results"]] == [one["id"]]
    api.call("PATCH", f"runs/{two['id']}/", {"add_tags": ["a"], "remove_tags": ["nightly"]})
    assert api.get("runs/last night/")["tags"] == ["a"]
    assert api.call("PATCH", f"runs/{two['id']}/metadata/", {"metadata": {"a": {"b": 1}}})[1] == {
        "metadata": {"a": {"b": 1}}
    }
    assert api.get(f"runs/{two['id']}/metadata/") == {"metadata": {"a": {"b": 1}}}
    pipelines = api.get("pipelines/")["results"]
    assert [(p["name"], p["runs"]) for p in pipelines] == [("score", 1), ("train", 1)]
    assert api.get("pipelines/train/")["last_run"]["id"] == one["id"]
    api.refused("GET", "pipelines/none/", None, 404, "no_such_pipeline")
