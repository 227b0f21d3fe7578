"""What hangs on a version's pages: artifacts, uploads, links, metadata."""

import hashlib
import re
from typing import Any

import pytest
from django.test import Client

from registry.models import ArtifactLink
from registry.selectors.attached import metadata_of
from registry.selectors.catalog import find_model, find_version
from registry.selectors.contents import content_size
from registry.services.actors import Actor
from tests.pages.catalog_world import V1, browser, link, make_model, person, upload_of
from tests.pages.facts_world import text
from tests.support.doors import Api, new_version, output, started, step, wanted

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: Actor) -> Client:
    make_model(admin, "churn", many=2)
    return browser(admin)


def test_artifacts_stand_by_kind_with_links_and_downloads(client: Client, admin: Actor) -> None:
    link(admin, "churn", 1, "train/../x".replace("/", "∕"))
    link(admin, "churn", 1, "weights", summary={"shape": [1204118, 46]}, size=212_000_000)
    link(admin, "churn", 1, "limits", summary={"length": 2}, data_type="dict")
    link(admin, "churn", 1, "names", summary={"length": 1}, data_type="list")
    page = text(client, V1)
    assert ">2 keys<" in page
    assert ">1 item<" in page
    assert "/artifacts/weights/1/" in page
    assert "1,204,118 × 46" in page
    assert "212 MB" in page


def test_who_reads_the_same_data_doesnt_read_the_version(admin: Actor) -> None:
    api = Api()
    wish, shared, weights = wanted("churn"), new_version("shared"), new_version("weights")
    given = {"name": "rows", "artifact_version": shared["id"]}

    def ran(pipeline: str, *steps: dict[str, Any], make: bool = False) -> None:
        body = started(*([wish] if make else []), pipeline=pipeline)
        api.post("runs/", body)
        api.post(f"runs/{body['id']}/", {"status": "completed", "steps": steps})

    ran("preparing", step("load", outputs=[output(shared)]))
    weighed = output(weights, resolution=wish["id"], kind="model")
    ran("training", step("fit", inputs=[given], outputs=[weighed]), make=True)
    link_again = {"artifact_version": shared["id"], "kind": "data", "name": "rows"}
    api.post("models/churn/versions/1/artifacts/", link_again)
    ran("reporting", step("report", inputs=[given]))
    ran("scoring", step("score", inputs=[{"name": "model", "artifact_version": weights["id"]}]))
    card = text(browser(admin), V1).partition('id="around-title"')[2].partition("</section>")[0]
    assert "made from" in card
    assert re.findall(r"/pipelines/(\w+)/", card) == ["scoring"]


def test_an_upload_is_stored_under_its_digest_and_linked(client: Client) -> None:
    sha256 = hashlib.sha256(b"hello").hexdigest()
    answer = client.post(f"{V1}upload/", {"file": upload_of("hello"), "kind": "model"})
    assert answer["Location"] == V1
    found = ArtifactLink.objects.get()
    assert (found.kind, found.name, found.artifact_version.sha256) == ("model", "notes.txt", sha256)
    assert content_size(sha256) == 5
    page = text(client, V1)
    assert f"{sha256[:8]}…" in page
    for shown in (page, text(client, "/models/churn/artifacts/")):
        assert '<td class="hide-sm text-2"><span class="none">none</span></td>' in shown, "its contents"
    download = client.get("/artifacts/notes.txt/1/content/", follow=True)
    assert "/artifacts/notes.txt/1/content/" in page
    assert download.getvalue() == b"hello"
    assert "attachment" in download["Content-Disposition"]


def test_an_upload_without_a_file_or_right_is_refused(client: Client) -> None:
    assert client.post(f"{V1}upload/", {"kind": "model"}).status_code == 422
    assert client.post(f"{V1}upload/", {"file": upload_of("x"), "kind": "weights"}).status_code == 422
    assert client.post(f"{V1}upload/", {"file": upload_of("x"), "artifact": "a/b"}).status_code == 422
    viewer = browser(person("vera", "viewer"))
    assert viewer.post(f"{V1}upload/", {"file": upload_of("secret")}).status_code == 422
    assert content_size(hashlib.sha256(b"secret").hexdigest()) is None
    assert not ArtifactLink.objects.exists()


