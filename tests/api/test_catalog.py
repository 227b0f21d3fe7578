"""Models and versions over HTTP."""

from typing import Any

import pytest

from registry.models import CardRevision, Event
from tests.support.chains import assert_chains_whole
from tests.support.doors import Api, database, ident

pytestmark = pytest.mark.django_db
NFC, NFD = "caf\u00e9", "cafe\u0301"


@pytest.fixture
def churn(api: Api) -> Api:
    """A model with three versions; the second is in production."""
    api.post("models/", {"name": "churn", "license": "MIT", "tags": ["q3"]})
    for _ in range(3):
        api.post("models/churn/versions/", {})
    api.post("models/churn/versions/2/stage/", {"stage": "production"})
    return api


def test_a_model_reads_as_it_was_registered(api: Api) -> None:
    card = {
        "license": "MIT",
        "description": " # Hi\n",
        "audience": "us",
        "use_cases": "a",
        "limitations": "b",
    }
    made = api.post(
        "models/", {"name": "churn", **card, "trade_offs": "c", "ethics": None, "tags": ["b", "a", "b"]}
    )
    assert made == api.get("models/churn/")
    assert {key: made[key] for key in card} == card
    assert (made["ethics"], made["tags"], made["versions"], made["latest"]) == ("", ["a", "b"], 0, None)
    assert made["owner"] == made["created_by"] == api.actor.name
    assert_chains_whole()


@pytest.mark.parametrize(
    "name",
    ["", " a", "a ", "a/b", "a\n", "a\x7f", ".", "..", "@a", "alias:a", "new", "x" * 256, "\u00a0a"],
)
def test_a_name_against_the_rules_is_refused_with_the_reason(api: Api, name: str) -> None:
    error = api.refused("POST", "models/", {"name": name}, 422, "bad_name")
    assert "name" in error["fields"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": ["a"]}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "a", "size": 3}, "size"),
        ({"name": "a", "tags": "x"}, "tags"),
        ({"name": "a", "tags": [None]}, "tags"),
        ({"name": "a", "id": "7"}, "id"),
        ({"name": "a", "license": "x" * 256}, "license"),
        ({"name": "a", "description": {}}, "description"),
    ],
)
def test_a_body_of_the_wrong_shape_names_the_field(api: Api, body: Any, field: str) -> None:
    before = database()
    assert field in api.refused("POST", "models/", body, 400, "invalid")["fields"]
    assert database() == before


@pytest.mark.parametrize(
    "body", ['{"name": NaN}', '{"name": "a"', "[1]", '"a"', "7", '{"name": "\\ud800"}', "[" * 100_000, "\xff"]
)
def test_what_isnt_json_is_refused(api: Api, body: str) -> None:
    api.refused("POST", "models/", body, 400)


def test_names_are_compared_in_normal_form(api: Api) -> None:
    assert api.post("models/", {"name": NFD})["name"] == NFC
    api.refused("POST", "models/", {"name": NFC}, 409, "name_taken")
    assert api.get(f"models/{NFD}/")["name"] == NFC


def test_a_repeated_post_of_an_id_changes_nothing(api: Api) -> None:
    body = {"id": ident(), "name": "churn", "license": "MIT", "tags": ["a"]}
    version = {"id": ident(), "name": "v1", "description": "x"}
    assert api.call("POST", "models/", body)[0] == 201
    assert api.call("POST", "models/churn/versions/", version)[0] == 201
    api.call("PATCH", "models/churn/", {"license": "BSD"})
    api.call("PATCH", "models/churn/versions/v1/", {"name": "v2"})
    before = database()
    assert api.call("POST", "models/", body)[0] == 200
    status, row = api.call("POST", "models/churn/versions/", version)
    assert (status, row["name"]) == (200, "v2")
    assert database() == before


def test_an_id_with_other_content_is_a_conflict(api: Api) -> None:
    model, version = ident(), ident()
    api.post("models/", {"id": model, "name": "churn"})
    api.post("models/", {"name": "other"})
    api.post("models/churn/versions/", {"id": version})
    before = database()
    for path, body in [
        ("models/", {"id": model, "name": "fraud"}),
        ("models/", {"id": model, "name": "churn", "license": "MIT"}),
        ("models/", {"id": "00000000-0000-0000-0000-000000000000", "name": "sys"}),
        ("models/churn/versions/", {"id": version, "name": "named"}),
        ("models/churn/versions/", {"id": version, "description": "more"}),
        ("models/other/versions/", {"id": version}),
    ]:
        api.refused("POST", path, body, 409, "id_taken")
    assert database() == before


