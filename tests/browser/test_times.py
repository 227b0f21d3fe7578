"""The times that the browser keeps true read as the server wrote them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from registry.templatetags.formats import ago

pytestmark = pytest.mark.browser
STATIC = Path(__file__).resolve().parents[2] / "static"
NOW = datetime(2026, 11, 23, 9, 42, tzinfo=UTC)
STEPS = (
    1,
    59,
    60,
    3599,
    3600,
    86_399,
    86_400,
    172_799,
    172_800,
    8_640_000 - 1,
    8_640_000,
    63_072_000,
    99_999_999,
)


def test_the_browser_and_the_server_use_the_same_words(chromium: Browser) -> None:
    page = chromium.new_page()
    page.add_script_tag(content=(STATIC / "theme.js").read_text())
    page.add_script_tag(content=(STATIC / "app.js").read_text())
    for seconds in (*STEPS, *(-step for step in STEPS)):
        for word in (False, True):
            moment = NOW - timedelta(seconds=seconds)
            shown = page.evaluate(
                "([moment, now, word]) => window.mcAgo(moment, now, word)",
                [moment.timestamp() * 1000, NOW.timestamp() * 1000, word],
            )
            assert shown == ago(moment, NOW, word=word), seconds
    page.close()
