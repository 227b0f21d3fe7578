"""People's Markdown as HTML that is safe to show: no raw HTML, no script, nothing from another host."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import nh3
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token

from registry.rules.direction import contained, turns

_TAGS = {
    "p",
    "br",
    "hr",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "code",
    "em",
    "strong",
}
_TAGS |= {"s", "wbr", "a", "img", "table", "thead", "tbody", "tr", "th", "td", "div"}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "div": {"class", "tabindex", "role", "aria-label"},
}
_SCHEMES = {"http", "https", "mailto"}


def is_local(address: str) -> bool:
    """Whether an address is a path on this very host."""
    parts = urlsplit(address)
    return address.startswith("/") and not (parts.scheme or parts.netloc) and "\\" not in address


def _attribute(_tag: str, name: str, value: str) -> str | None:
    """The last word on one attribute: a foreign image and a foreign class go."""
    if name == "src":
        return value if is_local(value) else None
    if name == "class":
        return value if value == "table-scroll" else None
    return value


def _image(
    _self: RendererProtocol, tokens: Sequence[Token], at: int, _options: Any, _env: MutableMapping[str, Any]
) -> str:
    """An image of this host as an image, any other as a link with its words."""
    token = tokens[at]
    source, words = str(token.attrGet("src") or ""), token.content or "image"
    if is_local(source):
        return f'<img src="{escapeHtml(source)}" alt="{escapeHtml(token.content)}">'
    return f'<a href="{escapeHtml(source)}">{escapeHtml(words)}</a>'


def _code(
    _self: RendererProtocol, tokens: Sequence[Token], at: int, _options: Any, _env: MutableMapping[str, Any]
) -> str:
    """A block of code that the keyboard can scroll."""
    return f'<pre tabindex="0"><code>{escapeHtml(tokens[at].content)}</code></pre>\n'


def _text(
    _self: RendererProtocol, tokens: Sequence[Token], at: int, _options: Any, _env: MutableMapping[str, Any]
) -> str:
    """Words that a browser may break."""
    return breakable(tokens[at].content)


def _parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough, raw HTML shown as text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.add_render_rule("text", _text)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("fence", _code)
    parser.add_render_rule("code_block", _code)
    return parser


_PARSER = _parser()
# What the parser takes long over, about 50 µs each; a text with more of it is shown as it was written.
_MARKS, _MOST = "[!*_~&<`", 8_000
_SCROLL = '<div class="table-scroll" tabindex="0" role="region" aria-label="Table">'


def _effort(text: str) -> int:
    """How many marks a text has, and cells: a table's short rows are filled up to its widest one."""
    cells = wide = 0
    for line in text.splitlines():
        wide = max(wide, line.count("|")) if line.strip(" \t>") else 0
        cells += wide
    return cells + sum(map(text.count, _MARKS)) + len(text) // 20


_LONG = re.compile(r"\S{100}(?=\S)")


def breakable(text: str) -> SafeString:
    """A text as HTML with places to break in words over 100 characters.

    A browser that finds none shapes the whole rest anew for each line: seconds for 10,000 characters.
    """
    parts = _LONG.sub(lambda found: f"{found[0]}\0", text.replace("\0", "\ufffd")).split("\0")
    return mark_safe("<wbr>".join(map(escapeHtml, parts)))  # noqa: S308 - each part is escaped


def beginning(text: str, most: int, drawn: Callable[[str], str]) -> str:
    """As much of a text as a page has room for, "…" behind what was cut.

    Args:
        most: bytes of its HTML.
        drawn: makes the HTML.
    """
    kept = text[:most]
    while kept and (weight := len(drawn(kept).encode())) > most:
        kept = kept[: len(kept) * most // (weight + 1)]
    return text if kept == text else f"{kept.rstrip()} …"


def bdi(value: object) -> str:
    """A user's text among other words: what would turn these round stays within it."""
    text = str(value)
    return format_html("<bdi>{}</bdi>", contained(text)) if turns(text) else text


_SPAN = re.compile(r"`([^`\n]+)`")


def spans(text: str) -> SafeString:
    """A message as HTML: what stands between backticks as code, all else as it is."""
    return mark_safe(_SPAN.sub(r"<code>\1</code>", conditional_escape(text)))  # noqa: S308 - escaped before


def lines(text: str) -> SafeString:
    """People's plain text as HTML: its lines, and long words that a browser may break."""
    return mark_safe("<br>".join(map(breakable, text.splitlines())))  # noqa: S308 - escaped in there


@lru_cache(maxsize=512)
def render(text: str) -> str:
    """Safe HTML of `text` (Markdown). Headings start at h3: a page has its own h1 and h2.

    A text that would hold the server for seconds is shown as it was written.
    """
    if _effort(text) > _MOST:
        return f'<pre tabindex="0"><code>{escapeHtml(text)}</code></pre>'
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    html = html.replace("<table>", f"{_SCROLL}<table>").replace("</table>", "</table></div>")
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes=_SCHEMES,
        link_rel="nofollow noopener noreferrer",
    )
