"""Artifacts, their versions and their links over HTTP."""

import hashlib
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from registry.models import ArtifactLink, Event
from registry.rules.ids import new_id
from registry.rules.runs import NewArtifactVersion
from registry.services.artifacts import create_artifact_version
from tests.support.chains import assert_chains_whole
from tests.support.doors import BYTES, DIGEST, Api, database, ident

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACT_DIR = tmp_path / "artifacts"


@pytest.fixture
def churn(api: Api) -> Api:
    """A model with one version and an artifact with two."""
    api.post("models/", {"name": "churn"})
    api.post("models/churn/versions/", {})
    for number in (1, 2):
        api.post("artifacts/data/versions/", {"uri": f"s3://b/{number}"})
    return api


LINKS = "models/churn/versions/1/artifacts/"


def test_versions_are_numbered_and_a_repeated_id_changes_nothing(api: Api) -> None:
    body = {"id": ident(), "uri": "s3://b/1", "metadata": {"rows": 3}, "tags": ["raw"], "summary": {"n": 1}}
    status, first = api.call("POST", "artifacts/data/versions/", body)
    before = database()
    again, second = api.call("POST", "artifacts/data/versions/", body)
    assert (status, again, first) == (201, 200, second)
    assert database() == before
    assert (first["number"], first["metadata"], first["summary"]) == (1, {"rows": 3}, {"n": 1})
    for more in ({"uri": "s3://b/2"}, {"size": 3}, {"data_type": "int"}, {"media_type": "text/csv"}):
        api.refused("POST", "artifacts/data/versions/", {**body, **more}, 409, "id_taken")
    api.refused("POST", "artifacts/other/versions/", body, 409, "id_taken")
    assert api.post("artifacts/data/versions/", {"uri": "s3://b/2"})["number"] == 2
    assert api.get("artifacts/data/versions/latest/")["number"] == 2
    assert api.get(f"artifacts/data/versions/@@{body['id']}/")["number"] == 1
    assert [api.get("artifacts/data/")[key] for key in ("versions", "latest", "tags")] == [2, 2, ["raw"]]
    assert_chains_whole()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"uri": "a\u0001b"}, 400, "bad_uri"),
        ({"uri": "s3://" + "x" * 2500}, 400, "bad_uri"),
        ({"uri": "modelcp:sha256/../../etc/passwd"}, 400, "bad_digest"),
        ({"sha256": "xyz"}, 400, "bad_digest"),
        ({"sha256": "ab" * 32}, 422, "no_such_content"),
        ({"uri": "s3://b", "metadata": {"x": "y" * 1_100_000}}, 413, "metadata_too_large"),
        ({"uri": "s3://b", "metadata": [1]}, 400, None),
        ({"uri": "s3://b", "summary": "text"}, 400, None),
        ({"uri": "s3://b", "size": 2**70}, 400, None),
        ({"uri": "s3://b", "tags": ["a/b"]}, 422, "bad_name"),
        ({"uri": "s3://b", "id": "1"}, 400, None),
        ({"uri": "s3://b", "surprise": 1}, 400, None),
    ],
)
def test_what_is_no_artifact_version(api: Api, body: dict[str, Any], status: int, code: str | None) -> None:
    before = database()
    api.refused("POST", "artifacts/data/versions/", body, status, code)
    assert database() == before


@pytest.mark.parametrize("name", ["a" * 256, " a", "@a", "a%00b", "%2E", "a%0Ab"])
def test_weird_names_of_artifacts(api: Api, name: str) -> None:
    status, answer = api.call("POST", f"artifacts/{name}/versions/", {"uri": "s3://b"})
    assert status in (404, 422), answer


def test_names_are_compared_in_normal_form(api: Api) -> None:
    composed, apart = "caf\u00e9", "artifacts/cafe\u0301/"
    assert api.post(f"{apart}versions/", {"uri": "s3://b"})["artifact"] == composed
    assert api.get(f"{apart}versions/1/")["artifact"] == api.get(apart)["name"] == composed
    hint = api.refused("GET", "artifacts/zzz/", None, 404, "no_such_artifact")["hint"]
    assert hint == "The list of artifacts shows those there are."


def test_what_is_not_there(churn: Api) -> None:
    assert "data" in churn.refused("GET", "artifacts/date/", None, 404, "no_such_artifact")["hint"]
    assert (
        "2, 1"
        in churn.refused("GET", "artifacts/data/versions/9/", None, 404, "no_such_artifact_version")["hint"]
    )
    for number in ("production", "name", f"@@{ident()}", "9" * 30):
        churn.refused("GET", f"artifacts/data/versions/{number}/", None, 404, "no_such_artifact_version")
    churn.refused("GET", "artifacts/data/versions/@@x/", None, 400)


