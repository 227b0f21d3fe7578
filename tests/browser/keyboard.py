"""Somebody who has no mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

# Where the focus is: its name, whether one sees it and its ring (a box may carry the ring of its field).
FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const ringed = [at, at.closest(".jump"), at.closest(".tag-input")].filter(Boolean);
  return {
    name: (at.ariaLabel || at.labels?.[0]?.innerText || at.innerText || "").trim(),
    tag: at.tagName,
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    ring: ringed.some((one) => getComputedStyle(one).outlineStyle !== "none"),
  };
}"""


class Keyboard:
    """Someone who has no mouse: what they reach, they reach by Tab, and they see where they are."""

    def __init__(self, page: Page) -> None:
        self.page, self.press, self.type = page, page.keyboard.press, page.keyboard.type

    def is_at(self, name: str) -> None:
        """The focus is, or soon will be, on what has this name (a pattern)."""
        expect(self.page.locator(":focus")).to_have_accessible_name(re.compile(name))

    def go_to(self, name: str, tag: str = "", key: str = "Tab") -> None:
        """Tab to what has this name (a pattern for its beginning); each stop is seen and has a ring."""
        passed = []
        for _ in range(70):
            self.press(key)
            at = self.page.evaluate(FOCUS)
            if at["tag"] == "BODY":  # round by way of the browser's own controls
                continue
            assert (at["seen"], at["ring"]) == (True, True), at
            if re.match(name, at["name"]) and tag in ("", at["tag"]):
                return
            passed.append(at["name"])
        pytest.fail(f"nothing called {name!r} is reached by {key}, but {passed}")

    def open(self, name: str, key: str = "Enter") -> None:
        """Tab to it and press: its dialog opens, with the focus in it."""
        self.go_to(name)
        self.press(key)
        expect(self.page.locator("dialog[open] :focus")).to_be_visible()

    def follow(self, name: str, to: str, tag: str = "") -> None:
        """Tab to it, press Enter, and be at an address."""
        self.go_to(name, tag)
        self.press("Enter")
        self.page.wait_for_url(to)
