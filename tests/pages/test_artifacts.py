"""The pages of artifacts: lists, a look inside, what may not run, impact, deleting, unlinking."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from registry.pages import artifacts as pages
from registry.pages.previews import drawable
from registry.selectors.artifacts import find_artifact_version
from registry.services import links
from registry.services.actors import Actor
from tests.pages.catalog_world import HOSTILE, browser, link, make_model, person, promote
from tests.pages.facts_world import TABLE, Trained, save, text
from tests.support.doors import Api

pytestmark = pytest.mark.django_db
HTML = b"<h1>Report</h1><script>parent.alert(1)</script><img src=x onerror=alert(2)>"


def test_without_artifacts_the_list_shows_how_to_save_one(client: Client) -> None:
    assert "save_artifact" in text(client, "/artifacts/")


def test_the_list_is_searched_and_sorted(client: Client, admin: Actor) -> None:
    for name in ("beta", "alpha", "gamma"):
        save(admin, name, name.encode(), data_type="str", media_type="text/plain")
    newest = re.findall(r'href="/artifacts/(\w+)/"', text(client, "/artifacts/"))
    assert newest == ["gamma", "alpha", "beta"]
    assert re.findall(r'href="/artifacts/(\w+)/"', text(client, "/artifacts/?sort=name")) == [
        "alpha",
        "beta",
        "gamma",
    ]
    assert re.findall(r'href="/artifacts/(\w+)/"', text(client, "/artifacts/?q=LPH")) == ["alpha"]
    assert "No artifact fits" in text(client, "/artifacts/?q=nothing")


def test_the_list_says_that_its_order_isnt_that_of_the_times_it_shows(client: Client, admin: Actor) -> None:
    for name in ("beta", "alpha"):
        save(admin, name, name.encode())
    save(admin, "beta", b"again")
    page = text(client, "/artifacts/")
    assert re.findall(r'href="/artifacts/(\w+)/"', page) == ["alpha", "beta"]
    assert ">Last saved</th>" in page
    assert "2 artifacts, newest artifacts first" in page
    assert "2 artifacts, by name" in text(client, "/artifacts/?sort=name")


def test_a_version_says_who_made_it_who_reads_it_and_what_links_it(client: Client) -> None:
    run = Trained(Api())
    assert "/artifacts/train/1/" in text(client, "/artifacts/train/")
    page = text(client, "/artifacts/train/1/")
    for shown in (
        f"/runs/{run.run}/",
        "load",
        "fit",
        "/models/churn/versions/1/",
        "150 rows",
        "1 to 90",
        "basic",
        "load_artifact(&quot;train&quot;, 1)",
        "3 missing",
        'class="hist"',
    ):
        assert shown in page, shown
    assert "/artifacts/train/latest/" not in page
    assert text(client, "/artifacts/train/latest/")


def test_an_unknown_artifact_or_version_is_told_with_what_there_is(client: Client, admin: Actor) -> None:
    save(admin, "known", b"1")
    assert "Near it" in text(client, "/artifacts/knowm/", 404)
    assert "It has: 1" in text(client, "/artifacts/known/7/", 404)
    text(client, "/artifacts/known/7/impact/", 404)
    text(client, "/artifacts/known/99999999999999999999/", 404)


PREVIEWS: list[tuple[Any, str, str]] = [
    ({"kind": "json", "value": {"a": {"b": [1, None, True]}}}, "application/json", "null"),
    ({"kind": "text", "text": "plain <b>words</b>"}, "text/plain", "plain &lt;b&gt;words"),
    ({"kind": "text", "text": "# Title\n\n**bold**"}, "text/markdown", "<strong>bold</strong>"),
    ({"kind": "array", "type": "float64", "shape": [3, 4], "head": [0.5], "min": 0, "max": 2}, "", "3 × 4"),
    ({"kind": "tensors", "tensors": [{"name": "w", "shape": [2, 3], "parameters": 6}]}, "", "2 × 3"),
    ({"kind": "folder", "files": [{"name": "a/b.txt", "size": 1000}]}, "", "a/b.txt"),
    ({"kind": "object", "type": "sklearn.SVC", "text": "SVC(gamma=1)"}, "", "SVC(gamma=1)"),
    ({"kind": "file", "name": "x.bin", "size": 5}, "", "x.bin"),
    (TABLE, "", "150 rows, 2 columns"),
    (
        {"kind": "table", "rows": 1, "width": 1, "columns": [{"name": "a"}], "head": [[1]]},
        "",
        "1 row, 1 column<",
    ),
    ({"kind": "json", "value": {"a": {"b": {"c": 1}}}}, "application/json", ">1 key<"),
    (None, "application/x-unknown", "There is no preview of"),
]


@pytest.mark.parametrize(("preview", "media_type", "shown"), PREVIEWS)
def test_a_look_inside(client: Client, admin: Actor, preview: Any, media_type: str, shown: str) -> None:
    save(admin, "thing", b"\x00\x01", media_type=media_type, preview=preview)
    assert shown in text(client, "/artifacts/thing/1/")


def test_what_a_client_calls_a_preview_never_breaks_the_page(client: Client, admin: Actor) -> None:
    odd: list[Any] = [
        {"kind": "table", "columns": "x", "head": {"a": 1}},
        {
            "kind": "table",
            "columns": [1, {"name": {"a": 1}, "histogram": {"counts": ["x", -1, None], "edges": 3}}],
            "head": [None, [1, 2, 3], [{"a": [1]}]],
            "rows": "many",
            "width": [],
        },
        {
            "kind": "table",
            "columns": [{"top": [[1], "x", [None, "y"]], "min": "a", "nulls": {}}],
            "head": [[1e308]],
        },
        {"kind": "array", "shape": "3", "head": 5, "histogram": []},
        {"kind": "tensors", "tensors": [None, {"shape": 3}]},
        {"kind": "folder", "files": "all"},
        {"kind": "json", "value": [[[[[[{"a": "x" * 5000}]]]]]]},
        {"kind": "text", "text": 5},
        {"kind": "unknown"},
        ["list"],
        "text",
        7,
    ]
    for number, preview in enumerate(odd, start=1):
        save(admin, "odd", f"{number}".encode(), preview=preview, summary={"a": preview})
        text(client, f"/artifacts/odd/{number}/")


def test_a_long_tree_is_cut(client: Client, admin: Actor) -> None:
    save(admin, "big", b"1", preview={"kind": "json", "value": list(range(5000))})
    page = text(client, "/artifacts/big/1/")
    assert "more" in page
    assert len(page) < 100_000


def test_html_is_shown_shut_in(client: Client, admin: Actor) -> None:
    save(admin, "page", HTML, media_type="text/html", preview={"kind": "text", "text": HTML.decode()})
    page = text(client, "/artifacts/page/1/")
    assert "<script>parent" not in page
    frame = re.search(r"<iframe[^>]*>", page)
    assert frame
    assert "sandbox " in frame[0]
    assert "allow-" not in frame[0]
    answer = client.get("/artifacts/page/1/preview/")
    assert answer.content == HTML
    assert answer["Content-Security-Policy"] == (
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("media_type", "content"),
    [("image/png", b"\x89PNG\r\n\x1a\n..."), ("image/svg+xml", b"<svg onload=alert(1)>")],
)
def test_an_image_is_shown_under_the_same_policy(
    client: Client, admin: Actor, media_type: str, content: bytes
) -> None:
    save(admin, "plot", content, media_type=media_type)
    assert '<img src="/artifacts/plot/1/preview/"' in text(client, "/artifacts/plot/1/")
    answer = client.get("/artifacts/plot/1/preview/")
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["Content-Type"] == media_type


def test_what_only_calls_itself_an_image_is_told(client: Client, admin: Actor) -> None:
    save(admin, "fake", b"<script>alert(1)</script>", media_type="image/png")
    assert "begin as image/png does" in text(client, "/artifacts/fake/1/")
    text(client, "/artifacts/fake/1/preview/", 404)


@pytest.mark.parametrize("media_type", ["text/plain", "application/javascript", "application/pdf", ""])
def test_nothing_else_is_served_to_be_looked_at(client: Client, admin: Actor, media_type: str) -> None:
    save(admin, "other", b"alert(1)", media_type=media_type)
    text(client, "/artifacts/other/1/preview/", 404)


def test_a_download_leads_to_the_bytes(client: Client, admin: Actor) -> None:
    name = HOSTILE[1]
    save(admin, name, b"12345")
    page = text(client, "/artifacts/")
    where = re.search(r'href="(/artifacts/a[^"]+/)1/"', page)
    assert where
    answer = client.get(unescape(where[1]) + "1/content/", follow=True)
    assert b"".join(answer.streaming_content) == b"12345"  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_has_its_pages(client: Client, admin: Actor, name: str) -> None:
    make_model(admin, "m", many=1)
    link(admin, "m", 1, name, data_type=name, media_type=name[:100])
    page = text(client, "/artifacts/")
    where = re.search(r'fw-medium" href="(/artifacts/[^"]+)"', page)
    assert where
    for part in ("", "1/", "1/lineage/", "1/lineage/?view=table", "1/impact/", "1/delete/"):
        assert "<script>alert" not in text(client, unescape(where[1]) + part)


def test_impact_lists_versions_with_their_stages(client: Client, admin: Actor) -> None:
    Trained(Api())
    assert "churn 1" in text(client, "/artifacts/train/1/impact/")
    promote(admin, "churn", 1)
    page = text(client, "/artifacts/train/1/impact/")
    assert "1 version in production depends on it" in page
    save(admin, "lonely", b"1")
    assert "Nothing depends on it" in text(client, "/artifacts/lonely/1/impact/")


def test_impact_goes_by_pages(client: Client, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "SHOWN_IMPACT", 2)
    make_model(admin, "m", many=3)
    save(admin, "raw", b"1")
    raw = find_artifact_version("raw", 1)
    for number in (1, 2, 3):
        links.link_artifact(actor=admin, model="m", version=number, artifact_version=raw.id)
    page = text(client, "/artifacts/raw/1/impact/")
    assert re.findall(r"/models/m/versions/(\d)/", page) == ["3", "2"]
    older = re.search(r'href="(\?cursor=[^"]+)" rel="next"', page)
    assert older
    assert "3 versions of 1 model" in page
    page = text(client, "/artifacts/raw/1/impact/" + unescape(older[1]))
    assert re.findall(r"/models/m/versions/(\d)/", page) == ["1"]
    assert 'href="?"' in page
    assert 'rel="next"' not in page
    text(client, "/artifacts/raw/1/impact/?cursor=x", 400)


def test_deleting_asks_for_the_name_and_ends_links(client: Client) -> None:
    Trained(Api())
    assert "link to model versions end with it" in re.sub(
        r"links?", "link", text(client, "/artifacts/train/1/delete/")
    )
    refused = client.post("/artifacts/train/1/delete/", {"name": "other"})
    assert refused.status_code == 422
    text(client, "/artifacts/train/1/")
    done = client.post("/artifacts/train/1/delete/", {"name": "train", "reason": "wrong data"})
    assert done["Location"] == "/artifacts/train/"
    assert "No version is left" in text(client, "/artifacts/train/")
    text(client, "/artifacts/train/1/", 404)


def test_unlinking_keeps_the_artifact(client: Client) -> None:
    Trained(Api())
    action = re.search(r'action="([^"]+/unlink/)"', text(client, "/artifacts/train/1/"))
    assert action
    done = client.post(action[1], {"next": "/artifacts/train/1/"})
    assert done["Location"] == "/artifacts/train/1/"
    assert "No model version links it" in text(client, "/artifacts/train/1/")
    assert client.post(action[1], {"next": "https://evil.example/"}).status_code == 404


def test_a_viewer_reads_but_changes_nothing(admin: Actor) -> None:
    Trained(Api())
    viewer = browser(person("vera", "viewer"))
    page = text(viewer, "/artifacts/train/1/")
    assert "/unlink/" not in page
    assert "/delete/" not in page
    assert viewer.post("/artifacts/train/1/delete/", {"name": "train"}).status_code == 422
    text(viewer, "/artifacts/train/1/")


def test_only_known_kinds_are_drawn() -> None:
    assert drawable({"kind": "script"}, "") is None
    assert drawable(None, "") is None
