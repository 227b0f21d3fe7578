"""JSON for values that are JSON already: None, bool, int, float, str, list, dict with text keys."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from modelcp.artifacts.materializers.base import Materializer, SavedAs, Unholdable
from modelcp.artifacts.preview import json_preview

_SCALARS = (type(None), bool, int, str)


def is_plain(value: Any) -> bool:
    """Whether JSON gives exactly this value back: no subclass, no tuple, no NaN, no other key.

    Raises:
        RecursionError: It is nested too deeply, or holds itself.
    """
    kind = type(value)
    if kind is dict:
        for key, item in value.items():  # noqa: SIM110 - half the stack of all(...)
            if type(key) is not str or not is_plain(item):
                return False
        return True
    if kind is list:
        for item in value:  # noqa: SIM110
            if not is_plain(item):
                return False
        return True
    return kind in _SCALARS or (kind is float and math.isfinite(value))


def write_json(value: Any, path: Path) -> None:
    """Writes `value` as compact UTF-8; Unholdable where JSON or UTF-8 can't hold it."""
    try:
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise Unholdable("it has text that isn't valid Unicode") from None
    except (ValueError, RecursionError) as error:
        raise Unholdable(f"JSON can't hold it: {error}") from None
    path.write_bytes(data)


class JsonMaterializer(Materializer):
    """Strict JSON, for what survives it unchanged."""

    media_type = "application/json"
    suffix = ".json"
    describes_all = False

    def save(self, value: Any, path: Path) -> None:
        try:
            plain = is_plain(value)
        except RecursionError:
            plain = False
        if not plain:
            raise Unholdable("JSON can't hold it exactly")
        write_json(value, path)

    def load(self, path: Path, saved: SavedAs) -> Any:
        return json.loads(path.read_bytes())

    def summary(self, value: Any) -> dict[str, Any]:
        return {"length": len(value)} if isinstance(value, (list, dict, str, tuple, set, frozenset)) else {}

    def preview(self, value: Any) -> dict[str, Any] | None:
        return json_preview(value)
