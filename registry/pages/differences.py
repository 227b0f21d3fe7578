"""What changed between two values, as people read it: one line for each path. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

LONG = 300  # characters of one value that are shown


def diff(before: Any, after: Any) -> list[tuple[str, str | None, str | None]]:
    """The values that differ, by path: text before and after, None where there was or is none."""
    old, new = _leaves(before), _leaves(after)
    paths = dict.fromkeys([*old, *new])
    return [(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)]


def _leaves(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    leaves = dict(_walk(value, "")) if isinstance(value, dict) else {"value": value}
    return {path: _text(leaf) for path, leaf in leaves.items() if leaf not in (None, "")}


def _walk(node: dict[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    """The leaves by their keys joined by dots, as people read them: dots within a key aren't told apart."""
    for key, value in node.items():
        path = f"{above}{key}".replace("\\.", ".")
        if isinstance(value, dict) and value:
            yield from _walk(value, f"{path}.")
        else:
            yield path, value


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONG else text[: LONG - 1] + "…"
