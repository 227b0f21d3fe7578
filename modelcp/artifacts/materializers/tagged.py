"""JSON with marks, for the values of Python itself that plain JSON would change.

A mark is an object with one key that starts with ``$``: ``{"$tuple": [1, 2]}``. A dict that would
read as a mark, or has other keys than texts, is written as ``{"$dict": [[key, value], …]}``.
No file in this format can run code when it is loaded.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

from modelcp.artifacts.materializers.base import SavedAs, Unholdable
from modelcp.artifacts.materializers.plain import JsonMaterializer, write_json


def _moment(value: datetime | time) -> Any:
    # A zone is more than its offset, and only UTC is written without loss.
    if value.tzinfo not in (None, UTC):
        raise Unholdable("it has a time with a zone that isn't UTC")
    return [value.isoformat(), 1] if value.fold else value.isoformat()


def _moment_reader(kind: type[datetime] | type[time]) -> Callable[[Any], Any]:
    def read(written: Any) -> datetime | time:
        if isinstance(written, list):
            return kind.fromisoformat(written[0]).replace(fold=written[1])
        return kind.fromisoformat(written)

    return read


def _text(value: str) -> Any:
    """Text as it is, or as marked bytes where UTF-8 has no place for its lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return {"$text": value.encode("utf-8", "surrogatepass").hex()}
    return value


def _sorted(value: Any) -> list[Any]:
    """The order of a set changes from process to process; that of the bytes must not."""
    return sorted((_encode(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))


_WRITERS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    tuple: ("$tuple", lambda value: [_encode(item) for item in value]),
    set: ("$set", _sorted),
    frozenset: ("$frozenset", _sorted),
    bytes: ("$bytes", lambda value: base64.b64encode(value).decode()),
    bytearray: ("$bytearray", lambda value: base64.b64encode(value).decode()),
    complex: ("$complex", lambda value: [_encode(value.real), _encode(value.imag)]),
    range: ("$range", lambda value: [value.start, value.stop, value.step]),
    slice: ("$slice", lambda value: [_encode(v) for v in (value.start, value.stop, value.step)]),
    datetime: ("$datetime", _moment),
    date: ("$date", date.isoformat),
    time: ("$time", _moment),
    timedelta: ("$timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    Decimal: ("$decimal", str),
    Fraction: ("$fraction", lambda value: [value.numerator, value.denominator]),
    UUID: ("$uuid", str),
}

_READERS: dict[str, Callable[[Any], Any]] = {
    "$float": float,
    "$text": lambda digits: bytes.fromhex(digits).decode("utf-8", "surrogatepass"),
    "$dict": lambda pairs: {_decode(key): _decode(value) for key, value in pairs},
    "$tuple": lambda items: tuple(_decode(item) for item in items),
    "$set": lambda items: {_decode(item) for item in items},
    "$frozenset": lambda items: frozenset(_decode(item) for item in items),
    "$bytes": base64.b64decode,
    "$bytearray": lambda text: bytearray(base64.b64decode(text)),
    "$complex": lambda parts: complex(_decode(parts[0]), _decode(parts[1])),
    "$range": lambda parts: range(*parts),
    "$slice": lambda parts: slice(*map(_decode, parts)),
    "$datetime": _moment_reader(datetime),
    "$date": date.fromisoformat,
    "$time": _moment_reader(time),
    "$timedelta": lambda parts: timedelta(*parts),
    "$decimal": Decimal,
    "$fraction": lambda parts: Fraction(*parts),
    "$uuid": UUID,
}


def _encode(value: Any) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int):
        return value
    if kind is str:
        return _text(value)
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind is list:
        return [_encode(item) for item in value]
    if kind is dict:
        plain_keys = all(type(key) is str and _text(key) is key for key in value)
        if not plain_keys or (len(value) == 1 and next(iter(value)).startswith("$")):
            return {"$dict": [[_encode(key), _encode(item)] for key, item in value.items()]}
        return {key: _encode(item) for key, item in value.items()}
    if kind not in _WRITERS:
        raise Unholdable(f"it holds a {kind.__name__}")
    mark, write = _WRITERS[kind]
    return {mark: write(value)}


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (mark, content), *_ = value.items()
        if mark.startswith("$"):
            return _READERS[mark](content)
    return {key: _decode(item) for key, item in value.items()}


class TaggedJsonMaterializer(JsonMaterializer):
    """Tuples, sets, bytes, dates, decimals, NaN and dicts with other keys, as marked JSON."""

    media_type = "application/vnd.modelcp.tagged+json"
    suffix = ".json"

    def save(self, value: Any, path: Path) -> None:
        try:
            encoded = _encode(value)
        except RecursionError:
            raise Unholdable("it is nested too deeply, or holds itself") from None
        write_json(encoded, path)

    def load(self, path: Path, saved: SavedAs) -> Any:
        return _decode(json.loads(path.read_bytes()))
