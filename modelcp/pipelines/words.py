"""Names, tags and values as the registry takes them."""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterable, Mapping
from typing import Any

from modelcp.errors import GraphError
from registry.rules.errors import Refusal
from registry.rules.names import as_name, check_name, unlike

MAX_TEXT = 500  # characters of a parameter that is no JSON value
MAX_STRING = 10_000  # characters of a text
MAX_ITEMS = 200  # of a list or a dict among the parameters
MAX_RECORD = 1_000_000  # bytes of JSON, for all parameters of a step and for all that it logged


def checked_name(name: Any, what: str) -> str:
    """`name` as the rules allow it, or a GraphError that says what is wrong with it."""
    try:
        return check_name(name, what)
    except Refusal as refusal:
        raise GraphError(refusal.message, code="bad_name", hint=refusal.hint) from None


def checked_tags(tags: Iterable[str] | None) -> tuple[str, ...]:
    """Tags as a tuple of checked texts."""
    if tags is None:
        return ()
    given = [tags] if isinstance(tags, str) else list(tags)
    if isinstance(tags, str) or not all(isinstance(tag, str) for tag in given):
        raise GraphError("tags must be a list of texts.", code="bad_tags", hint='Write tags=["…"].')
    return tuple(dict.fromkeys(checked_name(tag, "The tag") for tag in given))


def recorded(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters for the record; each as a short text if the registry wouldn't take the whole of them."""
    shown = {str(name): as_json(value) for name, value in parameters.items()}
    return shown if fits(shown) else {str(name): _short(value) for name, value in parameters.items()}


def fits(value: Any) -> bool:
    """Whether a JSON value is small enough for the record of a step."""
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")) <= MAX_RECORD


def as_json(value: Any) -> Any:
    """`value` for the record: JSON values as they are, all else as short text; it never fails."""
    try:
        return _as_json(value, 0)
    except Exception:  # a container of the user's own may do anything when it is read
        return _short(value)


def _as_json(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int:
        return value if abs(value) < 2**63 else str(value)
    if type(value) is str and len(value) <= MAX_STRING:
        return value.encode("utf-8", "backslashreplace").decode().replace("\0", "␀")
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    if depth < 8 and isinstance(value, list | tuple | set | frozenset):
        return [_as_json(item, depth + 1) for item in list(value)[:MAX_ITEMS]]
    if depth < 8 and isinstance(value, Mapping):
        return {str(key): _as_json(item, depth + 1) for key, item in list(value.items())[:MAX_ITEMS]}
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # a number of NumPy's or torch's
        return _as_json(value.item(), 8)
    return _short(value)


def _short(value: Any) -> str:
    try:
        text = str(value) if isinstance(value, str) else repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    text = text.encode("utf-8", "backslashreplace").decode().replace("\0", "␀")
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def input_name(place: str, taken: Container[str] = ()) -> str:
    """A place such as ``frames[0]`` as a name that the registry takes, unlike those `taken`."""
    return unlike(as_name(place, "input"), taken)