def test_what_is_given_is_changed_and_the_card_keeps_its_revisions(churn: Api) -> None:
    status, row = churn.call(
        "PATCH",
        "models/churn/",
        {"name": "leavers", "license": "BSD", "add_tags": ["x"], "remove_tags": ["q3"]},
    )
    assert (status, row["name"], row["license"], row["tags"]) == (200, "leavers", "BSD", ["x"])
    churn.refused("GET", "models/churn/", None, 404, "no_such_model")
    licenses = CardRevision.objects.order_by("valid_from").values_list("license", "valid_to")
    assert [text for text, _ in licenses] == ["MIT", "BSD"]
    before = Event.objects.count()
    churn.call("PATCH", "models/leavers/", {"name": "leavers", "license": "BSD", "add_tags": ["x"]})
    assert Event.objects.count() == before
    assert_chains_whole()


def test_a_model_is_renamed_to_a_free_and_allowed_name_only(churn: Api) -> None:
    churn.post("models/", {"name": "fraud"})
    churn.refused("PATCH", "models/churn/", {"name": "fraud"}, 409, "name_taken")
    churn.refused("PATCH", "models/churn/", {"name": "new"}, 422, "bad_name")
    churn.refused("PATCH", "models/churn/", {"owner": "nobody"}, 422, "no_such_user")


def test_a_deletion_is_confirmed_and_never_takes_a_model_in_production(churn: Api) -> None:
    churn.refused("DELETE", "models/churn/", None, 400)
    churn.refused("DELETE", "models/churn/?confirm=chur", None, 422, "not_confirmed")
    churn.refused("DELETE", "models/churn/?confirm=churn", None, 422, "in_production")
    promoter = Api("promoter")
    promoter.refused("DELETE", "models/churn/?confirm=churn&force=true", None, 403, "role_too_low")
    assert churn.call("DELETE", "models/churn/?confirm=churn&force=true&reason=old")[0] == 204
    churn.refused("GET", "models/churn/", None, 404)
    assert churn.get("models/")["results"] == []
    assert churn.get("versions/")["results"] == []


def test_a_deleted_model_frees_its_name_and_is_restored_when_the_name_is_free(churn: Api) -> None:
    churn.call("DELETE", "models/churn/?confirm=churn&force=true")
    churn.post("models/", {"name": "churn"})
    churn.refused("POST", "models/churn/restore/", {}, 409, "name_taken")
    churn.call("PATCH", "models/churn/", {"name": "second"})
    restored = churn.post("models/churn/restore/", {})
    assert (restored["versions"], restored["production"], restored["tags"]) == (3, 2, ["q3"])
    churn.refused("POST", "models/churn/restore/", {}, 404, "no_such_model")
    assert_chains_whole()


@pytest.mark.parametrize(
    ("reference", "number"),
    [("2", 2), ("02", 2), ("production", 2), ("latest", 4), ("named", 4), ("@best", 1), ("alias:best", 1)],
)
def test_a_version_is_found_by_whatever_the_domain_resolves(churn: Api, reference: str, number: int) -> None:
    churn.post("models/churn/versions/", {"name": "named"})
    churn.call("PUT", "models/churn/aliases/best/", {"version": 1})
    found = churn.get(f"models/churn/versions/{reference}/")
    assert found["number"] == number
    assert found == churn.get(f"models/churn/versions/@@{found['id']}/")
    del found["digest"], found["artifacts"]  # of one version alone
    assert found in churn.get("models/churn/versions/")["results"]


@pytest.mark.parametrize(
    "reference",
    [
        "9",
        "staging",
        "archived",
        "@none",
        "other",
        "99999999999999999999",
        "@@01890000-0000-7000-8000-000000000000",
    ],
)
def test_an_unknown_version_lists_what_exists(churn: Api, reference: str) -> None:
    error = churn.refused("GET", f"models/churn/versions/{reference}/", None, 404, "no_such_version")
    aliases = "It has no aliases. " if reference.startswith("@n") else ""
    assert error["hint"] == f"{aliases}It has: 3, 2 in production, 1."


