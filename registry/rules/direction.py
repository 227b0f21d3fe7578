"""Marks of direction in people's texts: what would turn the words beside it round stays within (UAX 9)."""

from __future__ import annotations

import unicodedata

_TURNING = {"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"}
_OPENS, _CLOSES = {"RLI", "LRI", "FSI"}, "PDI"
_UNSEEN = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def turns(text: str) -> bool:
    """Whether a text has characters that go by another direction."""
    return not text.isascii() and any(unicodedata.bidirectional(sign) in _TURNING for sign in text)


def contained(text: str) -> str:
    """The text without marks that would end the isolate that it is put into."""
    if "\N{POP DIRECTIONAL ISOLATE}" not in text:
        return text
    depth, kept = 0, []
    for sign in text:
        kind = unicodedata.bidirectional(sign)
        if kind == _CLOSES and not depth:
            continue
        depth += (kind in _OPENS) - (kind == _CLOSES)
        kept.append(sign)
    return "".join(kept)


def isolated(text: str) -> str:
    """A text for the middle of a sentence, between marks of its own only where it needs them."""
    if not turns(text):
        return text
    return f"\N{FIRST STRONG ISOLATE}{contained(text)}\N{POP DIRECTIONAL ISOLATE}"


def spelled(text: str) -> str:
    """A text inside code's quotes, as Python and JSON both write it: unseen marks as \\u202e."""
    if text.isascii():
        return text
    return "".join(f"\\u{ord(sign):04x}" if sign in _UNSEEN else sign for sign in text)