def test_an_artifact_is_linked_by_uri_or_name_and_unlinked(client: Client) -> None:
    client.post(f"{V1}link/", {"artifact": "rules", "uri": "s3://b/rules.json", "kind": "data"})
    client.post(
        "/models/churn/versions/2/link/",
        {"artifact": "rules", "number": "1", "name": "mine", "kind": "model"},
    )
    first, second = ArtifactLink.objects.order_by("valid_from")
    assert first.artifact_version_id == second.artifact_version_id
    assert (second.name, second.kind) == ("mine", "model")
    client.post(f"{V1}artifacts/{first.id}/unlink/")
    first.refresh_from_db()
    assert first.valid_to is not None
    assert client.post(f"{V1}artifacts/{first.id}/unlink/").status_code == 404


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"artifact": "nope"}, "artifact"),
        ({"artifact": ""}, "artifact"),
        ({"artifact": "rules", "number": "7"}, "number"),
        ({"artifact": "x", "uri": "modelcp:sha256/" + "0" * 64}, "uri"),
        ({"artifact": "x", "uri": "s3://" + "y" * 3000}, "uri"),
    ],
)
def test_a_link_that_cant_be_is_refused_at_its_field(
    client: Client, admin: Actor, typed: dict[str, str], field: str
) -> None:
    link(admin, "churn", 2, "rules")
    answer = client.post(f"{V1}link/", typed)
    assert answer.status_code == 422
    assert "is-invalid" in answer.content.decode() or "alert-danger" in answer.content.decode()
    assert ArtifactLink.objects.count() == 1, field


@pytest.mark.parametrize(
    ("path", "value", "stored"),
    [
        ("metrics.auc", "0.91", {"metrics": {"auc": 0.91}}),
        ("note", "plain words", {"note": "plain words"}),
        ("a.b", '{"c": [1, true]}', {"a": {"b": {"c": [1, True]}}}),
        (r"dotted\.key", "5", {"dotted.key": 5}),
        ("text", '"5"', {"text": "5"}),
        ("nothing", "null", {"nothing": None}),
    ],
)
def test_a_value_is_logged_as_it_was_typed(
    client: Client, path: str, value: str, stored: dict[str, object]
) -> None:
    answer = client.post("/models/churn/versions/2/metadata/add/", {"path": path, "value": value})
    assert answer.status_code == 302
    version = find_version(find_model("churn"), 2)
    now = metadata_of("version", [version.id])[version.id]
    if "metrics" not in stored:
        now.pop("metrics")
    assert now == stored


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", "1"),
        ("a..b", "1"),
        (".a", "1"),
        ("x", "NaN"),
        ("x", "Infinity"),
        ("k" * 600, "1"),
        ("x", "9" * 40),
        ("x", "[" * 5000),
        ("x", "y" * 2_000_000),
        ("x", "a\0b"),
    ],
)
def test_a_value_that_cant_be_logged_never_breaks_the_page(client: Client, path: str, value: str) -> None:
    answer = client.post(f"{V1}metadata/add/", {"path": path, "value": value})
    assert answer.status_code in (302, 422)
    text(client, f"{V1}metadata/")


def test_older_values_stay_with_who_wrote_them(client: Client) -> None:
    for value in ("0.5", "0.7"):
        client.post(f"{V1}metadata/add/", {"path": "metrics.ece", "value": value})
    page = text(client, f"{V1}metadata/")
    assert "0.7" in page
    assert "1 older value" in page
    assert "0.5" in page
    client.post(f"{V1}metadata/remove/", {"path": "metrics.ece"})
    page = text(client, f"{V1}metadata/")
    assert "Removed values" in page
