"""A deleted model removed for good, and none else."""

import pytest

from registry.models import Event, ModelVersion
from tests.support.doors import Api, database

pytestmark = pytest.mark.django_db


@pytest.fixture
def churn(api: Api) -> Api:
    """A model with three versions; the second is in production."""
    api.post("models/", {"name": "churn"})
    for _ in range(3):
        api.post("models/churn/versions/", {})
    api.post("models/churn/versions/2/stage/", {"stage": "production"})
    return api


def test_a_purge_removes_for_good_and_the_chain_still_verifies(churn: Api) -> None:
    churn.call("PATCH", "models/churn/versions/1/metadata/", {"metadata": {"secret": "word"}})
    churn.call("PUT", "models/churn/aliases/best/", {"version": 1})
    churn.call("DELETE", "models/churn/?confirm=churn&force=true")
    Api("promoter").refused("POST", "models/churn/purge/", {}, 403, "role_too_low")
    before = database()
    planned = churn.post("models/churn/purge/", {"dry_run": True})
    assert database() == before
    done = churn.post("models/churn/purge/", {})
    assert done == {**planned, "dry_run": False}
    assert done["counts"]["versions"] == 3
    assert done["counts"]["metadata_values"] == done["counts"]["aliases"] == 1
    assert not ModelVersion.objects.exists()
    assert not Event.objects.filter(payload__contains="secret").exists()
    assert churn.get("events/verify/")["whole"]
    last = churn.get("events/?limit=1")["results"][0]
    assert (last["action"], last["target"]["name"]) == ("model.purged", "churn")
    churn.refused("POST", "models/churn/purge/", {}, 404, "no_such_model")


def test_only_a_deleted_model_is_purged(churn: Api) -> None:
    churn.post("models/churn/versions/2/stage/", {"stage": "archived"})
    assert churn.post("models/churn/purge/", {"dry_run": True})["counts"]["versions"] == 3
    before = database()
    for body in ({}, {"confirm": "churn"}):
        error = churn.refused("POST", "models/churn/purge/", body, 422, "not_deleted")
        assert error["hint"].startswith("Delete it first")
    assert database() == before
    churn.call("DELETE", "models/churn/?confirm=churn")
    churn.refused("POST", "models/churn/purge/", {"confirm": "chrun"}, 422, "not_confirmed")
    living = churn.post("models/", {"name": "churn"})
    assert churn.post("models/churn/purge/", {"confirm": "churn"})["counts"]["versions"] == 3
    assert churn.get("models/churn/")["id"] == living["id"]
