"""Where Chromium is, what a page did wrong, and what axe finds on it."""

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
GRAVE = ("serious", "critical")
# Root has no user namespace for the sandbox; containers give /dev/shm 64 MB only.
FLAGS = ["--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none"]
if hasattr(os, "geteuid") and os.geteuid() == 0:
    FLAGS.append("--no-sandbox")


def _find_chromium() -> str | None:
    given = os.environ.get("MODELCP_TEST_CHROMIUM")
    mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", mac)
    return given or next(filter(None, map(shutil.which, names)), None)


CHROMIUM = _find_chromium()


class Problems:
    """What the watched pages complained about."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def watch(self, page: "Page") -> None:
        """Note the page's console errors, exceptions and requests to another host."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"{page.url}: {error}"))

    def _console(self, message: "ConsoleMessage") -> None:
        address = message.location.get("url", "")
        refused = re.search(r"status of 4\d\d", message.text) and "/static/" not in address
        if message.type == "error" and not refused:
            self.found.append(f"{address}: {message.text}")


def axe(page: "Page", *, only: str | None = None, touch: bool = False) -> list[dict[str, Any]]:
    """What axe finds serious or critical on the page, or in the part that the selector `only` names.

    With `touch` also links and buttons too small for a finger, and too near to others.
    RuntimeError on a page without JavaScript: axe is a script, and would wait for ever for its timers.
    """
    if page.evaluate("matchMedia('(scripting: none)').matches"):
        raise RuntimeError(f"{page.url} was opened without JavaScript: axe can't look at it")
    page.evaluate(AXE.read_text())
    asked = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": touch}}}
    result = page.evaluate("([only, asked]) => axe.run(only || document, asked)", [only, asked])
    return [violation for violation in result["violations"] if violation["impact"] in GRAVE]


def assert_accessible(page: "Page", *, only: str | None = None, touch: bool = False) -> None:
    """Fail with each serious or critical finding of axe: its rule, why, and the elements."""
    told = [
        f"{found['id']}: {found['help']}\n  " + "\n  ".join(node["html"][:200] for node in found["nodes"][:5])
        for found in axe(page, only=only, touch=touch)
    ]
    assert not told, f"{page.url}\n" + "\n".join(told)


def assert_fits(page: "Page") -> None:
    """Fail if the page is wider than its window: nobody should have to scroll sideways."""
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"{page.url} is {wide} pixels wide in a window of {window}"


def assert_tables_fit(page: "Page") -> None:
    """Fail if a table hides some of its columns sideways."""
    wide = page.locator(".table-scroll").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"
    )
    assert not wide, f"{page.url}: {wide}"
