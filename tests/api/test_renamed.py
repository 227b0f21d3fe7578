"""A model renamed while somebody writes to it: by the version's own id its former name still leads there."""

import uuid

import pytest

from tests.support.doors import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def renamed(api: Api) -> str:
    """`first`, then `second`, now `third`, with one version: what addresses that by its id."""
    api.post("models/", {"name": "first"})
    made = api.post("models/first/versions/", {})
    for name, new in (("first", "second"), ("second", "third")):
        api.call("PATCH", f"models/{name}/", {"name": new})
    return f"@@{made['id']}"


@pytest.mark.parametrize("name", ["first", "second", "third"])
def test_each_name_it_had_leads_to_the_version_by_its_id(api: Api, renamed: str, name: str) -> None:
    own = f"models/{name}/versions/{renamed}/"
    assert api.get(own)["model"] == "third"
    api.call("PATCH", f"{own}metadata/", {"metadata": {"metrics": {"f1": 0.5}}})
    operation = {"id": str(uuid.uuid4()), "method": "POST", "path": f"/api/v1/{own}stage/"}
    answer = api.post("batch/", {"operations": [operation | {"body": {"stage": "staging"}}]})
    assert answer["results"][0]["status"] == 200
    row = api.get("models/third/versions/1/")
    assert (row["stage"], row["metrics"]) == ("staging", {"f1": 0.5})


def test_no_other_name_and_no_other_id_does(api: Api, renamed: str) -> None:
    api.refused("GET", f"models/fourth/versions/{renamed}/", None, 404, "no_such_model")
    api.refused("GET", "models/first/versions/1/", None, 404, "no_such_model")
    api.refused("GET", f"models/first/versions/@@{uuid.uuid4()}/", None, 404, "no_such_model")
    api.refused("GET", "models/first/versions/@@x/", None, 400, "bad_version")
    api.post("models/", {"name": "first"})  # the name is another model's now
    api.refused("GET", f"models/first/versions/{renamed}/", None, 404, "no_such_version")


def test_a_deleted_one_is_not_found_by_it(api: Api, renamed: str) -> None:
    assert api.call("DELETE", "models/third/?confirm=third")[0] == 204
    api.refused("GET", f"models/first/versions/{renamed}/", None, 404, "no_such_model")
