"""Reading the board in the tests of its pages."""

import html
import re

BOARD = "/models/churn/board/"
ASK = {"HX-Request": "true", "HX-Target": "board-live"}


def card(page: str, number: int) -> str:
    """A card's own HTML."""
    found = re.search(rf'<li class="vcard"[^>]*data-number="{number}".*?</li>', page, re.DOTALL)
    assert found
    return found[0]


def said(part: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", part)))


def mark(page: str) -> str:
    found = re.search(r'{"seen": "(\w+)"}', page)
    assert found
    return found[1]
