"""Tags for what runs and artifacts hold: {% load facts %}. Values come from programs: all is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from registry.rules.direction import isolated, spelled
from registry.templatetags import formats, prose

register = template.Library()

MAX_NODES = 600  # of a tree that a page draws
LONG = 400  # characters of one value
_KINDS = (
    ("image", ("image/",)),
    ("html", ("text/html", "application/xhtml")),
    ("table", ("parquet", "text/csv", "dataframe", "series")),
    ("json", ("json", "dict", "list")),
    ("text", ("text/", "str", "markdown")),
)


@register.filter
def data_kind(facts: Mapping[str, Any]) -> str:
    """The kind of an artifact version's contents, for `kind_icon`: table, json, text, image, html, data."""
    said = f"{facts.get('media_type') or ''} {facts.get('data_type') or ''}".lower()
    words = said.split()
    for kind, marks in _KINDS:
        if any(mark in said if "/" in mark or len(mark) > 4 else mark in words for mark in marks):
            return kind
    return "data"


@register.filter
def label(key: object) -> str:
    """A key as a label: source_digest reads "Source digest"."""
    text = str(key).replace("_", " ")
    return formats.middle(text[:1].upper() + text[1:], 40)


@register.simple_tag
def json_tree(value: Any) -> SafeString:
    """JSON as nested disclosures, the first levels open, at most a few hundred nodes."""
    return _Tree().draw(value)


class _Tree:
    def __init__(self) -> None:
        self.left = MAX_NODES

    def draw(self, value: Any) -> SafeString:
        """The whole tree."""
        if isinstance(value, dict | list) and value:
            return self._children(value, 0)
        return format_html('<div class="leaf">{}</div>', self._leaf(value))

    def _children(self, value: Any, depth: int) -> SafeString:
        pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        drawn = []
        for count, (key, item) in enumerate(pairs):
            if self.left <= 0:
                drawn.append(
                    format_html('<div class="leaf text-3">… {} more</div>', f"{len(pairs) - count:,}")
                )
                break
            self.left -= 1
            drawn.append(self._node(key, item, depth))
        return SafeString("".join(drawn))

    def _node(self, key: object, value: Any, depth: int) -> SafeString:
        name = prose.bdi(formats.middle(key, 80))
        if isinstance(value, dict | list) and value:
            unit = "key" if isinstance(value, dict) else "item"
            size = f"{len(value):,} {unit}{'' if len(value) == 1 else 's'}"
            if (
                isinstance(value, list)
                and len(value) <= 12
                and not any(isinstance(v, dict | list) for v in value)
            ):
                flat = ", ".join(isolated(self._plain(item)) for item in value)
                return format_html('<div class="leaf"><span class="k">{}</span> [{}]</div>', name, flat)
            return format_html(
                '<details{}><summary><span class="k">{}</span> '
                '<span class="text-3">{}</span></summary>{}</details>',
                mark_safe(" open") if depth < 2 else "",
                name,
                size,
                self._children(value, depth + 1),
            )
        return format_html('<div class="leaf"><span class="k">{}</span> {}</div>', name, self._leaf(value))

    def _leaf(self, value: Any) -> SafeString:
        return format_html(
            '<span class="{}">{}</span>',
            "s" if isinstance(value, str) else "v",
            prose.bdi(self._plain(value)),
        )

    @staticmethod
    def _plain(value: Any) -> str:
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, dict | list):
            return "{}" if isinstance(value, dict) else "[]"
        text = formats.metric(value) if isinstance(value, int | float) else str(value)
        return text if len(text) <= LONG else text[:LONG] + "…"


@register.filter
def words(text: str) -> list[str]:
    """The words of a text, to loop over."""
    return text.split()


@register.filter
def value_of(mapping: Mapping[str, Any], key: str) -> Any:
    """The value of a key that a variable names."""
    return mapping.get(key, "")


@register.filter
def python(text: str) -> str:
    """A text as Python writes it, to put into code that people copy: "a \\"b\\"" """
    return spelled('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