def test_lists(churn: Api) -> None:
    churn.post("artifacts/other/versions/", {"uri": "s3://c", "tags": ["x"]})
    names = [row["name"] for row in churn.get("artifacts/")["results"]]
    assert names == ["data", "other"]
    assert [r["name"] for r in churn.get("artifacts/?name=startswith:da")["results"]] == ["data"]
    assert [r["name"] for r in churn.get("artifacts/?tag=x")["results"]] == ["other"]
    page = churn.get("artifacts/data/versions/?limit=1")
    assert page["results"][0]["number"] == 2
    assert churn.get(f"artifacts/data/versions/?limit=1&cursor={page['next']}")["results"][0]["number"] == 1
    churn.refused("GET", "artifacts/?nonsense=1", None, 400)


def test_metadata_and_tags(churn: Api) -> None:
    path = "artifacts/data/versions/1/metadata/"
    assert churn.call("PATCH", path, {"metadata": {"a": {"b": 1}, "c": 2}})[1] == {
        "metadata": {"a": {"b": 1}, "c": 2}
    }
    assert churn.call("PATCH", path, {"remove": ["c"]})[1] == {"metadata": {"a": {"b": 1}}}
    assert churn.get(path) == {"metadata": {"a": {"b": 1}}}
    assert churn.call("PATCH", "artifacts/data/", {"add_tags": ["x"]})[1]["tags"] == ["x"]
    assert churn.call("PATCH", "artifacts/data/", {"remove_tags": ["x"]})[1]["tags"] == []


def test_a_link_is_made_updated_and_left_alone(churn: Api) -> None:
    version = churn.get("artifacts/data/versions/1/")
    body = {"id": ident(), "artifact_version": version["id"], "name": "train"}
    status, link = churn.call("POST", LINKS, body)
    assert (status, link["link"], link["name"], link["kind"]) == (201, body["id"], "train", "data")
    before = database()
    assert churn.call("POST", LINKS, body)[0] == 200
    assert (
        churn.call("POST", LINKS, {"artifact": "data", "number": 1, "name": "train"})[1]["link"] == body["id"]
    )
    assert database() == before
    status, changed = churn.call(
        "POST", LINKS, {"artifact": "data", "number": 1, "name": "train", "kind": "model"}
    )
    assert (status, changed["kind"]) == (201, "model")
    assert changed["link"] != body["id"]
    assert len(churn.get(LINKS)["results"]) == 1
    assert churn.call("POST", LINKS, body)[0] == 200, "an earlier post again: already done"
    assert churn.get(LINKS)["results"][0]["kind"] == "model"
    assert ArtifactLink.objects.count() == 2
    actions = (
        Event.objects.filter(action__startswith="artifact.").order_by("id").values_list("action", flat=True)
    )
    assert list(actions) == ["artifact.created", "artifact.linked", "artifact.relinked"]
    assert_chains_whole()


def test_links_by_name_and_by_uri(churn: Api) -> None:
    assert churn.post(LINKS, {"artifact": "data"})["number"] == 2
    made = churn.post(
        LINKS,
        {
            "uri": "https://example.org/report",
            "artifact": "report",
            "kind": "deployment",
            "id": ident(),
            "artifact_version_id": ident(),
            "metadata": {"pages": 3},
        },
    )
    assert (made["artifact"], made["number"], made["kind"], made["metadata"]) == (
        "report",
        1,
        "deployment",
        {"pages": 3},
    )
    churn.call("PUT", f"contents/{DIGEST}/", BYTES)
    assert churn.post(LINKS, {"sha256": DIGEST, "artifact": "bytes"})["uri"] == f"modelcp:sha256/{DIGEST}"
    assert [r["artifact"] for r in churn.get(LINKS + "?kind=deployment")["results"]] == ["report"]
    assert [r["name"] for r in churn.get(LINKS)["results"]] == ["bytes", "data", "report"]
    page = churn.get(LINKS + "?limit=2")
    assert [r["name"] for r in churn.get(LINKS + f"?limit=2&cursor={page['next']}")["results"]] == ["report"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"artifact_version": "x"}, 400, None),
        ({"artifact_version": "00000000-0000-0000-0000-000000000001"}, 404, "no_such_artifact_version"),
        ({"artifact": "none"}, 404, "no_such_artifact"),
        ({"artifact": "data", "number": 9}, 404, "no_such_artifact_version"),
        ({"artifact": "data", "number": [1]}, 400, None),
        ({"artifact": "data", "kind": "weights"}, 422, "unknown_kind"),
        ({"artifact": "data", "name": "a/b"}, 422, "bad_name"),
        ({"uri": "s3://b"}, 400, "invalid"),
    ],
)
def test_what_is_no_link(churn: Api, body: dict[str, Any], status: int, code: str | None) -> None:
    before = database()
    churn.refused("POST", LINKS, body, status, code)
    churn.refused("POST", "models/churn/versions/7/artifacts/", {"artifact": "data"}, 404, "no_such_version")
    assert database() == before


