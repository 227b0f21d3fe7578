"""A link that is posted again."""

import pytest

from tests.support.doors import Api, database, ident

pytestmark = pytest.mark.django_db


def test_a_repeated_link_changes_nothing_and_another_of_its_id_is_refused(api: Api) -> None:
    api.post("models/", {"name": "churn"})
    api.post("models/churn/versions/", {})
    saved = api.post("artifacts/data/versions/", {"uri": "s3://b"})["id"]
    links = "models/churn/versions/1/artifacts/"
    body = {"id": ident(), "artifact_version": saved, "name": "table", "kind": "model"}
    assert api.call("POST", links, body)[0] == 201
    api.post(links, {"artifact_version": saved, "name": "rows"})  # which ends the first
    before = database()
    assert api.call("POST", links, body)[0] == 200, "a repetition that comes late"
    for other in ({"name": "rows"}, {"kind": "data"}, {"name": None}):
        api.refused("POST", links, {**body, **other}, 409, "id_taken")
    assert database() == before