def test_an_unknown_alias_lists_those_there_are(churn: Api) -> None:
    for alias in ("worst", "best", "gone"):
        churn.call("PUT", f"models/churn/aliases/{alias}/", {"version": 1})
    churn.call("DELETE", "models/churn/aliases/gone/")
    error = churn.refused("GET", "models/churn/versions/@bset/", None, 404, "no_such_version")
    assert error["hint"] == "Its aliases are best, worst. It has: 3, 2 in production, 1."
    for method in ("GET", "DELETE"):
        error = churn.refused(method, "models/churn/aliases/bset/", None, 404, "no_such_alias")
        assert error["hint"] == "Its aliases are best, worst."


@pytest.mark.parametrize("name", ["7", "Production", "LATEST", "none", "a/b", ""])
def test_a_version_name_against_the_rules_is_refused(churn: Api, name: str) -> None:
    churn.refused("POST", "models/churn/versions/", {"name": name}, 422, "bad_name")
    churn.refused("PATCH", "models/churn/versions/1/", {"name": name}, 422, "bad_name")


def test_a_number_is_never_given_twice(churn: Api) -> None:
    assert churn.call("DELETE", "models/churn/versions/3/")[0] == 204
    assert churn.post("models/churn/versions/", {})["number"] == 4
    assert churn.get("models/churn/")["versions"] == 3
    churn.refused("GET", "models/churn/versions/3/", None, 404)


def test_a_deleted_version_frees_its_name_and_its_aliases(churn: Api) -> None:
    churn.post("models/churn/versions/", {"name": "v"})
    churn.call("PUT", "models/churn/aliases/best/", {"version": "v"})
    churn.refused("POST", "models/churn/versions/", {"name": "v"}, 409, "name_taken")
    churn.post("models/churn/versions/v/stage/", {"stage": "staging"})
    assert churn.call("DELETE", "models/churn/versions/v/?reason=bad")[0] == 204
    assert churn.post("models/churn/versions/", {"name": "v"})["number"] == 5
    churn.refused("GET", "models/churn/aliases/best/", None, 404, "no_such_alias")
    assert churn.get("models/churn/stages/")["staging"] is None


def test_a_version_in_production_is_deleted_by_force_only(churn: Api) -> None:
    churn.refused("DELETE", "models/churn/versions/production/", None, 422, "in_production")
    Api("promoter").refused("DELETE", "models/churn/versions/production/?force=1", None, 403)
    assert churn.call("DELETE", "models/churn/versions/production/?force=1")[0] == 204
    assert churn.get("models/churn/")["production"] is None


def test_an_etag_answers_304_and_guards_a_change(churn: Api) -> None:
    path = "/api/v1/models/churn/versions/production/"
    first = churn.client.get(path)
    tag = first.headers["ETag"]
    again = churn.client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    assert churn.call("PATCH", "models/churn/versions/2/", {"description": "x"}, If_Match=tag)[0] == 200
    status, body = churn.call("PATCH", "models/churn/versions/2/", {"description": "y"}, If_Match=tag)
    assert (status, body["error"]["code"]) == (412, "precondition_failed")
    assert churn.client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_versions_side_by_side(churn: Api) -> None:
    for number, auc in ((1, 0.5), (2, 0.75)):
        body = {"metadata": {"metrics": {"auc": auc}, "same": [1]}}
        churn.call("PATCH", f"models/churn/versions/{number}/metadata/", body)
    compared = churn.get("models/churn/compare/?versions=production,1,3")
    assert [row["number"] for row in compared["versions"]] == [2, 1, 3]
    assert compared["metadata"] == [
        {"path": "metrics.auc", "values": [0.75, 0.5, None], "same": False},
        {"path": "same", "values": [[1], [1], None], "same": False},
    ]
    churn.refused("GET", "models/churn/compare/?versions=1", None, 400, "bad_comparison")
    churn.refused("GET", "models/churn/compare/?versions=1,9", None, 404, "no_such_version")


def test_as_of_reads_who_answered_then(churn: Api) -> None:
    row = churn.get("models/churn/stages/history/")["results"][0]
    churn.post("models/churn/versions/3/stage/", {"stage": "production"})
    then = row["valid_from"]
    assert churn.get(f"models/churn/versions/production/?as_of={then}")["number"] == 2
    assert churn.get(f"models/churn/versions/2/?as_of={then}")["stage"] == "production"
    assert churn.get("models/churn/versions/2/")["stage"] == "archived"
    assert churn.get(f"models/churn/stages/?as_of={then}")["production"]["number"] == 2
    churn.refused("GET", "models/churn/versions/production/?as_of=2000-01-01", None, 400, "bad_moment")
    churn.refused("GET", "models/churn/versions/production/?as_of=then", None, 400)
