"""When a step may be reused instead of run, and the key by which it is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from modelcp.pipelines.digests import Undigestable, value_digest

KEY_VERSION = 2  # raised whenever a key's parts change their meaning


def cache_key(
    *,
    step: str,
    code: str | None,
    model: str = "",
    parameters: Mapping[str, Any],
    inputs: list[tuple[str, str]],
    outputs: list[str],
) -> str:
    """The key of a step's execution: SHA-256 in hexadecimal; empty if there can be none.

    Args:
        step: The name that its decorator gives.
        code: The digest of its code; None or empty: not known.
        model: The name of the model that it is about, where that may make a difference.
        parameters: All values that it gets besides other steps' outputs, defaults included.
        inputs: Where each input goes, with the SHA-256 of its bytes.
        outputs: The names of its outputs.
    """
    if not code or not all(sha256 for _, sha256 in inputs):
        return ""
    try:
        values = {name: value_digest(value) for name, value in parameters.items()}
    except (Undigestable, RecursionError):
        return ""
    parts = [KEY_VERSION, step, code, model, sorted(values.items()), sorted(inputs), outputs]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