def test_a_link_ends_and_the_artifact_stays(churn: Api) -> None:
    link = churn.post(LINKS, {"artifact": "data"})["link"]
    churn.post("models/churn/versions/", {})
    churn.refused("DELETE", f"models/churn/versions/2/artifacts/{link}/", None, 404, "no_such_link")
    assert churn.call("DELETE", f"{LINKS}{link}/?reason=wrong")[0] == 204
    assert churn.get(LINKS)["results"] == []
    assert "wrong" in Event.objects.get(action="artifact.unlinked").payload
    churn.refused("DELETE", f"{LINKS}{link}/", None, 404, "no_such_link")
    assert churn.get("artifacts/data/")["versions"] == 2
    linked = churn.post(LINKS, {"artifact": "data", "id": "00000000-0000-0000-0000-000000000001"})["id"]
    churn.post(LINKS, {"artifact": "data", "id": "00000000-0000-0000-0000-000000000002", "kind": "model"})
    churn.refused("DELETE", f"models/churn/versions/2/artifacts/{linked}/", None, 404, "no_such_link")
    assert churn.call("DELETE", f"{LINKS}{linked}/")[0] == 204, "the artifact version names its link too"
    churn.refused("DELETE", f"{LINKS}{linked}/", None, 404, "no_such_link")
    assert churn.get(LINKS)["results"] == []
    assert_chains_whole()


def test_a_linked_version_is_deleted_only_when_told(churn: Api) -> None:
    churn.post(LINKS, {"artifact": "data", "number": 2})
    error = churn.refused("DELETE", "artifacts/data/versions/2/", None, 422, "has_links")
    assert "churn 1" in error["message"]
    churn.refused("DELETE", "artifacts/data/versions/2/?links=maybe", None, 400)
    assert churn.call("DELETE", "artifacts/data/versions/2/?links=end&reason=leak")[0] == 204
    assert churn.get(LINKS)["results"] == []
    churn.refused("GET", "artifacts/data/versions/2/", None, 404)
    assert churn.post("artifacts/data/versions/", {"uri": "s3://b"})["number"] == 3, "numbers aren't reused"
    Api("viewer").refused("DELETE", "artifacts/data/versions/1/", None, 403, "role_too_low")
    assert_chains_whole()


PREVIEWS = [
    ("text/csv", b"a,b\n1,2\n3,4\n", "table"),
    ("application/json", b'{"a": [1, 2]}', "json"),
    ("text/plain", b"hello", "text"),
    ("text/plain; charset=utf-8", b"\xff\xfe", "text"),
    ("application/json", b"{", None),
    ("application/x-pickle", b"\x80\x04cos\nsystem\n(S'touch /tmp/pwned'\ntR.", None),
    ("application/vnd.apache.parquet", b"PAR1 nonsense", None),
    ("", b"anything", None),
]


@pytest.mark.parametrize(("media_type", "content", "kind"), PREVIEWS)
def test_previews_are_made_from_the_bytes(
    api: Api, media_type: str, content: bytes, kind: str | None
) -> None:
    digest = hashlib.sha256(content).hexdigest()
    api.call("PUT", f"contents/{digest}/", content)
    api.post("artifacts/a/versions/", {"sha256": digest, "media_type": media_type})
    answer = api.get("artifacts/a/versions/1/preview/")
    assert (answer["preview"] or {}).get("kind") == kind
    assert (answer["made"] == "server") is (kind is not None)
    assert (answer["why"] is None) is (kind is not None)
    if media_type == "text/csv":
        assert answer["preview"]["head"] == [[1, 2], [3, 4]]


def test_long_contents_are_previewed_by_their_beginning(api: Api) -> None:
    content = b"name,value\n" + b"x,1\n" * 200_000
    digest = hashlib.sha256(content).hexdigest()
    api.call("PUT", f"contents/{digest}/", content)
    api.post("artifacts/a/versions/", {"sha256": digest, "media_type": "text/csv"})
    preview = api.get("artifacts/a/versions/1/preview/")["preview"]
    assert preview["truncated"]
    assert preview["rows"] is None
    assert len(preview["head"]) == 20


def test_a_preview_made_at_save_is_answered_as_it_is(api: Api) -> None:
    api.post("artifacts/a/versions/", {"uri": "s3://b", "preview": {"kind": "text", "text": "x"}})
    answer = api.get("artifacts/a/versions/1/preview/")
    assert answer == {"preview": {"kind": "text", "text": "x"}, "made": "save", "why": None}
    api.post("artifacts/a/versions/", {"uri": "s3://b"})
    assert "store" in api.get("artifacts/a/versions/2/preview/")["why"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_numbers_are_contiguous_whoever_saves_at_once() -> None:
    actor = Api().actor
    numbers: list[int] = []

    def save() -> None:
        try:
            for _ in range(5):
                new = NewArtifactVersion(id=new_id(), artifact="shared", uri="s3://b")
                numbers.append(create_artifact_version(actor=actor, new=new)[0].number)
        finally:
            connection.close()

    threads = [threading.Thread(target=save) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 31))
    assert_chains_whole()
