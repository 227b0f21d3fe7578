"""Tags over HTTP."""

from typing import Any

import pytest

from registry.models import Tag, TagAttachment
from tests.support.chains import assert_chains_whole
from tests.support.doors import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    """Two models and a version with tags."""
    api = Api()
    api.post("models/", {"name": "churn", "tags": ["nlp", "text"]})
    api.post("models/", {"name": "fraud", "tags": ["nlp"]})
    api.post("models/churn/versions/", {"tags": ["text"]})
    return api


def tags(api: Api, path: str = "models/churn/") -> list[str]:
    found: list[str] = api.get(path)["tags"]
    return found


def test_tags_are_listed_with_how_many_carry_each(api: Api) -> None:
    api.post("tags/", {"name": "free", "color": 8})
    rows = {row["name"]: row for row in api.get("tags/")["results"]}
    counts = {
        name: (row["models"], row["versions"], row["artifacts"], row["runs"]) for name, row in rows.items()
    }
    assert counts == {"nlp": (2, 0, 0, 0), "text": (1, 1, 0, 0), "free": (0, 0, 0, 0)}
    assert rows["free"]["color"] == 8
    assert api.get("tags/text/") == rows["text"]


def test_a_tag_is_renamed_and_coloured(api: Api) -> None:
    status, row = api.call("PATCH", "tags/nlp/", {"name": "language", "color": 3})
    assert (status, row["name"], row["color"]) == (200, "language", 3)
    assert tags(api) == ["language", "text"]
    assert_chains_whole()


def test_a_taken_name_is_refused_unless_the_two_are_merged(api: Api) -> None:
    api.refused("POST", "tags/", {"name": "nlp"}, 409, "name_taken")
    api.refused("PATCH", "tags/nlp/", {"name": "text"}, 409, "name_taken")
    status, row = api.call("PATCH", "tags/nlp/", {"name": "text", "merge": True})
    assert (status, row["name"], row["models"], row["versions"]) == (200, "text", 2, 1)
    assert tags(api) == tags(api, "models/fraud/") == ["text"]
    api.refused("GET", "tags/nlp/", None, 404, "no_such_tag")
    assert_chains_whole()


def test_a_deleted_tag_is_off_everything_and_its_history_stays(api: Api) -> None:
    assert api.call("DELETE", "tags/text/")[0] == 204
    assert tags(api) == ["nlp"]
    assert TagAttachment.objects.filter(tag__name="text", valid_to__isnull=False).count() == 2
    api.call("PATCH", "models/fraud/", {"add_tags": ["text"]})
    assert Tag.objects.filter(name="text").count() == 2
    assert tags(api) == ["nlp"]
    assert tags(api, "models/fraud/") == ["nlp", "text"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": "a/b"}, 422),
        ({"name": ""}, 422),
        ({"name": "x", "color": 0}, 400),
        ({"name": "x", "color": 9}, 400),
        ({"name": "x", "color": "red"}, 400),
    ],
)
def test_a_tag_needs_a_name_and_a_colour_of_the_palette(api: Api, body: Any, status: int) -> None:
    api.refused("POST", "tags/", body, status)
