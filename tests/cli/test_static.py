"""The dashboard's files as they are collected."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

from modelcp.server import static


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to collect into, as `modelcp up` does."""
    folder = tmp_path / "static"
    monkeypatch.setattr(settings, "STATIC_ROOT", folder)
    monkeypatch.setattr(staticfiles_storage, "_wrapped", static.Storage(folder, "/static/"))
    return folder


def test_files_are_collected_once(root: Path) -> None:
    assert static.collect()
    assert not static.collect()
    assert list(root.glob("app.*.css.br"))
    assert not list(root.rglob("*.map"))


def test_a_style_sheet_names_its_fonts_by_their_digest(root: Path) -> None:
    static.collect()
    sheets = [path.read_text() for path in root.glob("*.????????????.css")]
    assert any("inter-latin." in sheet for sheet in sheets)
    assert not any("inter-latin.woff2" in sheet for sheet in sheets)


def test_a_file_that_is_not_there_does_not_fail_the_page(root: Path) -> None:
    static.collect()
    storage = static.Storage(root, "/static/")
    assert storage.url("no/such.js") == "/static/no/such.js"
    assert storage.url("app.css").startswith("/static/app.")
    assert storage.url("app.css") != "/static/app.css"
